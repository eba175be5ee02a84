// One look at the counters of a release: asks, differences, and says it in samples.
import { messageOf } from '../../../lib/errors.ts'
import type { Sample } from '../../../plan/signal.ts'
import { versionsOfRelease, type ReleaseVersions } from '../../version-names.ts'
import { createVersionWindows } from '../../version-windows.ts'
import { unknownWindowSamples, type WindowSignal } from '../../window-samples.ts'
import type { Answer, PrometheusApi } from '../../../lib/prometheus-api.ts'
import { createCounterTracker, GAP_MS_MAX, type Counter, type CounterTracker } from './counters.ts'
import { valueOfVersion, versionsToTell, type VersionLabel } from './label-values.ts'
import { newcomersQuery, whollyNew } from './newcomers.ts'
import { duration, fill } from './promql.ts'
import type { Question, Reading } from './reading.ts'

export interface CountingOptions {
  api: PrometheusApi
  read: Reading
  by: VersionLabel
  signals: readonly WindowSignal[]
  /** Selector of `up` for the target of a version that has counted nothing yet. */
  up?: string | undefined
  release: () => ReleaseVersions
}

/** Until two scrapes have told how far apart they are. */
const INTERVAL_MS_ASSUMED = 60_000
/** The first look goes back so far: for slow scrapes too it finds one, for usual ones two. */
const FIRST_WINDOW_MS = 150_000
/** Slow scrapes are asked for so many times from one to the next, however often this process looks. */
const LOOKS_PER_SCRAPE = 5
const SLOW_SCRAPE_MS = 5000
const SERIES_MAX = 50_000
const NOTES_MAX = 3

/** Looks that each tell of the scrapes since the one before. */
export function createCounting(options: CountingOptions): (now: number, signal: AbortSignal) => Promise<Sample[]> {
  const { api, read, by, signals, up, release } = options
  const tracker = createCounterTracker()
  const windows = createVersionWindows({ signals, intervalMs: INTERVAL_MS_ASSUMED, word: 'scrape' })
  /** Version → the last scrape that found it up and without counters. */
  const idleUpToMs = new Map<string, number>()
  let answeredMs: number | null = null

  /** Long enough for whatever was scraped since the last answer; scrapes come in when they end, with the time they began. */
  function windowMs(): number {
    if (answeredMs === null) return FIRST_WINDOW_MS
    const sinceMs = performance.now() - answeredMs + 2 * (tracker.intervalMs() ?? INTERVAL_MS_ASSUMED)
    return Math.min(sinceMs, GAP_MS_MAX)
  }

  async function look(signal: AbortSignal): Promise<{ notes: string[]; warnings: string[] }> {
    const questions = read(release(), windowMs())
    const askedMs = performance.now()
    const [first, rest] = [questions.filter(({ isFirst }) => isFirst), questions.filter(({ isFirst }) => !isFirst)]
    const ask = (asked: Question[]): Promise<Answer[]> =>
      Promise.all(asked.map(({ promql }) => api.query(promql, signal)))
    const answers = [...(await ask(first)), ...(await ask(rest))]
    const { counters, notes } = countersOf([...first, ...rest], answers)
    const wholly = await newTargets(tracker, counters, (promql) => api.query(promql, signal))
    answeredMs = askedMs
    for (const { version, upToMs, portion } of tracker.advance(counters, wholly)) windows.add(version, upToMs, portion)
    windows.pace(tracker.intervalMs() ?? INTERVAL_MS_ASSUMED)
    if (up !== undefined) await hearIdle(up, signal)
    return { notes, warnings: answers.flatMap((answer) => answer.warnings) }
  }

  /** A version whose target is up and that shows no counters has answered nothing yet. */
  async function hearIdle(selector: string, signal: AbortSignal): Promise<void> {
    for (const version of versionsToTell(by, release())) {
      const value = valueOfVersion(version, by, release())
      if (tracker.knows(version) || value === null) continue
      const promql = `${fill(selector, { version: value, windowMs: windowMs() })}[${duration(windowMs())}]`
      const { series } = await api.query(promql, signal)
      const scrapes = series.map(({ samples }) => samples.at(-1)).filter((last) => last?.value === 1)
      const lastMs = Math.max(...scrapes.map((last) => last?.atMs ?? 0))
      if (lastMs <= (idleUpToMs.get(version) ?? 0)) continue
      idleUpToMs.set(version, lastMs)
      windows.add(version, lastMs, { requests: 0, errors: 0, totalMs: 0, latency: null })
    }
  }

  /** A scrape of many series is a large answer: it is not asked for again when there can hardly be a new one. */
  function isTooSoon(): boolean {
    const intervalMs = tracker.intervalMs()
    if (answeredMs === null || intervalMs === null || intervalMs < SLOW_SCRAPE_MS) return false
    return performance.now() - answeredMs < intervalMs / LOOKS_PER_SCRAPE
  }

  return async (now, signal) => {
    if (isTooSoon()) return []
    const told = versionsToTell(by, release())
    try {
      const { notes, warnings } = await look(signal)
      const expected = versionsOfRelease(release())
      return windows
        .take(now, expected, release().candidate)
        .map((sample) => noted(sample, sample.value === null ? notes : [], warnings))
    } catch (error) {
      return [...told, null].flatMap((version) => unknownWindowSamples(version, now, messageOf(error), signals))
    }
  }
}

function noted(sample: Sample, notes: readonly string[], warnings: readonly string[]): Sample {
  const detail = [sample.detail, ...notes, ...warnings].filter((text) => text !== undefined).join('; ')
  return detail === '' ? sample : { ...sample, detail }
}

function countersOf(
  questions: readonly Question[],
  answers: readonly Answer[],
): { counters: Counter[]; notes: string[] } {
  const total = answers.reduce((sum, { series }) => sum + series.length, 0)
  if (total > SERIES_MAX) throw new Error(`${total} series are too many to count with: narrow them by labels`)
  const counters: Counter[] = []
  const notes = new Set<string>()
  for (const [index, { series }] of answers.entries())
    for (const one of series) {
      const counter = questions[index]?.counterOf(one) ?? null
      if (counter === null) continue
      if (typeof counter === 'string') notes.add(counter)
      else counters.push(counter)
      if (one.samples.some(({ value }) => !Number.isFinite(value))) notes.add('a series has no number as its value')
    }
  return { counters, notes: [...notes].slice(0, NOTES_MAX) }
}

async function newTargets(
  tracker: CounterTracker,
  counters: readonly Counter[],
  ask: (promql: string) => Promise<Answer>,
): Promise<Set<string>> {
  const newcomers = tracker.newcomers(counters)
  if (!newcomers || newcomers.targets.size === 0) return new Set()
  const instances = counters.filter(({ target }) => newcomers.targets.has(target)).map(({ instance }) => instance)
  const promql = newcomersQuery(instances, GAP_MS_MAX)
  return promql === null ? new Set() : whollyNew(newcomers, (await ask(promql)).series)
}
