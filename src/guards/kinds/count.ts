// Guard `count`: too many events in a period, sliding or the first one: "more than 10 critical errors in the first hour".
import { z } from 'zod'
import { durationOption } from '../../lib/duration-option.ts'
import { formatDuration } from '../../lib/duration.ts'
import { plural } from '../../lib/plural.ts'
import { usualUnit, type Sample } from '../../plan/signal.ts'
import { seriesOptions } from '../bound-options.ts'
import { defineGuard, type GuardReading, type Provocation, type ProvocationContext } from '../guard-kind.ts'
import { intervalMsOf } from '../provoke-bound.ts'
import { formatValue, observed, seriesWords, subjectOf } from '../sentence.ts'
import { counted, isOver, noTallying, totalOf, type Period, type Tallying } from '../tallying.ts'

const options = z
  .strictObject({
    ...seriesOptions,
    of: z
      .enum(['values', 'failures', 'observations', 'looks'])
      .default('values')
      .describe(
        'What is counted: `values` adds them up (events since the look before); `failures` the failed requests of a share in percent, ' +
          'or of the signal `requests`; `observations` what samples rest on; `looks` those with a value above 0',
      ),
    moreThan: z.number().min(0).describe('Red when there are more'),
    within: durationOption.nullable().default(null).describe('In any stretch of this length'),
    first: durationOption.nullable().default(null).describe('From the first look on for so long, and not after it'),
  })
  .superRefine(({ within, first }, context) => {
    if ((within === null) !== (first === null) && (within ?? first ?? 0) > 0) return
    context.addIssue({ code: 'custom', message: 'has exactly one of "within" and "first", longer than 0' })
  })

type Options = z.output<typeof options>

/** More looks than these are not tried out: a bound beyond them is taken for one that cannot turn red. */
const LOOKS_MAX = 100_000

export const count = defineGuard<Options, Tallying>({
  id: 'count',
  summary: 'Too many events in a period: any of this length, or the first one',
  options,
  example: { signal: 'error-rate', of: 'failures', moreThan: 10, first: '1h' },
  failingExample: { signal: 'error-rate', of: 'failures', moreThan: 10 },
  scope: ({ scope }) => scope,
  series: ({ signal, scope }) => [{ signal, scope, bad: { operator: '>', value: null, valueMax: null } }],
  describe: (given) => `${countedWords(given)} > ${given.moreThan} ${periodWords(given)}`,
  start: () => noTallying,
  judge(given, before, look, { version }) {
    const sample = look.samples.find((one) => one.version === version)
    if (!sample) throw new TypeError(`a look without a sample of ${given.signal}`)
    const period = periodOf(given)
    const nothing = (kind: 'idle' | 'unknown', sentence: string, state = before) => {
      return { state, reading: { kind, sample, sentence } }
    }
    if (isOver(before, look.at, period)) return nothing('idle', `${periodWords(given)} is over`)
    if (sample.observations === 0 && !sample.value) return nothing('idle', sample.detail ?? 'no observations')
    const events = eventsIn(given, sample)
    if (events === null) return nothing('unknown', sample.detail ?? 'nothing to count', { ...before, blindAt: look.at })
    const state = counted(before, look.at, events, period)
    return { state, reading: readingOf(given, sample, state, look.at) }
  },
  provocation: provoke,
  reaction(given, context) {
    const intervalMs = intervalMsOf(given.signal, context)
    const looks = given.of === 'looks' ? Math.floor(given.moreThan) + 1 : 1
    const inTime = given.first === null ? '' : ` in the first ${formatDuration(given.first)}`
    const needed = Math.floor(given.moreThan) + 1
    return { ms: looks * intervalMs, given: `${plural(needed, eventOf(given))}${inTime}` }
  },
})

function periodOf({ within, first }: Options): Period {
  return { ms: within ?? first ?? 0, anchored: first !== null }
}

function periodWords({ within, first }: Options): string {
  return first === null ? `within ${formatDuration(within ?? 0)}` : `in the first ${formatDuration(first)}`
}

/** Events since the look before, or null where the sample does not tell. */
function eventsIn({ of }: Options, { value, observations, tally, unit }: Sample): number | null {
  if (value === null || !Number.isFinite(value)) return null
  switch (of) {
    case 'values':
      return value
    case 'observations':
      return observations
    case 'looks':
      return value > 0 ? 1 : 0
    case 'failures':
      if (tally) return tally.errors
      return unit === 'percent' && observations !== null ? Math.round((value * observations) / 100) : null
  }
}

function readingOf(given: Options, sample: Sample, state: Tallying, at: number): GuardReading {
  const total = totalOf(state)
  const subject = subjectOf(given.signal, sample.version)
  if (total <= given.moreThan) {
    // Well again is said of a whole period that was seen.
    const well = state.blindAt === null || at - state.blindAt > periodOf(given).ms
    return { kind: 'good', sample, sentence: `${subject} is well`, well }
  }
  const shown = formatValue(total, given.of === 'values' ? sample.unit : 'count')
  const sentence = `${subject}: ${shown} ${noun(given)} ${periodWords(given)} > ${given.moreThan}`
  return { kind: 'bad', sample, sentence, rests: sample.detail ? [`(${sample.detail})`] : [] }
}

/** What is counted: `failed requests`. */
function noun({ of, signal }: Options): string {
  return {
    values: 'in all',
    failures: 'failed requests',
    observations: `${observed(signal)}s`,
    looks: 'looks with any',
  }[of]
}

function eventOf({ of, signal }: Options): string {
  return { values: 'event', failures: 'failed request', observations: observed(signal), looks: 'look' }[of]
}

/** `failed requests by error rate of the candidate`. */
function countedWords(given: Options): string {
  const by = {
    values: 'sum of',
    failures: 'failed requests by',
    observations: `${observed(given.signal)}s by`,
    looks: 'looks with',
  }
  return `${by[given.of]} ${seriesWords(given)}`
}

/** Quiet looks, then at each more events than are borne. */
function provoke({ signal, scope, of, moreThan, first }: Options, context: ProvocationContext): Provocation {
  const intervalMs = intervalMsOf(signal, context)
  const version = scope === 'service' ? null : scope === 'stable' ? context.stable : context.candidate
  const events = Math.floor(moreThan) + 1
  const quiet = first === null ? 3 : 1
  const bad = of === 'looks' ? Math.min(events, LOOKS_MAX) + 2 : 3
  const looks = Array.from({ length: quiet + bad }, (_, index): Sample[] => {
    const isBad = index >= quiet
    const value = !isBad ? 0 : of === 'failures' ? 100 : of === 'looks' ? 1 : events
    const observations = of === 'observations' ? (isBad ? events : 0) : events
    const unit = of === 'failures' ? 'percent' : usualUnit(signal)
    return [{ signal, version, at: index * intervalMs, value, unit, observations }]
  })
  return { looks, faultAt: quiet * intervalMs }
}
