// Guard `verdict`: the candidate is shown to be worse than the old version, by statistics that may be looked at all the time.
import { z } from 'zod'
import { durationOption } from '../../lib/duration-option.ts'
import type { GuardRule } from '../../plan/guard-rule.ts'
import type { Sample } from '../../plan/signal.ts'
import type { Tally } from '../../plan/tally.ts'
import { shareBudget } from '../../verdict/combine.ts'
import { ErrorsVerdict, type ErrorsState } from '../../verdict/errors-verdict.ts'
import { createLatencyTest, type LatencyState } from '../../verdict/latency/latency-test.ts'
import { ObjectiveTest } from '../../verdict/objective-test.ts'
import type { Verdict } from '../../plan/verdict.ts'
import type { WealthState } from '../../verdict/wealth.ts'
import { percentText } from '../../verdict/words.ts'
import { defineGuard, type GuardContext, type GuardReading, type Look } from '../guard-kind.ts'
import { provokeVerdict, reactionOfVerdict } from '../provoke-verdict.ts'

const weight = z.number().positive().default(1).describe('Share of the false-alarm budget, next to the others')

const options = z
  .strictObject({
    signal: z.string().default('requests').describe('The signal whose samples carry counts of requests'),
    falseAlarms: z
      .number()
      .gt(0)
      .max(50)
      .default(1)
      .describe('Percent of releases of a good version that it may stop, over all metrics and looks of a release'),
    errors: z
      .strictObject({
        weight,
        margin: z.number().min(1).default(1).describe('Odds ratio of failing that is still accepted'),
        notWorse: z.number().gt(1).default(2).describe('"Not worse" means: odds ratio shown to be less than this'),
      })
      .nullable()
      .prefault({})
      .describe('Judge failed requests; null does not'),
    latency: z
      .strictObject({
        weight,
        margin: z.number().min(0).default(5).describe('So many percent slower is still accepted'),
        notWorse: z
          .number()
          .gt(0)
          .default(25)
          .describe('"Not worse" means: shown to be less than so many percent slower'),
        warmUp: durationOption
          .default(30_000)
          .describe('So long after its first request a new version may be slow: caches are cold'),
      })
      .nullable()
      .prefault({})
      .describe('Judge response times; null does not'),
    objective: z
      .strictObject({
        weight,
        errorsMax: z
          .number()
          .gt(0)
          .lt(100)
          .describe('Percent of requests that may fail, whatever the old version does'),
      })
      .nullable()
      .default(null)
      .describe('Judge failed requests against a fixed limit as well'),
  })
  .refine(
    ({ errors, latency, objective }) => errors ?? latency ?? objective,
    'judges nothing: at least one of errors, latency and objective is needed',
  )

export type VerdictOptions = z.output<typeof options>

/** Plain JSON of constant size. */
export interface VerdictState {
  stage: number
  /** When the candidate had its first request. */
  since: number | null
  errors: ErrorsState | null
  latency: LatencyState | null
  objective: WealthState | null
  /** Why response times could not be judged at the last look. */
  refusal: string | null
}

const SHOWN_LEVEL = 0.95
const NOT_WORSE_ALPHA = 0.05

export const verdict = defineGuard<VerdictOptions, VerdictState>({
  id: 'verdict',
  summary:
    'The new version is shown to be worse than the old one: errors and response times, by always-valid statistics',
  options,
  example: { falseAlarms: 1, latency: { margin: 10 } },
  failingExample: { falseAlarms: 0 },
  scope: () => 'candidate',
  series: ({ signal }) => [
    { signal, scope: 'candidate', bad: null },
    { signal, scope: 'stable', bad: null },
  ],
  describe: describeVerdict,
  start: () => ({ stage: 0, since: null, errors: null, latency: null, objective: null, refusal: null }),
  judge(given, before, look, context) {
    const candidate = sampleOf(look, context.candidate)
    const stable = sampleOf(look, context.stable)
    const sample = candidate ?? stable ?? look.samples[0]
    if (!sample) throw new TypeError(`a look without a sample of ${given.signal}`)
    if (!stable?.tally && !candidate?.tally)
      return { state: before, reading: { kind: 'unknown', sample, sentence: sample.detail ?? 'no counts of requests' } }
    const tallies = { at: look.at, candidate: candidate?.tally, stable: stable?.tally }
    const { state, worse } = observe(given, before, tallies, context)
    if (worse) return { state, reading: { kind: 'bad', sample, sentence: `${worse.metric}: ${worse.sentence}` } }
    return { state, reading: readingOf(given, state, { sample, candidate, isCompared: Boolean(stable?.tally) }) }
  },
  provocation: provokeVerdict,
  reaction: reactionOfVerdict,
})

