// Guard `step-threshold`: Flagger's rule. Several checks at every tick; so many failed ticks in all trip.
import { z } from 'zod'
import { durationOption } from '../../lib/duration-option.ts'
import { formatDuration } from '../../lib/duration.ts'
import { plural } from '../../lib/plural.ts'
import type { GuardSeries } from '../../plan/guard-rule.ts'
import type { Sample } from '../../plan/signal.ts'
import { usualUnit } from '../../plan/signal.ts'
import { flaggerCheck } from '../../verdict/peers/flagger.ts'
import { scopeOption } from '../bound-options.ts'
import { defineGuard } from '../guard-kind.ts'
import type { GuardContext, GuardReading, Look, Provocation, ProvocationContext } from '../guard-kind.ts'
import { intervalMsOf } from '../provoke-bound.ts'
import { formatValue, seriesWords, subjectOf } from '../sentence.ts'

const check = z
  .strictObject({
    signal: z.string(),
    scope: scopeOption.exclude(['any']).default('candidate'),
    min: z.number().nullable().default(null).describe('Lowest good value'),
    max: z.number().nullable().default(null).describe('Highest good value'),
  })
  .superRefine(({ min, max }, context) => {
    if (min === null && max === null)
      context.addIssue({ code: 'custom', message: 'has neither a lowest nor a highest value' })
    if (min !== null && max !== null && max < min)
      context.addIssue({ code: 'custom', message: `${max} is below the lowest value ${min}`, path: ['max'] })
  })

type Check = z.output<typeof check>

const options = z.strictObject({
  checks: z
    .array(check)
    .min(1)
    .max(20)
    .describe('What must be in range at a tick: `signal`, `min`, `max`, both included'),
  every: durationOption.default(60_000).describe('Time from tick to tick'),
  threshold: z.int().min(1).max(1000).default(1).describe('So many failed ticks in all, in a row or not, trip'),
})

type Options = z.output<typeof options>

interface State {
  tickAt: number
  failedChecks: number
  /** Check → its last sample's time and value, null where it is unknown. */
  latest: Record<string, { at: number; value: number | null }>
}

export const stepThreshold = defineGuard<Options, State | null>({
  id: 'step-threshold',
  summary: "Checks at every tick, failed ones added up: Flagger's threshold",
  options,
  example: {
    checks: [
      { signal: 'error-rate', max: 1 },
      { signal: 'response-time-p99', max: 500 },
    ],
    every: '60 s',
    threshold: 5,
  },
  failingExample: { checks: [{ signal: 'error-rate' }] },
  scope: ({ checks }) => (checks.every(({ scope }) => scope === 'service') ? 'service' : 'candidate'),
  series: ({ checks }) => checks.map(seriesOf),
  describe(given) {
    const ranges = given.checks.map((one) => `${seriesWords(one)} ${rangeWords(one)}`).join(', ')
    const failed = `not so at ${plural(given.threshold, 'tick')}${given.threshold > 1 ? ' in all' : ''}`
    return `${ranges}: ${failed}, every ${formatDuration(given.every)}`
  },
  start: () => null,
  judge(given, before, look, context) {
    const seen = samplesOf(given, look, context)
    const sample = [...seen.values()].find(isUnknown) ?? [...seen.values()][0]
    if (!sample) throw new TypeError('a look without a sample of any check')
    const { at } = look
    const state: State = before ?? { tickAt: at, failedChecks: 0, latest: {} }
    const latest = { ...state.latest }
    for (const [key, { value }] of seen) latest[key] = { at, value }
    const current = { ...state, latest }
    // Half a sampling interval early is on time: looks are not punctual. A clock that was set back ticks at once.
    const isBetween = at >= state.tickAt && at < state.tickAt + given.every - context.samplingMs / 2
    return isBetween
      ? { state: current, reading: betweenTicks(given, state, sample) }
      : ticked(given, current, at, { seen, sample })
  },
  provocation: provoke,
  reaction({ checks, every, threshold }, context) {
    const lookMs = Math.max(...checks.map(({ signal }) => intervalMsOf(signal, context)))
    return { ms: threshold * Math.max(every, lookMs) + every + 2 * lookMs, given: null }
  },
})

type Seen = Map<string, Sample>

function samplesOf({ checks }: Options, { samples }: Look, { candidate, stable }: GuardContext): Seen {
  return new Map(
    checks.flatMap((one) => {
      const version = { candidate, stable, service: null }[one.scope]
      const sample = samples.find(({ signal, version: of }) => signal === one.signal && of === version)
      return sample ? [[keyOf(one), sample] as const] : []
    }),
  )
}

