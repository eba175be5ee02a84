// Guard `bound`: one signal beyond a bound, at once or for as long as has to be, absolutely or against the old version.
import { z } from 'zod'
import { durationOption } from '../../lib/duration-option.ts'
import { formatDuration } from '../../lib/duration.ts'
import type { Sample } from '../../plan/signal.ts'
import { satisfies } from '../../plan/threshold.ts'
import { CONSECUTIVE_MAX, limitOptions, operatorOption, refuseHalfRanges, seriesOptions } from '../bound-options.ts'
import { defineGuard, type GuardContext, type GuardReading, type Look } from '../guard-kind.ts'
import { emptyPool, type Pool } from '../pool.ts'
import { distance, readSample, type Baseline, type Bound, type Judged } from '../reading.ts'
import { boundOf, claimOf, conditionOf, restsOf, subjectOf } from '../sentence.ts'
import { usualUnit } from '../../plan/signal.ts'
import { provokeBound, reactionOfBound } from '../provoke-bound.ts'

const clear = z
  .strictObject({
    is: operatorOption.describe('The good state again, as in `is: "<"`'),
    value: z.number(),
    valueMax: z.number().nullable().default(null),
    for: durationOption.default(0).describe('Must hold this long'),
  })
  .superRefine(refuseHalfRanges)

const options = z
  .strictObject({
    ...seriesOptions,
    is: operatorOption.describe('The bad state: red when the value stands in this relation'),
    ...limitOptions,
    consecutive: z.int().min(1).max(CONSECUTIVE_MAX).default(1).describe('So many samples in a row'),
    for: durationOption.default(0).describe('Must hold this long'),
    observationsMin: z.int().min(0).default(0).describe('A sample on fewer requests says nothing'),
    clear: clear
      .nullable()
      .default(null)
      .describe(
        'Hysteresis: `is`, `value`, `valueMax`, `for`. A guard that has tripped is well again only when this holds; ' +
          'else as soon as it is not bad',
      ),
  })
  .superRefine(refuseHalfRanges)

type Options = z.output<typeof options>

function boundIn({ is: operator, signal, scope, value, valueMax, relativeTo, observationsMin }: Options): Bound {
  return { signal, scope, operator, value, valueMax, relativeTo, observationsMin }
}

export const bound = defineGuard<Options, Pool>({
  id: 'bound',
  summary: 'One signal beyond a bound, at once or for some time, absolutely or against the old version',
  options,
  example: { signal: 'error-rate', is: '>', value: 5, for: '5 min', observationsMin: 40 },
  failingExample: { signal: 'error-rate', is: 'between', value: 5 },
  scope: ({ scope }) => scope,
  series: ({ signal, scope, is: operator, value, valueMax, relativeTo }) => [
    { signal, scope, bad: { operator, value: relativeTo === null ? value : null, valueMax } },
  ],
  describe: describeBound,
  lasting: ({ consecutive, for: forMs, clear: again }) => ({ consecutive, forMs, clearMs: again?.for ?? 0 }),
  start: () => emptyPool,
  judge(given, pool, look, context) {
    const sample = look.samples.find(({ version }) => version === context.version)
    if (!sample) throw new TypeError(`a look without a sample of ${given.signal}`)
    const { reading, pool: after } = readSample(boundIn(given), sample, baselineAt(look, sample, context), pool)
    return { state: after, reading: toGuardReading(given, sample, reading, context) }
  },
  provocation: (given, context) => provokeBound(boundIn(given), lastingOf(given), context),
  reaction: (given, context) => reactionOfBound(boundIn(given), lastingOf(given), context),
})

function lastingOf({ consecutive, for: forMs }: Options): { consecutive: number; forMs: number } {
  return { consecutive, forMs }
}

function describeBound(given: Options): string {
  const parts = [conditionOf(boundIn(given))]
  if (given.consecutive > 1) parts.push(`${given.consecutive} samples in a row`)
  if (given.for > 0) parts.push(`for ${formatDuration(given.for)}`)
  if (given.observationsMin > 1) parts.push(`at least ${given.observationsMin} observations`)
  const { clear: again } = given
  if (again) {
    const limit = boundOf({ ...again, operator: again.is }, usualUnit(given.signal))
    parts.push(`well again at ${limit}${again.for > 0 ? ` for ${formatDuration(again.for)}` : ''}`)
  }
  return parts.join(', ')
}

/** The stable version's value at the same look, or else the one from before the release; `idle`: nobody asked it. */
function baselineAt(look: Look, sample: Sample, { stable, baseline }: GuardContext): Baseline | 'idle' | null {
  const same = look.samples.find((other) => other !== sample && other.version === stable)
  if (same && same.value !== null) return { value: same.value, observations: same.observations }
  const before = baseline[sample.signal]
  if (before !== undefined) return { value: before, observations: null }
  return same?.observations === 0 ? 'idle' : null
}

type Reading = ReturnType<typeof readSample>['reading']

function toGuardReading(given: Options, sample: Sample, reading: Reading, { stable }: GuardContext): GuardReading {
  const bounded = boundIn(given)
  switch (reading.kind) {
    case 'idle':
    case 'unknown':
      return { kind: reading.kind, sample, sentence: reading.why }
    case 'good':
      return {
        kind: 'good',
        sample,
        sentence: `${subjectOf(given.signal, sample.version)} is well`,
        well: isClear(given, reading.judged),
      }
    case 'bad': {
      const { judged } = reading
      const sentence = claimOf(bounded, sample, judged, stable)
      return { kind: 'bad', sample, sentence, rests: restsOf(bounded, sample, judged) }
    }
  }
}

function isClear({ clear: again, relativeTo }: Options, { value, baseline }: Judged): boolean {
  if (!again) return true
  const measured = distance(relativeTo, value, baseline)
  return measured !== null && satisfies({ ...again, operator: again.is }, measured) === true
}
