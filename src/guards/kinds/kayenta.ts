// Guard `kayenta`: Netflix's canary judge. The candidate's values against the stable version's, tested now and then, as a score.
import { z } from 'zod'
import { durationOption } from '../../lib/duration-option.ts'
import { formatDuration } from '../../lib/duration.ts'
import { plural } from '../../lib/plural.ts'
import type { GuardSeries } from '../../plan/guard-rule.ts'
import type { Sample } from '../../plan/signal.ts'
import { usualUnit } from '../../plan/signal.ts'
import { KAYENTA_DEFAULTS } from '../../verdict/peers/kayenta-metric.ts'
import { judgeCanary, type KayentaJudgement } from '../../verdict/peers/kayenta.ts'
import { defineGuard, type GuardReading, type Provocation, type ProvocationContext } from '../guard-kind.ts'
import { intervalMsOf } from '../provoke-bound.ts'

const effect = z.number().positive().nullable().default(null)
const metric = z.strictObject({
  signal: z.string(),
  direction: z.enum(['increase', 'decrease', 'either']).default('increase').describe('Which change is bad'),
  group: z.string().default('all'),
  critical: z.boolean().default(false).describe('A failure of this one is a score of 0'),
  allowedIncrease: effect.describe('Ratio of the means up to which an increase is no failure, as 1.1'),
  allowedDecrease: effect.describe('Ratio of the means down to which a decrease is no failure, as 0.9'),
})

type Metric = z.output<typeof metric>

const VALUES_MAX = 240

const options = z
  .strictObject({
    metrics: z
      .array(metric)
      .min(1)
      .max(20)
      .describe('What is compared: `signal`, `direction`, `critical`, `allowedIncrease`'),
    groupWeights: z
      .record(z.string(), z.number().min(0).max(100))
      .default({})
      .describe('Percent of the score by group of metrics; groups without one share the rest'),
    step: durationOption.default(60_000).describe('Samples of this long are one value'),
    every: durationOption.default(300_000).describe('How often it is judged'),
    lookback: durationOption.default(3_600_000).describe('How far back values count'),
    marginal: z.number().min(0).max(100).default(50).describe('A lower score trips'),
    pass: z.number().min(0).max(100).default(75).describe('From this score on it is well'),
  })
  .superRefine(({ step, every, lookback, marginal, pass }, context) => {
    const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', message, path: [path] })
    if (step <= 0) refuse('step', 'must be longer than 0')
    if (every < step) refuse('every', 'is shorter than a step')
    if (lookback < every) refuse('lookback', 'is shorter than the time between two judgements')
    if (step > 0 && lookback / step > VALUES_MAX) refuse('lookback', `is longer than ${VALUES_MAX} steps`)
    if (pass < marginal) refuse('pass', `${pass} is below the marginal score ${marginal}`)
  })

type Options = z.output<typeof options>

/** Mean of the samples of a step so far. */
interface Gathered {
  sum: number
  count: number
}

interface State {
  stepAt: number
  judgedAt: number
  /** Signal → of the step that is under way: the candidate's and the stable version's. */
  open: Record<string, [Gathered, Gathered]>
  /** Signal → a value a step, null where there was none, the last ones of the lookback. */
  values: Record<string, [(number | null)[], (number | null)[]]>
}

export const kayenta = defineGuard<Options, State | null>({
  id: 'kayenta',
  summary: "Both versions' values tested against each other, as a score: Netflix's canary judge (Kayenta)",
  options,
  example: {
    metrics: [
      { signal: 'error-rate', critical: true },
      { signal: 'response-time', allowedIncrease: 1.1 },
    ],
  },
  failingExample: { metrics: [{ signal: 'error-rate', direction: 'up' }] },
  scope: () => 'candidate',
  series: ({ metrics }) =>
    metrics.flatMap(({ signal }): GuardSeries[] => [
      { signal, scope: 'candidate', bad: null },
      { signal, scope: 'stable', bad: null },
    ]),
  describe({ metrics, marginal, step, every }) {
    const names = metrics.map(({ signal }) => signal.replaceAll('-', ' ')).join(', ')
    return `canary score of ${names} < ${marginal}, values of ${formatDuration(step)}, judged every ${formatDuration(every)}`
  },
  start: () => null,
  judge(given, before, { at, samples }, { candidate, stable, samplingMs }) {
    const own = given.metrics.map(({ signal }) =>
      samples.find((one) => one.version === candidate && one.signal === signal),
    )
    const sample = own.find((one) => one !== undefined) ?? samples[0]
    if (!sample) throw new TypeError('a look without a sample of any metric')
    const begun: State = before ?? { stepAt: at, judgedAt: at, open: {}, values: {} }
    const gathered = gather(begun, samples, { candidate, stable })
    // Half a sampling interval early is on time; a clock that was set back closes the step.
    const isOver = (sinceAt: number, lengthMs: number): boolean =>
      at < sinceAt || at >= sinceAt + lengthMs - samplingMs / 2
    const state = isOver(begun.stepAt, given.step) ? closeStep(given, gathered, at) : gathered
    if (!isOver(begun.judgedAt, given.every)) return { state, reading: unjudged(samples, candidate, sample) }
    const judgement = judgeCanary(metricsOf(given, state), given.groupWeights, given)
    return { state: { ...state, judgedAt: at }, reading: judgedReading(given, judgement, sample, samples) }
  },
  provocation: provoke,
  reaction({ every, step, lookback, metrics }, context) {
    const lookMs = Math.max(...metrics.map(({ signal }) => intervalMsOf(signal, context)))
    return { ms: lookback + every + step + 2 * lookMs, given: null }
  },
})

