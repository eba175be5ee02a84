// Guard `growth`: one signal that keeps growing, as memory does that leaks: its trend over a window, not two single values.
import { z } from 'zod'
import { durationOption } from '../../lib/duration-option.ts'
import { formatDuration } from '../../lib/duration.ts'
import { plural } from '../../lib/plural.ts'
import { usualUnit, type Sample } from '../../plan/signal.ts'
import { seriesOptions } from '../bound-options.ts'
import { defineGuard, type GuardReading, type Provocation, type ProvocationContext } from '../guard-kind.ts'
import { intervalMsOf } from '../provoke-bound.ts'
import { formatValue, seriesWords, subjectOf } from '../sentence.ts'
import { growthOf, TREND_PARTS, withSample, type Growth, type Trend } from '../trend.ts'

const options = z
  .strictObject({
    ...seriesOptions,
    moreThan: z.number().min(0).describe('Red when it grows by more than this over the window'),
    unit: z
      .enum(['percent', 'own'])
      .default('percent')
      .describe("`percent` of what it was at the window's begin, or in the signal's own unit"),
    over: durationOption.describe('The window; it is judged from a quarter of it on, by what it grew until then'),
    samplesMin: z.int().min(3).max(1000).default(12).describe('So many samples at least in the window'),
  })
  .refine(({ over }) => over > 0, { path: ['over'], error: 'a window has a length' })

type Options = z.output<typeof options>

export const growth = defineGuard<Options, Trend>({
  id: 'growth',
  summary: 'One signal that keeps growing: its trend over a window, robust against outliers',
  options,
  example: { signal: 'memory', moreThan: 10, over: '30 min' },
  failingExample: { signal: 'memory', moreThan: 10, over: 0 },
  scope: ({ scope }) => scope,
  series: ({ signal, scope }) => [{ signal, scope, bad: { operator: '>', value: null, valueMax: null } }],
  describe: (given) =>
    `${seriesWords(given)} grows by more than ${amount(given, given.moreThan)} over ${formatDuration(given.over)}`,
  start: () => [],
  judge(given, trend, look, { version }) {
    const sample = look.samples.find((one) => one.version === version)
    if (!sample) throw new TypeError(`a look without a sample of ${given.signal}`)
    const { value, observations, detail } = sample
    const nothing = (kind: 'idle' | 'unknown', sentence: string) => ({
      state: trend,
      reading: { kind, sample, sentence },
    })
    if (observations === 0) return nothing('idle', detail ?? 'no observations')
    if (value === null || !Number.isFinite(value)) return nothing('unknown', detail ?? 'no value')
    const state = withSample(trend, look.at, value, given.over)
    return { state, reading: readingOf(given, sample, growthOf(state, given.over, given.samplesMin)) }
  },
  provocation: provoke,
  reaction(given, context) {
    const ms = given.over + given.over / TREND_PARTS + 2 * intervalMsOf(given.signal, context)
    return { ms, given: `a growth of ${amount(given, 2 * given.moreThan || 1)} over ${formatDuration(given.over)}` }
  },
})

function readingOf(given: Options, sample: Sample, grown: Growth | null): GuardReading {
  if (!grown) return { kind: 'idle', sample, sentence: 'too few samples to tell a trend' }
  const { from, to, spanMs, samples, steady } = grown
  if (given.unit === 'percent' && from <= 0)
    return { kind: 'unknown', sample, sentence: 'percent of nothing: it was 0 or less' }
  const by = given.unit === 'percent' ? (100 * (to - from)) / from : to - from
  const subject = subjectOf(given.signal, sample.version)
  if (by <= given.moreThan || !steady) return { kind: 'good', sample, sentence: `${subject} does not grow so fast` }
  const seen = `${formatValue(from, sample.unit)} to ${formatValue(to, sample.unit)} in ${formatDuration(spanMs)}`
  const claim = `${subject} grew by ${amount(given, by)} (${seen}) > ${amount(given, given.moreThan)}`
  return { kind: 'bad', sample, sentence: claim, rests: [plural(samples, 'sample')] }
}

function amount({ unit, signal }: Options, by: number): string {
  return formatValue(by, unit === 'percent' ? 'percent' : usualUnit(signal))
}

/** Flat for a window, then growing twice as fast as is borne. */
function provoke(given: Options, context: ProvocationContext): Provocation {
  const { signal, scope, over, moreThan, unit, samplesMin } = given
  const intervalMs = Math.max(intervalMsOf(signal, context), over / Math.max(96, 2 * samplesMin))
  const version = scope === 'service' ? null : scope === 'stable' ? context.stable : context.candidate
  const looksIn = Math.max(1, Math.ceil(over / intervalMs))
  const flat = 100
  const perWindow = unit === 'percent' ? (flat * 2 * (moreThan || 1)) / 100 : 2 * (moreThan || 1)
  const valueAt = (index: number): number => flat + (Math.max(0, index - looksIn) / looksIn) * perWindow
  const looks = Array.from({ length: 3 * looksIn }, (_, index): Sample[] => [
    { signal, version, at: index * intervalMs, value: valueAt(index), unit: usualUnit(signal), observations: null },
  ])
  return { looks, faultAt: looksIn * intervalMs }
}
