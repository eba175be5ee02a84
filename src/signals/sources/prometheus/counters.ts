// Raw cumulative counters become whole counts per version: differenced scrape by scrape, restarts told from growth. Pure.
import { createPace } from '../../pace.ts'
import type { Portion } from '../../version-windows.ts'
import { latencyOf, type CumulativeBucket } from './buckets.ts'

/** One series that counts something of a version. */
export interface Counter {
  /** All its labels, and which question it answers: tells it from every other one. */
  key: string
  version: string
  /** Who was scraped: `job` and `instance`. */
  target: string
  instance: string
  /** Its labels without name and `le`: what starts anew together. */
  family: string
  isRequests: boolean
  isErrors: boolean
  /** Of a sum of durations: from its unit to milliseconds. */
  sumToMs: number | null
  /** Of a bucket: its upper bound; Infinity for the last one. */
  bucketMs: number | null
  /** Ascending. */
  samples: readonly { atMs: number; value: number }[]
}

export interface Tracked {
  version: string
  /** The last scrape that is in, by Prometheus' clock. */
  upToMs: number
  /** Null: the first scrape of a target, or one after a gap, in which nothing can be counted. */
  portion: Portion | null
}

export interface CounterTracker {
  /** Targets that were not there before, with their first scrape; and since when there is any knowledge. Null before the first look. */
  newcomers(counters: readonly Counter[]): { sinceMs: number; targets: Map<string, number> } | null
  /**
   * Takes in all scrapes that are newer than those it had.
   * @param wholly newcomers of which is known that all they ever counted is new; of others the first scrape is only what
   * the next one is compared with.
   */
  advance(counters: readonly Counter[], wholly?: ReadonlySet<string>): Tracked[]
  knows(version: string): boolean
  /** Time between scrapes of the target that is scraped least often; null before there were two. */
  intervalMs(): number | null
}

interface Remembered {
  value: number
  atMs: number
  isRequests: boolean
}

/** The counters of one version at one target. */
interface Group {
  upToMs: number
  /** By series. */
  last: Map<string, Remembered>
}

/** A counter that was not seen for longer may have been restarted and grown past its old value meanwhile: counting starts anew. */
export const GAP_MS_MAX = 300_000
const GROUPS_MAX = 2000

/** A tracker that has seen no scrape. */
export function createCounterTracker(): CounterTracker {
  const groups = new Map<string, Group>()
  /** Target → its last scrape. */
  const targets = new Map<string, number>()
  const pace = createPace()
  let sinceMs: number | null = null

  function newcomers(counters: readonly Counter[]): { sinceMs: number; targets: Map<string, number> } | null {
    if (sinceMs === null) return null
    const found = new Map<string, number>()
    for (const { target, samples } of counters) {
      const [first] = samples
      if (targets.has(target) || !first) continue
      found.set(target, Math.min(first.atMs, found.get(target) ?? Number.POSITIVE_INFINITY))
    }
    return { sinceMs, targets: found }
  }

  function advance(counters: readonly Counter[], wholly: ReadonlySet<string> = new Set()): Tracked[] {
    const tracked: Tracked[] = []
    const reached = new Map<string, number>()
    for (const [key, members] of Map.groupBy(counters, ({ target, version }) => `${target}\n${version}`)) {
      if (!members.some(({ isRequests }) => isRequests)) continue
      const { version, target } = members[0] as Counter
      const known = groups.get(key)
      const times = scrapesOf(members, known?.upToMs ?? Number.NEGATIVE_INFINITY)
      const [firstMs, lastMs] = [times[0], times.at(-1)]
      if (firstMs === undefined || lastMs === undefined) continue
      const beforeMs = known?.upToMs ?? targets.get(target)
      // What was there at a scrape that was not read is not known to be new.
      const isNext = beforeMs !== undefined && firstMs > beforeMs && firstMs - beforeMs <= GAP_MS_MAX
      const isFollowed = isNext || (beforeMs === undefined && wholly.has(target))
      const group: Group = (isFollowed && known) || { upToMs: 0, last: new Map() }
      if (!isFollowed) remember(group, members, lastMs)
      tracked.push({ version, upToMs: lastMs, portion: isFollowed ? count(group, members, times) : null })
      pace.hear(key, times)
      group.upToMs = lastMs
      groups.delete(key)
      groups.set(key, group)
      reached.set(target, Math.max(lastMs, reached.get(target) ?? 0))
    }
    for (const [target, atMs] of reached) targets.set(target, atMs)
    if (sinceMs === null && reached.size > 0) sinceMs = Math.max(...reached.values())
    forgetOldest(groups)
    forgetOldest(targets)
    return tracked
  }

  const knows = (version: string): boolean => [...groups.keys()].some((key) => key.endsWith(`\n${version}`))

  return { newcomers, advance, knows, intervalMs: pace.intervalMs }
}

