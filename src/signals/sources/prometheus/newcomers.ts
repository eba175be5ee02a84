// A target that shows counters for the first time: is all that they hold new, or may it be years old? Pure.
import type { RawSeries } from '../../../lib/prometheus-api.ts'
import { duration, selectorOf } from './promql.ts'
import { targetOf } from './reading.ts'

/** What is known of newcomers: their first scrape with counters, and since when there is any knowledge. */
export interface Newcomers {
  sinceMs: number
  targets: ReadonlyMap<string, number>
}

const UP = 'up'
const STARTED = 'process_start_time_seconds'
/** Asked about at once; of more the others begin to count at their next scrape. */
const INSTANCES_MAX = 50

/** What tells of these instances; null where nothing can be asked. */
export function newcomersQuery(instances: readonly string[], windowMs: number): string | null {
  const asked = [...new Set(instances)].filter((instance) => instance !== '').slice(0, INSTANCES_MAX)
  if (asked.length === 0) return null
  const selector = selectorOf([
    ['__name__', [UP, STARTED]],
    ['instance', asked],
  ])
  return `${selector}[${duration(windowMs)}]`
}

/**
 * Targets all of whose counts are new: they were scraped in the time that is known of, without these counters, or their
 * process was started in it.
 */
export function whollyNew({ sinceMs, targets }: Newcomers, answers: readonly RawSeries[]): Set<string> {
  const wholly = new Set<string>()
  for (const { labels, samples } of answers) {
    const target = targetOf(labels)
    const firstMs = targets.get(target)
    if (firstMs === undefined) continue
    const isNew =
      labels.__name__ === STARTED
        ? samples.some(({ value }) => value * 1000 >= sinceMs)
        : samples.some(({ atMs, value }) => value === 1 && atMs >= sinceMs && atMs < firstMs)
    if (isNew) wholly.add(target)
  }
  return wholly
}
