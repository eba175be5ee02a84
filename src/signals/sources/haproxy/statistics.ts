// Where the statistics of HAProxy are read: from the runtime API or from the statistics page.
import { askRuntime, parseStatistics, RUNTIME_BYTES_MAX, STATISTICS } from '../../../lib/haproxy-runtime.ts'
import type { RuntimePlace, Statistics } from '../../../lib/haproxy-runtime.ts'
import { httpRequest } from '../../../lib/http-request.ts'

/** Exactly one of the three. */
export interface Place extends RuntimePlace {
  url?: string | undefined
}

/** @throws Error when HAProxy cannot be reached or what it says are no statistics. */
export async function readStatistics(place: Place, directory: string, signal: AbortSignal): Promise<Statistics> {
  if (place.url === undefined) return parseStatistics(await askRuntime(place, directory, STATISTICS, signal))
  const url = place.url.includes(';csv') ? place.url : `${place.url};csv`
  const { status, text } = await httpRequest({ url, bytesMax: RUNTIME_BYTES_MAX }, signal)
  if (status !== 200) throw new Error(`the statistics page answered ${status}`)
  return parseStatistics(text)
}
