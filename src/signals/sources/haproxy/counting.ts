// Requests of HAProxy's servers and backends: what its counters mean, and what happened between two looks. Pure.
import type { Row, Statistics } from '../../../lib/haproxy-runtime.ts'
import type { RequestWindow } from '../../window-samples.ts'

/** Cumulative since the process began. */
export interface Counters {
  requests: number
  errors: number
  retries: number
}

/** Counters of every server and backend, by `keyOf`. */
export interface Look {
  process: string | null
  counters: ReadonlyMap<string, Counters>
}

/** A window, and how many attempts were made again because one had failed. */
export interface RetryWindow extends RequestWindow {
  retries: number
}

function keyOf({ backend, server }: Row): string {
  return `${backend}/${server ?? ''}`
}

export function lookOf({ process, rows }: Statistics): Look {
  return { process, counters: new Map(rows.map((row) => [keyOf(row), countersOf(row)])) }
}

/**
 * The counters of one row. A server counts answers it gave; one that broke off or was late is in `eresp`, one that could
 * not be reached in `econ`. A backend counts what the client got, HAProxy's own 502, 503 and 504 among it. 1xx are no
 * answers, and requests whose client went away are in none of these.
 */
function countersOf(row: Row): Counters {
  const sum = (...columns: string[]): number =>
    columns.reduce((total, column) => total + Math.max(0, row.number(column) ?? 0), 0)
  const retries = sum('wretr', 'wredis')
  const broken = sum('econ', 'eresp')
  // TCP: connections, each attempt counted; what became of them is not known beyond being connected.
  if (!row.isHttp)
    return row.server === null
      ? { requests: sum('stot'), errors: broken, retries }
      : { requests: sum('stot') - sum('wretr'), errors: broken, retries }
  const good = sum('hrsp_2xx', 'hrsp_3xx', 'hrsp_4xx')
  if (row.server === null) return { requests: good + sum('hrsp_5xx'), errors: sum('hrsp_5xx'), retries }
  const errors = sum('hrsp_5xx', 'hrsp_other') + broken
  return { requests: good + errors, errors, retries }
}

/** What these rows did between two looks, added up; null when that cannot be told: another process, or a counter that went down. */
export function windowOfRows(rows: readonly Row[], before: Look, after: Look): RetryWindow | null {
  if (before.process !== after.process) return null
  const window: RetryWindow = { requests: 0, errors: 0, retries: 0, totalMs: null, latency: null, inFlight: 0 }
  for (const row of rows) {
    const now = after.counters.get(keyOf(row))
    // A server that was added at run time counts from zero.
    const then = before.counters.get(keyOf(row)) ?? { requests: 0, errors: 0, retries: 0 }
    if (!now || now.requests < then.requests || now.errors < then.errors || now.retries < then.retries) return null
    window.requests += now.requests - then.requests
    window.errors += now.errors - then.errors
    window.retries += now.retries - then.retries
    // A backend's own sessions are those of its servers.
    window.inFlight += Math.max(0, row.number('scur') ?? 0)
  }
  return window
}

/** Mean of the rows' response times, each HAProxy's own mean of its last 1024 requests, by how much each of them served. */
export function responseTimeOfRows(rows: readonly Row[], before: Look, after: Look): number | null {
  let requests = 0
  let totalMs = 0
  for (const row of rows) {
    const served = windowOfRows([row], before, after)?.requests ?? 0
    const meanMs = row.number('ttime')
    if (served === 0 || meanMs === null) continue
    requests += served
    totalMs += served * meanMs
  }
  return requests === 0 ? null : totalMs / requests
}

/** 1 when every server that is meant to serve is up, 0 when one is not; null with the reason where nobody looks. */
export function healthOfRows(rows: readonly Row[]): { value: number | null; detail?: string } {
  // Taken out by somebody is not ill.
  const serving = rows.filter(({ status }) => !/^(?:MAINT|DRAIN|NOLB)/.test(status))
  const down = serving.filter(({ status }) => status.startsWith('DOWN'))
  if (down.length > 0) return { value: 0, detail: down.map((row) => `${row.server} is ${row.status}`).join('; ') }
  if (serving.length === 0) return { value: null, detail: 'no server in service' }
  const unchecked = serving.filter(({ status }) => !status.startsWith('UP'))
  return unchecked.length > 0
    ? { value: null, detail: `HAProxy does not check ${unchecked.map((row) => row.server).join(', ')}` }
    : { value: 1 }
}
