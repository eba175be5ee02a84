// Copies of requests for a version that has no traffic of its own yet: what it answers is counted and dropped.
// The client's request neither waits for its copy nor notices when it fails.
import type { IncomingMessage } from 'node:http'
import type { Dispatcher } from 'undici'
import type { Tally } from './counting.ts'
import { Expiring } from './deadlines.ts'
import type { Deadlines } from './deadlines.ts'
import type { Proxy } from './proxy.ts'

/** A copied answer is read to this size, then cut off; it counts as it was until then. */
const ANSWER_BYTES_MAX = 16 << 20

export class Mirroring {
  readonly #proxy: Proxy
  #underWay = 0

  constructor(proxy: Proxy) {
    this.#proxy = proxy
  }

  /**
   * Sends a copy of a request without a body where the table has one sent, unless `version`, which gets the request itself, is the one.
   * @param headers Those to send: name, value, ...
   */
  copy({ method, url = '/' }: IncomingMessage, headers: string[], version: string): void {
    const { routing, settings, tallies, deadlines } = this.#proxy
    const mirror = routing.table?.mirror
    if (!mirror || mirror.version === version || Math.random() * 100 >= mirror.percent) return
    if (method !== 'GET' && method !== 'HEAD') return
    if (this.#underWay >= settings.mirrorRequestsMax) return
    const tally = tallies.of(mirror.version)
    const upstream = routing.next(mirror.version, [])
    if (!upstream) return tally.count(0, true)
    this.#underWay++
    const copy = new Copy(tally, deadlines, settings.requestTimeoutMs, () => this.#underWay--)
    upstream.pool.dispatch({ path: url, method, headers }, copy)
  }
}

class Copy extends Expiring implements Dispatcher.DispatchHandler {
  readonly expiresAt: number
  readonly #tally: Tally
  readonly #deadlines: Deadlines
  readonly #ended: () => void
  readonly #startedAt = performance.now()
  #abort: ((error?: Error) => void) | null = null
  #status = 0
  #bytes = 0
  #open = true

  constructor(tally: Tally, deadlines: Deadlines, timeoutMs: number, ended: () => void) {
    super()
    this.#tally = tally
    this.#deadlines = deadlines
    this.#ended = ended
    this.expiresAt = this.#startedAt + timeoutMs
    tally.inFlight++
    deadlines.add(this)
  }

  expire(): void {
    this.#stop()
  }

  onConnect(abort: (error?: Error) => void): void {
    if (this.#open) this.#abort = abort
    else abort()
  }

  onHeaders(status: number): boolean {
    this.#status = status
    return true
  }

  onData(chunk: Buffer): boolean {
    this.#bytes += chunk.length
    if (this.#bytes > ANSWER_BYTES_MAX) this.#stop()
    return true
  }

  onComplete(): void {
    this.#end()
  }

  onError(): void {
    this.#end()
  }

  #stop(): void {
    const abort = this.#abort
    this.#end()
    abort?.(new Error('a copy that takes too long'))
  }

  #end(): void {
    if (!this.#open) return
    this.#open = false
    this.#deadlines.delete(this)
    this.#tally.inFlight--
    this.#tally.count(performance.now() - this.#startedAt, this.#status < 200 || this.#status >= 500)
    this.#ended()
  }
}
