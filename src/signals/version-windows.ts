// Requests that come to light in portions (scrapes, exports), gathered per version until there is something to say of all of them.
import type { Histogram, Sample } from '../plan/signal.ts'
import { unknownWindowSamples, WINDOW_SIGNALS, windowSamples, type RequestWindow } from './window-samples.ts'
import type { WindowSignal } from './window-samples.ts'

/** What one portion adds to a version. */
export interface Portion {
  requests: number
  errors: number
  totalMs: number | null
  latency: Histogram | null
  /** Why there is no histogram, or what else a reader of the sample should know. */
  remark?: string
}

export interface VersionWindowsOptions {
  signals?: readonly WindowSignal[]
  /** Time from portion to portion, until two of them have told. */
  intervalMs: number
  /** What a portion is called: `scrape`, `export`. */
  word: string
  /** Milliseconds, monotonic. @default performance.now */
  clock?: () => number
}

export interface VersionWindows {
  /**
   * A portion that brings what is known of a version up to `upToMs`, in the source's own time. Null: what came before is
   * not known, so that counting starts here.
   */
  add(version: string, upToMs: number, portion: Portion | null): void
  /** The pace of the source is this. */
  pace(intervalMs: number): void
  /**
   * What came to light since the last time, or nothing where a version that is heard of still owes its portion: both
   * versions are told of in one look, about the same stretch as far as the source allows.
   * @param expected versions that should be heard of; unknown where they are not.
   * @param leading the version that is judged: what it did is told as soon as it is known, together with what came of the
   * others by then, and not when one of them has its next portion. Null: as soon as all have brought something.
   */
  take(at: number, expected: readonly string[], leading?: string | null): Sample[]
}

interface Heard {
  /** By our clock: when the last portion came. */
  heardMs: number
  /** The last portion that came, in the source's time. */
  upToMs: number
  /** Up to here it has been told. */
  toldUpToMs: number
  /** Null: nothing to compare with yet, which has to be said. */
  pending: RequestWindow | null
  remark: string | undefined
  advanced: boolean
  /** A portion came since the last look. */
  isFresh: boolean
}

/** So many missing portions are silence. */
const SILENT_INTERVALS = 3
const SILENT_MS_MIN = 1000
/** A portion that is later than this does not come: what there is is told. */
const WAITED_INTERVALS = 1.25
/** A version that was silent for longer has left: the service is what the others are. */
const GONE_MS = 300_000
const VERSIONS_MAX = 32

