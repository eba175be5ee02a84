// What a load run saw, in constant memory: counts, and response times in histograms whose error is a thousandth.
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import type { Ending, Failure } from './client.ts'

/** A day, in microseconds: longer than any request may take. */
const HIGHEST_MICROS = 86_400_000_000

export interface Tally {
  /** From the moment a request was due: what its sender waited, whoever held it up. Microseconds. */
  response: RecordableHistogram
  /** From the moment it was sent. Microseconds. */
  service: RecordableHistogram
  /** Requests that ended: answered or failed. */
  ended: number
  /** Answers by HTTP status. */
  byStatus: Record<number, number>
  byFailure: Partial<Record<Failure, number>>
  /** In the system's words, of each failure the first. */
  details: Partial<Record<Failure, string>>
  /** Answers with a status that counts as good. */
  good: number
  /** Of the good ones those that came in the time that is measured. */
  goodInTime: number
  /** Sent later than they were due by more than is tolerated. */
  late: number
  /** Never sent: no connection was free until they were as old as a request may get. */
  unsent: number
  /** The longest that a request waited for its sending, milliseconds. */
  latestMs: number
  /** Of its time what the busiest thread worked, 0 to 1: near 1 it was itself what held the load back. */
  utilization: number
}

export function newTally(): Tally {
  const histogram = () => createHistogram({ lowest: 1, highest: HIGHEST_MICROS, figures: 3 })
  const counts = { ended: 0, good: 0, goodInTime: 0, late: 0, unsent: 0, latestMs: 0, utilization: 0 }
  return { response: histogram(), service: histogram(), byStatus: {}, byFailure: {}, details: {}, ...counts }
}

/** Counts a request that ended. Quick refusals are no response times; what ran out of time took at least that long. */
export function countEnding(tally: Tally, ending: Ending, responseMs: number, serviceMs: number): void {
  tally.ended++
  if ('status' in ending) tally.byStatus[ending.status] = (tally.byStatus[ending.status] ?? 0) + 1
  else {
    const { failure, detail } = ending
    tally.byFailure[failure] = (tally.byFailure[failure] ?? 0) + 1
    tally.details[failure] ??= detail
    if (failure !== 'timed-out') return
  }
  tally.response.record(Math.max(1, Math.round(responseMs * 1000)))
  tally.service.record(Math.max(1, Math.round(serviceMs * 1000)))
}

/** Adds what another thread saw. */
export function addTally(sum: Tally, other: Tally): void {
  sum.response.add(other.response)
  sum.service.add(other.service)
  for (const name of ['ended', 'good', 'goodInTime', 'late', 'unsent'] as const) sum[name] += other[name]
  for (const name of ['latestMs', 'utilization'] as const) sum[name] = Math.max(sum[name], other[name])
  for (const [status, count] of Object.entries(other.byStatus))
    sum.byStatus[Number(status)] = (sum.byStatus[Number(status)] ?? 0) + count
  for (const [name, count] of Object.entries(other.byFailure) as [Failure, number][]) {
    sum.byFailure[name] = (sum.byFailure[name] ?? 0) + count
    sum.details[name] ??= other.details[name]
  }
}
