// Guard `failure-limit`: Argo Rollouts' rule. Measured now and then; so many failed measurements in all are accepted.
import { z } from 'zod'
import { durationOption } from '../../lib/duration-option.ts'
import { formatDuration } from '../../lib/duration.ts'
import { plural } from '../../lib/plural.ts'
import type { Sample } from '../../plan/signal.ts'
import { usualUnit } from '../../plan/signal.ts'
import { oppositeOf, satisfies, type Operator } from '../../plan/threshold.ts'
import {
  ARGO_DEFAULTS,
  NO_MEASUREMENT,
  afterMeasurement,
  assessMetric,
  measurementPhase,
  type ArgoLimits,
  type ArgoProgress,
} from '../../verdict/peers/argo.ts'
import { operatorOption, refuseHalfRanges, seriesOptions } from '../bound-options.ts'
import { defineGuard, type GuardReading, type Provocation, type ProvocationContext } from '../guard-kind.ts'
import { intervalMsOf } from '../provoke-bound.ts'
import { boundOf, formatValue, seriesWords, subjectOf } from '../sentence.ts'

const condition = z
  .strictObject({
    is: operatorOption,
    value: z.number(),
    valueMax: z.number().nullable().default(null).describe('Upper end for `between`'),
  })
  .superRefine(refuseHalfRanges)

type Condition = z.output<typeof condition>

const options = z
  .strictObject({
    ...seriesOptions,
    success: z
      .array(condition)
      .max(10)
      .default([])
      .describe('A measurement is a success where all of these hold; left out: where it is no failure'),
    failure: z
      .array(condition)
      .max(10)
      .default([])
      .describe('A measurement is a failure where one of these holds; left out: where it is no success'),
    failureLimit: z.int().min(0).max(1000).default(0).describe('So many failures in all are accepted; one more trips'),
    inconclusiveLimit: z
      .int()
      .min(0)
      .max(1000)
      .default(0)
      .describe('So many measurements that are neither are accepted; after that it is unknown'),
    every: durationOption.default(0).describe('How often it is measured; 0: at every look'),
    delay: durationOption.default(0).describe('Before the first measurement'),
    count: z.int().min(0).default(0).describe('How many measurements; 0: as long as the release takes'),
  })
  .superRefine(({ success, failure, failureLimit, count }, context) => {
    const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', message, path: [path] })
    if (success.length + failure.length === 0) refuse('success', 'says neither when it succeeds nor when it fails')
    if (count > 0 && count <= failureLimit)
      refuse('count', `${count} measurements cannot exceed a limit of ${failureLimit}`)
  })

type Options = z.output<typeof options>

interface State {
  startAt: number
  measuredAt: number | null
  progress: ArgoProgress
}

export const failureLimit = defineGuard<Options, State | null>({
  id: 'failure-limit',
  summary: "Measured now and then, so many failures accepted: Argo Rollouts' failureLimit",
  options,
  example: { signal: 'error-rate', success: [{ is: '<=', value: 5 }], failureLimit: 3, every: '60 s' },
  failingExample: { signal: 'error-rate', failureLimit: 3 },
  scope: ({ scope }) => scope,
  series: (given) => [{ signal: given.signal, scope: given.scope, bad: badIn(given) }],
  describe: describeLimit,
  start: () => null,
  judge(given, before, { at, samples }, { version, samplingMs }) {
    const sample = samples.find((one) => one.version === version)
    if (!sample) throw new TypeError(`a look without a sample of ${given.signal}`)
    const state: State = before ?? { startAt: at, measuredAt: null, progress: NO_MEASUREMENT }
    if (sample.value === null) return { state, reading: unmeasured(sample) }
    if (!isDue(given, state, at, samplingMs)) return { state, reading: readingOf(given, state.progress, sample, false) }
    const progress = afterMeasurement(state.progress, phaseOf(given, sample.value))
    return { state: { ...state, measuredAt: at, progress }, reading: readingOf(given, progress, sample, true) }
  },
  provocation: provoke,
  reaction(given, context) {
    const spacingMs = Math.max(given.every, intervalMsOf(given.signal, context))
    const ms = given.delay + (given.failureLimit + 2) * spacingMs
    return { ms, given: given.count > 0 ? `in the time of its ${plural(given.count, 'measurement')}` : null }
  },
})

function limitsOf(given: Options): ArgoLimits {
  const { failureLimit: accepted, inconclusiveLimit, count, every } = given
  return {
    ...ARGO_DEFAULTS,
    failureLimit: accepted,
    inconclusiveLimit,
    count,
    intervalMs: every,
  }
}

function holds({ is: operator, value, valueMax }: Condition, measured: number): boolean {
  return satisfies({ operator, value, valueMax }, measured) === true
}

function phaseOf({ success, failure }: Options, measured: number): NonNullable<ArgoProgress['last']> {
  return measurementPhase(
    success.length === 0 ? null : success.every((one) => holds(one, measured)),
    failure.length === 0 ? null : failure.some((one) => holds(one, measured)),
  )
}

