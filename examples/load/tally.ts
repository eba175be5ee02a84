// What a load run saw: every request is counted once, every failure is kept with its moment.
import type { Ending } from './connection.ts'

export interface LoadFailure {
  /** Milliseconds since the epoch, when the client knew. */
  at: number
  /** Status of a 5xx answer, or how the connection failed. */
  what: string
  version: string | null
  detail: string
}

export interface VersionLoad {
  answered: number
  /** 5xx answers. */
  failed: number
  /** Milliseconds since the epoch. */
  firstAt: number
  lastAt: number
}

export interface LoadResult {
  startedAt: number
  durationMs: number
  /** Requests that ended: answered or failed. */
  requests: number
  /** 5xx answers and requests that got no whole answer. */
  failed: number
  byStatus: Record<string, number>
  /** By the version header of the answer; answers without it stand under `?`. */
  byVersion: Record<string, VersionLoad>
  /** The first so many; `failed` counts all. */
  failures: LoadFailure[]
  lastFailureAt: number | null
  /** Response times, ms; from the moment the request was due, so that waiting behind a slow one is not hidden. */
  latencyMs: { p50: number; p95: number; p99: number; max: number }
  requestsPerSecond: number
}

const FAILURES_KEPT_MAX = 1000
/** Latencies are counted in steps of 0.1 ms up to 60 s. */
const STEP_MS = 0.1
const STEPS = 600_000

export class LoadTally {
  readonly #startedAt = Date.now()
  readonly #begun = performance.now()
  readonly #latencies = new Uint32Array(STEPS + 1)
  #requests = 0
  #failed = 0
  #maxMs = 0
  #lastFailureAt: number | null = null
  readonly #byStatus: Record<string, number> = {}
  readonly #byVersion: Record<string, VersionLoad> = {}
  readonly #failures: LoadFailure[] = []

  count(ending: Ending, elapsedMs: number): void {
    const at = Date.now()
    this.#requests++
    this.#maxMs = Math.max(this.#maxMs, elapsedMs)
    const step = Math.min(STEPS, Math.floor(elapsedMs / STEP_MS))
    this.#latencies[step] = (this.#latencies[step] ?? 0) + 1
    const what = 'failed' in ending ? ending.failed : String(ending.status)
    this.#byStatus[what] = (this.#byStatus[what] ?? 0) + 1
    const version = 'failed' in ending ? null : ending.version
    const failed = 'failed' in ending || ending.status >= 500
    if (!('failed' in ending)) this.#countVersion(version ?? '?', failed, at)
    if (!failed) return
    this.#failed++
    this.#lastFailureAt = at
    const detail = 'failed' in ending ? ending.detail : `status ${ending.status}`
    if (this.#failures.length < FAILURES_KEPT_MAX) this.#failures.push({ at, what, version, detail })
  }

  result(): LoadResult {
    const durationMs = performance.now() - this.#begun
    return {
      startedAt: this.#startedAt,
      durationMs,
      requests: this.#requests,
      failed: this.#failed,
      byStatus: { ...this.#byStatus },
      byVersion: structuredClone(this.#byVersion),
      failures: [...this.#failures],
      lastFailureAt: this.#lastFailureAt,
      latencyMs: { p50: this.#quantile(0.5), p95: this.#quantile(0.95), p99: this.#quantile(0.99), max: this.#maxMs },
      requestsPerSecond: (this.#requests * 1000) / durationMs,
    }
  }

  #countVersion(version: string, failed: boolean, at: number): void {
    const seen = (this.#byVersion[version] ??= { answered: 0, failed: 0, firstAt: at, lastAt: at })
    seen.answered++
    if (failed) seen.failed++
    seen.lastAt = at
  }

  #quantile(q: number): number {
    let seen = 0
    for (let step = 0; step <= STEPS; step++) {
      seen += this.#latencies[step] ?? 0
      if (seen > 0 && seen >= q * this.#requests) return (step + 1) * STEP_MS
    }
    return 0
  }
}
