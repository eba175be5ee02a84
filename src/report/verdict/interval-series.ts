// An always-valid interval over time, from the recorded samples of its two ends.
import type { Sample } from '../../plan/signal.ts'
import { COLUMNS, sinceOf, silenceMsOf } from '../series.ts'
import type { IntervalPoint, IntervalSeries } from './shape.ts'

/** The looks at which both ends were recorded, in stretches without gaps. */
export function intervalStretches(
  lows: readonly Sample[],
  highs: readonly Sample[],
): Pick<IntervalSeries, 'stretches' | 'last'> | null {
  const highAt = new Map(highs.map(({ at, value }) => [at, value]))
  const both = lows.filter(({ at }) => highAt.has(at))
  const first = both[0]
  const final = both.at(-1)
  if (!first || !final) return null
  const pointOf = ({ at, value }: Sample): IntervalPoint => ({ at, low: endOf(value), high: endOf(highAt.get(at)) })
  const columnMs = Math.max(1, (final.at - first.at) / COLUMNS)
  const silenceMs = silenceMsOf(both, columnMs)
  const stretches: IntervalPoint[][] = []
  let before: Sample | null = null
  let column = -1
  for (const sample of both) {
    const index = Math.floor((sample.at - first.at) / columnMs)
    const stretch = stretches.at(-1)
    if (!stretch || !before || sinceOf(sample) - before.at > silenceMs) stretches.push([pointOf(sample)])
    else if (index === column) stretch[stretch.length - 1] = pointOf(sample)
    else stretch.push(pointOf(sample))
    before = sample
    column = index
  }
  return { stretches, last: pointOf(final) }
}

/** An end that no ratio can have is none. */
function endOf(value: number | null | undefined): number | null {
  return value != null && value > 0 && Number.isFinite(value) ? value : null
}