/** Half a sampling interval early is on time: looks are not punctual. */
function isDue(given: Options, { startAt, measuredAt, progress }: State, at: number, samplingMs: number): boolean {
  if (given.count > 0 && progress.count >= given.count) return false
  if (measuredAt === null) return at >= startAt + given.delay - samplingMs / 2
  return at < measuredAt || at >= measuredAt + given.every - samplingMs / 2
}

function unmeasured(sample: Sample): GuardReading {
  const isIdle = sample.observations === 0
  const sentence = sample.detail ?? (isIdle ? 'no requests' : 'no value')
  return { kind: isIdle ? 'idle' : 'unknown', sample, sentence }
}

function readingOf(given: Options, progress: ArgoProgress, sample: Sample, isMeasured: boolean): GuardReading {
  const subject = subjectOf(given.signal, sample.version)
  const value = sample.value === null ? 'unknown' : formatValue(sample.value, sample.unit)
  const failures = `${plural(progress.failed, 'failed measurement')} of ${progress.count}`
  switch (assessMetric(progress, limitsOf(given))) {
    case 'Failed':
      return {
        kind: 'bad',
        sample,
        sentence: `${subject} ${value}`,
        rests: [`${failures}, ${given.failureLimit} accepted`],
      }
    case 'Inconclusive':
      return {
        kind: 'unknown',
        sample,
        sentence: `${plural(progress.inconclusive, 'measurement')} neither good nor bad, ${given.inconclusiveLimit} accepted`,
      }
    case 'Successful':
      return { kind: 'good', sample, sentence: `${subject} is well, ${failures}` }
    default: {
      const isGood = isMeasured && progress.last === 'Successful'
      return { kind: isGood ? 'good' : 'idle', sample, sentence: `${subject} ${value}, ${failures}` }
    }
  }
}

/** The line of the report: one bound can be drawn, several cannot. */
function badIn({ success, failure }: Options): { operator: Operator; value: number; valueMax: number | null } | null {
  const [first, ...others] = failure.length > 0 ? failure : success
  if (!first || others.length > 0) return null
  if (failure.length > 0) return { operator: first.is, value: first.value, valueMax: first.valueMax }
  const opposite = oppositeOf(first.is)
  return opposite ? { operator: opposite, value: first.value, valueMax: null } : null
}

function describeLimit(given: Options): string {
  const unit = usualUnit(given.signal)
  const words = (conditions: readonly Condition[], joint: string): string =>
    conditions.map((one) => boundOf({ ...one, operator: one.is }, unit)).join(joint)
  const parts = [
    given.failure.length > 0
      ? `${seriesWords(given)} ${words(given.failure, ' or ')}`
      : `${seriesWords(given)} not ${words(given.success, ' and ')}`,
    `more than ${plural(given.failureLimit, 'time')} in all`,
  ]
  if (given.failure.length > 0 && given.success.length > 0) parts.push(`good when ${words(given.success, ' and ')}`)
  if (given.every > 0) parts.push(`measured every ${formatDuration(given.every)}`)
  if (given.delay > 0) parts.push(`from ${formatDuration(given.delay)} on`)
  if (given.count > 0) parts.push(`${plural(given.count, 'measurement')} at most`)
  return parts.join(', ')
}

const GOOD_LOOKS = 5

/** Each look is a measurement: good ones, then failures until one too many. */
function provoke(given: Options, context: ProvocationContext): Provocation {
  const spacingMs = Math.max(given.every, intervalMsOf(given.signal, context), Math.ceil(given.delay / 100))
  const waiting = Math.ceil(given.delay / spacingMs)
  const spare = given.count > 0 ? Math.min(GOOD_LOOKS, given.count - given.failureLimit - 1) : GOOD_LOOKS
  const good = waiting + spare
  const values = valuesOf(given)
  const version = { candidate: context.candidate, stable: context.stable, any: context.candidate, service: null }[
    given.scope
  ]
  const looks = Array.from({ length: good + given.failureLimit + 3 }, (_, index): Sample[] => {
    const value = index < good ? values.good : values.bad
    const { signal } = given
    return [{ signal, version, at: index * spacingMs, value, unit: usualUnit(signal), observations: 100 }]
  })
  return { looks, faultAt: good * spacingMs }
}

/** A value that is a success and one that is a failure, where there are such. */
function valuesOf(given: Options): { good: number; bad: number } {
  const ends = [...given.success, ...given.failure].flatMap(({ value, valueMax }) => [value, valueMax ?? value])
  const steps = ends.flatMap((end) => {
    const step = Math.max(1, Math.abs(end))
    return [end, end + step, end - step, end + step * 1e-6, end - step * 1e-6]
  })
  const middle = (Math.min(...ends) + Math.max(...ends)) / 2
  const possible = [...steps, middle, 0, 1, 100].filter((value) => value >= 0)
  const all = [...(possible.length > 0 ? possible : steps), ...steps]
  const find = (phase: string): number | undefined => all.find((value) => phaseOf(given, value) === phase)
  const bad = find('Failed') ?? middle
  return { good: find('Successful') ?? bad, bad }
}