function gather(state: State, samples: readonly Sample[], versions: { candidate: string; stable: string }): State {
  const open = { ...state.open }
  for (const { signal, version, value } of samples) {
    const which = version === versions.candidate ? 0 : version === versions.stable ? 1 : null
    if (which === null || value === null) continue
    const [own, others] = open[signal] ?? [empty, empty]
    const add = ({ sum, count }: Gathered): Gathered => ({ sum: sum + value, count: count + 1 })
    open[signal] = which === 0 ? [add(own), others] : [own, add(others)]
  }
  return { ...state, open }
}

const empty: Gathered = { sum: 0, count: 0 }

function closeStep({ metrics, step, lookback }: Options, state: State, at: number): State {
  const kept = Math.max(1, Math.ceil(lookback / step))
  const mean = ({ sum, count }: Gathered): number | null => (count === 0 ? null : sum / count)
  const values = Object.fromEntries(
    metrics.map(({ signal }): [string, State['values'][string]] => {
      const [canary, baseline] = state.values[signal] ?? [[], []]
      const [own, others] = state.open[signal] ?? [empty, empty]
      return [signal, [[...canary, mean(own)].slice(-kept), [...baseline, mean(others)].slice(-kept)]]
    }),
  )
  return { ...state, stepAt: at, open: {}, values }
}

function metricsOf({ metrics }: Options, { values }: State): Parameters<typeof judgeCanary>[0] {
  const numbers = (list: readonly (number | null)[] = []): number[] => list.map((value) => value ?? Number.NaN)
  return metrics.map(({ signal, group, direction, critical, allowedIncrease, allowedDecrease }) => ({
    name: signal,
    canary: numbers(values[signal]?.[0]),
    baseline: numbers(values[signal]?.[1]),
    groups: [group],
    rule: { ...KAYENTA_DEFAULTS, direction, critical, allowedIncrease, allowedDecrease },
  }))
}

function unjudged(samples: readonly Sample[], candidate: string, sample: Sample): GuardReading {
  const blind = samples.find((one) => one.version === candidate && one.value === null && one.observations !== 0)
  if (blind) return { kind: 'unknown', sample: blind, sentence: blind.detail ?? 'no value' }
  return { kind: 'idle', sample, sentence: 'is judged later' }
}

/** No data is no failure of the release: neither score nor a critical metric without values turns it red. */
function judgedReading(
  given: Options,
  judgement: KayentaJudgement,
  sample: Sample,
  samples: readonly Sample[],
): GuardReading {
  const bad = judgement.metrics.filter((one) => one.class === 'High' || one.class === 'Low')
  if (judgement.score >= given.pass)
    return { kind: 'good', sample, sentence: `canary score ${judgement.score} >= ${given.pass}` }
  if (bad.length === 0) {
    const isIdle = samples.every(({ value, observations }) => value !== null || observations === 0)
    return { kind: isIdle ? 'idle' : 'unknown', sample, sentence: judgement.failure ?? 'the metrics have no data' }
  }
  const words = bad.map(({ name, class: label, ratio }) => {
    const times = Number.isFinite(ratio) ? ` (${ratio.toPrecision(3)} times as high)` : ''
    return `${name.replaceAll('-', ' ')} ${label === 'High' ? 'higher' : 'lower'}${times}`
  })
  const claim = `canary score ${judgement.score}: ${words.join(', ')}`
  if (judgement.score >= given.marginal) return { kind: 'idle', sample, sentence: `${claim}; marginal` }
  return { kind: 'bad', sample, sentence: claim, rests: [plural(judgement.metrics.length, 'metric')] }
}

/** A look a step: as many good ones as one judgement takes, then the fault in every metric until it has filled the lookback. */
function provoke(given: Options, context: ProvocationContext): Provocation {
  const spacingMs = Math.max(given.step, ...given.metrics.map(({ signal }) => intervalMsOf(signal, context)))
  const good = Math.ceil(given.every / spacingMs) + 1
  const bad = Math.ceil((given.lookback + given.every) / spacingMs) + 2
  const looks = Array.from({ length: good + bad }, (_, index) =>
    given.metrics.flatMap(({ signal, direction }): Sample[] => {
      const about = { signal, at: index * spacingMs, unit: usualUnit(signal), observations: 100 }
      // Values that differ a little, in an order that has nothing to do with the version.
      const wobble = 1 + ((index * 7) % 10) / 100
      const worse = index < good ? 1 : faultFactor(direction)
      const value = 10 * wobble
      return [
        { ...about, version: context.stable, value: 10 * (1 + ((index * 3) % 10) / 100) },
        { ...about, version: context.candidate, value: value * worse },
      ]
    }),
  )
  return { looks, faultAt: good * spacingMs }
}

function faultFactor(direction: Metric['direction']): number {
  return direction === 'decrease' ? 1 / 3 : 3
}
