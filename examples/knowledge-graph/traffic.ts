// Users of the graph for a demonstration: most read, some search, a few add what they know.
// node traffic.ts --url http://127.0.0.1:8080 --seconds 60 --rate 300
import { parseArgs } from 'node:util'
import { startLoad, type LoadOptions, type LoadProcess } from '../load/load.ts'
import type { LoadResult, VersionLoad } from '../load/tally.ts'

export interface TrafficOptions {
  /** Where clients reach the service. */
  url: string
  requestsPerSecond: number
  connections: number
  /** Without it, until it is stopped. */
  durationMs?: number
}

export interface TrafficResult {
  requests: number
  /** 5xx answers, and requests without a whole answer. */
  failed: number
  /** Milliseconds since the epoch; null when nothing failed. */
  lastFailureAt: number | null
  byVersion: Record<string, Pick<VersionLoad, 'answered' | 'failed'>>
  latencyMs: { p50: number; p95: number }
}

export interface Traffic {
  progress(): Promise<TrafficResult>
  /** Resolves when the duration is over. */
  finished: Promise<TrafficResult>
  stop(): Promise<TrafficResult>
}

interface Habit {
  /** Of all requests. */
  share: number
  request: Pick<LoadOptions, 'method' | 'body' | 'headers'> & { path: string }
}

const NEW_KNOWLEDGE = { sourceId: 11, targetId: 12, kind: 'knows', evidence: [{ source: 'visitor', weight: 0.01 }] }

const HABITS: readonly Habit[] = [
  { share: 0.4, request: { path: '/entities/7' } },
  { share: 0.2, request: { path: '/entities/7/relationships' } },
  { share: 0.37, request: { path: '/search?q=gar&limit=10' } },
  {
    share: 0.03,
    request: {
      path: '/relationships',
      method: 'POST',
      body: JSON.stringify(NEW_KNOWLEDGE),
      headers: { 'content-type': 'application/json' },
    },
  },
]

/** Starts the users, each habit in a process of its own; they end with this process. */
export function startTraffic(options: TrafficOptions): Traffic {
  const loads = HABITS.map(({ share, request: { path, ...request } }) =>
    startLoad({
      ...request,
      url: options.url.replace(/\/+$/, '') + path,
      requestsPerSecond: Math.max(1, options.requestsPerSecond * share),
      connections: Math.max(1, Math.round(options.connections * share)),
      durationMs: options.durationMs,
      versionHeader: 'x-version',
    }),
  )
  const sum = (results: (load: LoadProcess) => Promise<LoadResult>) => Promise.all(loads.map(results)).then(addUp)
  const finished = sum((load) => load.finished)
  // Who only asks for progress or stops it must not be brought down by a load process that ended badly.
  finished.catch(() => undefined)
  return {
    finished,
    progress: () => sum((load) => load.progress()),
    stop: () => sum((load) => load.stop()),
  }
}

/** Percentiles are those of the slowest habit. */
function addUp(results: readonly LoadResult[]): TrafficResult {
  const failures = results.map((result) => result.lastFailureAt).filter((at) => at !== null)
  const byVersion: TrafficResult['byVersion'] = {}
  for (const [version, load] of results.flatMap((result) => Object.entries(result.byVersion))) {
    const entry = (byVersion[version] ??= { answered: 0, failed: 0 })
    entry.answered += load.answered
    entry.failed += load.failed
  }
  return {
    requests: total(results.map((result) => result.requests)),
    failed: total(results.map((result) => result.failed)),
    lastFailureAt: failures.length === 0 ? null : Math.max(...failures),
    byVersion,
    latencyMs: {
      p50: Math.max(...results.map((result) => result.latencyMs.p50)),
      p95: Math.max(...results.map((result) => result.latencyMs.p95)),
    },
  }
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: process.env.SERVICE_URL ?? 'http://127.0.0.1:8080' },
      rate: { type: 'string', default: '300' },
      connections: { type: 'string', default: '30' },
      seconds: { type: 'string', default: '60' },
    },
  })
  const traffic = startTraffic({
    url: values.url,
    requestsPerSecond: Number(values.rate),
    connections: Number(values.connections),
    durationMs: Number(values.seconds) * 1000,
  })
  const result = await traffic.finished
  console.log(JSON.stringify(result, null, 2))
  process.exitCode = result.failed === 0 ? 0 : 1
}

if (import.meta.main) await main()