function forgetOldest(entries: Map<string, unknown>): void {
  for (const key of entries.keys()) {
    if (entries.size <= GROUPS_MAX) return
    entries.delete(key)
  }
}

/**
 * Times of scrapes after `afterMs` in which requests were counted, and whose counts can all be read: the next scrape holds
 * those of the others too. Requests are asked for first, so what is known of them is known of the rest.
 */
function scrapesOf(members: readonly Counter[], afterMs: number): number[] {
  const times = new Set<number>()
  const unreadable = new Set<number>()
  for (const { samples, isRequests, sumToMs } of members)
    for (const { atMs, value } of samples) {
      if (isRequests) times.add(atMs)
      if (!isCount(value) && sumToMs === null) unreadable.add(atMs)
    }
  return [...times].filter((atMs) => atMs > afterMs && !unreadable.has(atMs)).toSorted((a, b) => a - b)
}

/** What stood at a scrape. A series that was not there any more went with its process: it would begin at zero again. */
function remember(group: Group, members: readonly Counter[], scrapeMs: number): void {
  for (const { key, samples, isRequests } of members) {
    const there = samples.find(({ atMs }) => atMs === scrapeMs)
    if (there) group.last.set(key, { ...there, isRequests })
  }
}

/** A counter's value; what is none (NaN, infinite, negative) cannot be counted with. */
function isCount(value: number): boolean {
  return Number.isFinite(value) && value >= 0
}

/** What the scrapes at `times` add, all members together. A series that was not there at a scrape stood at zero. */
function count(group: Group, members: readonly Counter[], times: readonly number[]): Portion {
  const grown = new Map<Counter, number>()
  const valuesOf = members.map(({ samples }) => new Map(samples.map(({ atMs, value }) => [atMs, value])))
  for (const atMs of times) {
    const scrape = new Map<Counter, number>()
    for (const [index, counter] of members.entries()) {
      const value = valuesOf[index]?.get(atMs)
      if (value !== undefined) scrape.set(counter, value)
    }
    forgetRestarted(group, scrape)
    for (const [counter, value] of scrape) {
      grown.set(counter, (grown.get(counter) ?? 0) + value - (group.last.get(counter.key)?.value ?? 0))
      group.last.set(counter.key, { value, atMs, isRequests: counter.isRequests })
    }
    group.upToMs = atMs
  }
  return portionOf(grown)
}

/**
 * Forgets what began at zero again since the scrape before. When the series that hold most of the requests went down or
 * are gone, the process was restarted, and all others began anew too, also those that have outgrown their old value
 * since; otherwise it is the series of that family alone.
 */
function forgetRestarted(group: Group, scrape: ReadonlyMap<Counter, number>): void {
  const present = new Set([...scrape.keys()].map(({ key }) => key))
  const fallen = [...scrape].filter(([{ key }, value]) => value < (group.last.get(key)?.value ?? 0))
  const fallenKeys = new Set(fallen.map(([{ key }]) => key))
  let weight = 0
  let lost = 0
  for (const [key, { value, atMs, isRequests }] of group.last) {
    if (!isRequests || (atMs < group.upToMs && !present.has(key))) continue
    weight += value
    if (fallenKeys.has(key) || !present.has(key)) lost += value
  }
  if (lost > 0 && lost * 2 >= weight) return group.last.clear()
  const families = new Set(fallen.map(([{ family }]) => family))
  for (const { key, family } of scrape.keys()) if (families.has(family)) group.last.delete(key)
}

function portionOf(grown: ReadonlyMap<Counter, number>): Portion {
  let requests = 0
  let errors = 0
  let totalMs: number | null = null
  const buckets = new Map<string, CumulativeBucket[]>()
  for (const [counter, growth] of grown) {
    if (counter.isRequests) requests += growth
    if (counter.isErrors) errors += growth
    if (counter.sumToMs !== null) totalMs = (totalMs ?? 0) + growth * counter.sumToMs
    if (counter.bucketMs === null) continue
    const family = buckets.get(counter.family) ?? []
    family.push({ boundMs: counter.bucketMs, count: growth })
    buckets.set(counter.family, family)
  }
  // A service that ever observed a duration that is none has no sum any more.
  const sumMs = totalMs !== null && Number.isFinite(totalMs) && totalMs >= 0 ? totalMs : null
  return {
    requests: Math.round(requests),
    errors: Math.round(errors),
    totalMs: sumMs,
    ...latencyOf([...buckets.values()]),
  }
}