/** All checks, in their order; the first one that fails is named. */
function ticked(given: Options, before: State, at: number, { seen, sample }: { seen: Seen; sample: Sample }) {
  // What was not measured since the tick before is not known at this one.
  const sinceAt = at < before.tickAt ? at - 1 : before.tickAt
  const known = Object.fromEntries(Object.entries(before.latest).filter(([, one]) => one.at > sinceAt && one.at <= at))
  const valueOf = (one: Check): number | null => known[keyOf(one)]?.value ?? null
  const results = given.checks.map((one) => flaggerCheck(valueOf(one), one))
  const culprit = given.checks[results.indexOf('failed')]
  const state = { tickAt: at, failedChecks: before.failedChecks + Number(culprit !== undefined), latest: known }
  if (!culprit) {
    const allPassed = results.every((result) => result === 'passed')
    return { state, reading: atGoodTick(given, state, sample, allPassed) }
  }
  const guilty = seen.get(keyOf(culprit)) ?? { ...sample, signal: culprit.signal, value: valueOf(culprit) }
  return { state, reading: atFailedTick(given, state, culprit, guilty) }
}

function keyOf({ signal, scope }: Check): string {
  return `${scope} ${signal}`
}

function isUnknown({ value, observations }: Sample): boolean {
  return value === null && observations !== 0
}

function seriesOf({ signal, scope, min, max }: Check): GuardSeries {
  if (min !== null && max !== null) return { signal, scope, bad: null }
  const [operator, value] = max === null ? (['<', min] as const) : (['>', max] as const)
  return { signal, scope, bad: { operator, value, valueMax: null } }
}

function rangeWords({ signal, min, max }: Check): string {
  const show = (value: number): string => formatValue(value, usualUnit(signal))
  if (min !== null && max !== null) return `between ${show(min)} and ${show(max)}`
  return max === null ? `>= ${show(min ?? 0)}` : `<= ${show(max)}`
}

/** Once it has tripped it stays so: the ticks are not forgotten. */
function betweenTicks(given: Options, { failedChecks }: State, sample: Sample): GuardReading {
  if (isUnknown(sample)) return { kind: 'unknown', sample, sentence: sample.detail ?? 'no value' }
  const kind = failedChecks >= given.threshold && sample.value !== null ? 'bad' : 'idle'
  return { kind, sample, sentence: ticksWords(given, failedChecks) }
}

function atGoodTick(given: Options, state: State, sample: Sample, allPassed: boolean): GuardReading {
  if (!allPassed || state.failedChecks >= given.threshold) return betweenTicks(given, state, sample)
  return { kind: 'good', sample, sentence: `all checks passed, ${ticksWords(given, state.failedChecks)}` }
}

function atFailedTick(given: Options, { failedChecks }: State, culprit: Check, sample: Sample): GuardReading {
  const value = sample.value === null ? 'unknown' : formatValue(sample.value, sample.unit)
  const claim = `${subjectOf(culprit.signal, sample.version)} ${value}, not ${rangeWords(culprit)}`
  const ticks = ticksWords(given, failedChecks)
  if (failedChecks < given.threshold) return { kind: 'idle', sample, sentence: `${claim}, ${ticks}` }
  return { kind: 'bad', sample, sentence: claim, rests: [ticks] }
}

function ticksWords({ threshold }: Options, failedChecks: number): string {
  return `${plural(failedChecks, 'failed tick')}, trips at ${threshold}`
}

const GOOD_LOOKS = 3

/** Each look is a tick: good ones, then ticks at which the first check fails. */
function provoke(given: Options, context: ProvocationContext): Provocation {
  const spacingMs = Math.max(given.every, ...given.checks.map(({ signal }) => intervalMsOf(signal, context)))
  const versions = { candidate: context.candidate, stable: context.stable, service: null }
  const looks = Array.from({ length: GOOD_LOOKS + given.threshold + 2 }, (_, index) =>
    given.checks.map((one, which): Sample => {
      const { signal, scope } = one
      const isBad = index >= GOOD_LOOKS && which === 0
      const value = isBad ? outside(one) : (one.max ?? one.min ?? 0)
      return {
        signal,
        version: versions[scope],
        at: index * spacingMs,
        value,
        unit: usualUnit(signal),
        observations: 100,
      }
    }),
  )
  return { looks, faultAt: GOOD_LOOKS * spacingMs }
}

function outside({ min, max }: Check): number {
  if (max !== null) return max + Math.max(1, Math.abs(max))
  return min === null || min === 0 ? -1 : min - Math.abs(min)
}