/** The options of a rule of this kind, null for one of another. */
export function verdictOptionsOf({ kind, options: given }: Pick<GuardRule, 'kind' | 'options'>): VerdictOptions | null {
  return kind === verdict.id ? (given as unknown as VerdictOptions) : null
}

/** What each metric came to so far, those that are judged only. */
export function verdictsOf(given: VerdictOptions, state: VerdictState): Verdict[] {
  const { refusal } = state
  return verdictsOfTests(given, testsOf(given, state)).map((found) =>
    found.metric === 'latency' && found.judgement === 'undecided' && refusal ? { ...found, sentence: refusal } : found,
  )
}

function verdictsOfTests(
  { objective: limit }: VerdictOptions,
  { errors, latency, objective }: ReturnType<typeof testsOf>,
): Verdict[] {
  return [
    ...(errors ? [errors.verdict()] : []),
    ...(latency ? [latency.verdict()] : []),
    ...(objective && limit ? [objectiveVerdict(objective, limit.errorsMax)] : []),
  ]
}

function testsOf(given: VerdictOptions, state: VerdictState) {
  const alphas = budgetsOf(given)
  const { errors, latency, objective } = given
  return {
    errors:
      errors && new ErrorsVerdict(errorsDesign(errors, alphas.errors), structuredClone(state.errors) ?? undefined),
    latency: latency && createLatencyTest(latencyDesign(latency, alphas.latency), state.latency ?? undefined),
    objective:
      objective &&
      new ObjectiveTest(alphas.objective, objective.errorsMax / 100, structuredClone(state.objective) ?? undefined),
  }
}

function errorsDesign({ margin, notWorse }: NonNullable<VerdictOptions['errors']>, alpha: number) {
  return { alpha, margin, notWorseMargin: notWorse, notWorseAlpha: NOT_WORSE_ALPHA, level: SHOWN_LEVEL }
}

function latencyDesign({ margin, notWorse }: NonNullable<VerdictOptions['latency']>, alpha: number) {
  return { alpha, margin: margin / 100, notWorseMargin: notWorse / 100, level: SHOWN_LEVEL }
}

/** What each metric may spend of the false-alarm budget, 0..1. */
export function budgetsOf({ falseAlarms, errors, latency, objective }: VerdictOptions) {
  const weights = [errors, latency, objective].map((metric) => metric?.weight ?? 0)
  const [ofErrors = 0, ofLatency = 0, ofObjective = 0] = shareBudget(falseAlarms / 100, weights)
  return { errors: ofErrors, latency: ofLatency, objective: ofObjective }
}

interface Tallies {
  at: number
  candidate: Tally | undefined
  stable: Tally | undefined
}