/** A gatherer that has heard of nothing yet. */
export function createVersionWindows(options: VersionWindowsOptions): VersionWindows {
  const { signals = WINDOW_SIGNALS, word, clock = () => performance.now() } = options
  const versions = new Map<string, Heard>()
  let intervalMs = options.intervalMs
  let unsoundSinceMs: number | null = null

  const silentMs = (): number => Math.max(SILENT_MS_MIN, SILENT_INTERVALS * intervalMs)

  function add(version: string, upToMs: number, portion: Portion | null): void {
    const known = versions.get(version)
    const heard: Heard = known ?? {
      heardMs: 0,
      upToMs,
      toldUpToMs: upToMs,
      pending: null,
      remark: undefined,
      advanced: false,
      isFresh: false,
    }
    if (!known && versions.size >= VERSIONS_MAX) return
    versions.set(version, heard)
    heard.heardMs = clock()
    heard.upToMs = Math.max(heard.upToMs, upToMs)
    heard.advanced = true
    heard.isFresh = true
    if (portion) {
      heard.pending = heard.pending ? sum(heard.pending, portion) : { ...portion, inFlight: 0 }
      heard.remark = portion.remark ?? heard.remark
    } else if (!heard.pending) heard.toldUpToMs = heard.upToMs
  }

  function take(at: number, expected: readonly string[], leading: string | null = null): Sample[] {
    const nowMs = clock()
    const isHeld = isWaitedFor(leading, nowMs)
    for (const heard of versions.values()) heard.isFresh = false
    const samples: Sample[] = []
    const live: [string, Heard][] = []
    let silence: string | null = null
    for (const [version, heard] of versions) {
      const silentForMs = nowMs - heard.heardMs
      if (silentForMs > GONE_MS && !expected.includes(version)) versions.delete(version)
      else if (silentForMs <= silentMs()) live.push([version, heard])
      else {
        const detail = `no new ${word} for ${Math.round(silentForMs / 1000)} s`
        samples.push(...unknownWindowSamples(version, at, detail, signals))
        if (silentForMs <= GONE_MS) silence = `${version}: ${detail}`
      }
    }
    for (const version of expected)
      if (!versions.has(version))
        samples.push(...unknownWindowSamples(version, at, `nothing was counted of ${version}`, signals))
    if (live.length === 0)
      return [...samples, ...unknownWindowSamples(null, at, silence ?? 'nothing was counted', signals)]
    if (!live.every(([, heard]) => heard.advanced && isSound(heard))) {
      const unsound = live.find(([, heard]) => !isSound(heard))
      // What does not fit is given the chance to fit with the next portion; what never does is said.
      if (!unsound || nowMs - (unsoundSinceMs ??= nowMs) <= silentMs()) return samples
    }
    if (isHeld) return samples
    unsoundSinceMs = null
    return [...samples, ...told(live, at, silence)]
  }

  /**
   * Portions come at moments of their own. Told at those of the other version, those of the leading one would be late by
   * most of an interval, every time; its next portion is waited for once, and from then on it is told at its own.
   */
  function isWaitedFor(leading: string | null, nowMs: number): boolean {
    const heard = leading === null ? undefined : versions.get(leading)
    return heard?.pending != null && !heard.isFresh && nowMs - heard.heardMs <= WAITED_INTERVALS * intervalMs
  }

  function told(live: [string, Heard][], at: number, silence: string | null): Sample[] {
    const samples = live.flatMap(([version, heard]) => samplesOf(version, heard, elapsed(heard), at))
    const whole = live.map(([, heard]) => heard)
    const total = silence === null ? whole.map(({ pending }) => pending).reduce(addUp) : null
    const elapsedMs = Math.max(...whole.map(elapsed))
    if (total && whole.every(isSound)) {
      const remark = whole.find((heard) => heard.remark)?.remark
      samples.push(...remarked(windowSamples({ version: null, at, elapsedMs }, total, signals), remark))
    } else samples.push(...unknownWindowSamples(null, at, silence ?? 'the versions cannot be added up', signals))
    for (const [, heard] of live) {
      heard.toldUpToMs = heard.upToMs
      heard.pending = null
      heard.remark = undefined
      heard.advanced = false
    }
    return samples
  }

  function samplesOf(version: string, heard: Heard, elapsedMs: number, at: number): Sample[] {
    const { pending, remark } = heard
    if (!pending) return unknownWindowSamples(version, at, `first ${word}: nothing to compare with`, signals)
    if (!isSound(heard)) {
      const detail = `${pending.errors} errors in ${pending.requests} requests: the two are not counted alike`
      return unknownWindowSamples(version, at, detail, signals)
    }
    return remarked(windowSamples({ version, at, elapsedMs }, pending, signals), remark)
  }

  return { add, take, pace: (learnedMs) => (intervalMs = learnedMs) }
}

function elapsed(heard: Heard): number {
  return heard.upToMs - heard.toldUpToMs
}

/** Counters of requests and of errors that are read a moment apart may disagree. */
function isSound({ pending }: Heard): boolean {
  return !pending || pending.errors <= pending.requests
}

function remarked(samples: Sample[], remark: string | undefined): Sample[] {
  return remark === undefined ? samples : samples.map((sample) => ({ ...sample, detail: remark }))
}

function addUp(a: RequestWindow | null, b: RequestWindow | null): RequestWindow | null {
  return a && b && sum(a, b)
}

function sum(a: RequestWindow, b: Portion | RequestWindow): RequestWindow {
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    totalMs: a.totalMs === null || b.totalMs === null ? null : a.totalMs + b.totalMs,
    latency: sumOfLatencies(a, b),
    inFlight: 0,
  }
}

/** Who answered nothing needs no histogram. */
function sumOfLatencies(a: RequestWindow, b: Portion | RequestWindow): Histogram | null {
  if (a.latency && b.latency) return addHistograms(a.latency, b.latency)
  if (a.requests === 0 && a.latency === null) return b.latency
  return b.requests === 0 && b.latency === null ? a.latency : null
}

/** Bucket by bucket; null where the buckets differ. One in which nothing was counted adds nothing, whatever its buckets. */
export function addHistograms(a: Histogram, b: Histogram): Histogram | null {
  if (a.boundsMs.join() === b.boundsMs.join())
    return { boundsMs: a.boundsMs, counts: a.counts.map((count, bucket) => count + (b.counts[bucket] ?? 0)) }
  if (isEmpty(b)) return a
  return isEmpty(a) ? b : null
}

function isEmpty({ counts }: Histogram): boolean {
  return counts.every((count) => count === 0)
}