function observe(
  given: VerdictOptions,
  before: VerdictState,
  { at, candidate, stable }: Tallies,
  context: GuardContext,
): { state: VerdictState; worse: Verdict | null } {
  const tests = testsOf(given, before)
  const { errors, latency, objective } = tests
  const elapsedMs = context.elapsedMs ?? context.intervalMs
  const hasTraffic = candidate !== undefined && candidate.requests > 0
  const since = before.since ?? (hasTraffic ? at : null)
  const newStage = before.since !== null && context.stage !== before.stage
  if (newStage) for (const test of [errors, objective]) test?.beginStage()
  if (since === null && stable) errors?.learn(armOf(stable))
  if (since !== null && candidate && stable) errors?.observe(armOf(candidate), armOf(stable), elapsedMs)
  if (since !== null && candidate) objective?.observe(candidate.requests, candidate.errors, elapsedMs)
  const isWarm = since !== null && at - since >= (given.latency?.warmUp ?? 0)
  const refusal = latency && stable ? lookAtLatency(latency, candidate, stable, { isWarm, newStage, elapsedMs }) : null
  const state = {
    stage: context.stage,
    since,
    errors: errors?.state ?? null,
    latency: latency?.state() ?? null,
    objective: objective?.state ?? null,
    refusal,
  }
  const isWorse = errors?.judgement() === 'worse' || latency?.judgement() === 'worse' || objective?.isShown() === true
  const worse = isWorse ? verdictsOfTests(given, tests).find(({ judgement }) => judgement === 'worse') : undefined
  return { state, worse: worse ?? null }
}

/** Before the candidate is warm the stable version is learnt from. @returns why the look could not be judged, or null. */
function lookAtLatency(
  test: ReturnType<typeof createLatencyTest>,
  candidate: Tally | undefined,
  stable: Tally,
  look: { isWarm: boolean; newStage: boolean; elapsedMs: number },
): string | null {
  if (!stable.latency) return 'the source gives no histogram of response times'
  const nothing = { boundsMs: stable.latency.boundsMs, counts: stable.latency.counts.map(() => 0) }
  const seen = (look.isWarm ? candidate?.latency : null) ?? nothing
  const { newStage, elapsedMs } = look
  return test.observe({ candidate: seen, stable: stable.latency, newStage, elapsedMs })
}

function readingOf(
  given: VerdictOptions,
  state: VerdictState,
  seen: { sample: Sample; candidate: Sample | undefined; isCompared: boolean },
): GuardReading {
  const { sample, candidate } = seen
  if (!candidate || candidate.observations === 0 || candidate.value === 0)
    return { kind: 'idle', sample, sentence: 'no requests of the new version' }
  if (!candidate.tally) return { kind: 'unknown', sample, sentence: candidate.detail ?? 'no counts of requests' }
  if (given.latency && !given.errors && state.refusal) return { kind: 'unknown', sample, sentence: state.refusal }
  if (!seen.isCompared && !given.objective) return { kind: 'idle', sample, sentence: 'no requests of the old version' }
  return { kind: 'good', sample, sentence: 'not shown to be worse' }
}

function objectiveVerdict(test: ObjectiveTest, errorsMax: number): Verdict {
  return {
    metric: 'objective',
    judgement: test.isShown() ? 'worse' : 'undecided',
    logE: test.logE(),
    logThreshold: test.logThreshold(),
    interval: null,
    sentence: `canary errors against at most ${errorsMax} %, false-alarm budget ${percentText(Math.exp(-test.logThreshold()))}`,
  }
}

function describeVerdict({ falseAlarms, errors, latency, objective }: VerdictOptions): string {
  const metrics = [
    errors ? `errors${errors.margin > 1 ? ` by more than odds ×${errors.margin}` : ''}` : null,
    latency ? `response times${latency.margin > 0 ? ` by more than ${latency.margin} %` : ''}` : null,
  ].filter((metric) => metric !== null)
  const parts = [
    metrics.length > 0 ? `shown worse than the stable version: ${metrics.join(' or ')}` : null,
    objective ? `errors shown above ${objective.errorsMax} %` : null,
  ].filter((part) => part !== null)
  return `${parts.join(', or ')}; false-alarm budget ${falseAlarms} %`
}

function sampleOf({ samples }: Look, version: string): Sample | undefined {
  return samples.find((sample) => sample.version === version)
}

function armOf({ requests, errors }: Tally) {
  return { requests, failures: Math.min(errors, requests) }
}
