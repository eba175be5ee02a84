// One attempt to have a request answered by one backend: its answer is streamed to the client as it comes.
// 1xx answers and trailers are not passed on.
// The handler speaks undici's raw interface: the documented one builds objects of the headers, a tenth of the whole cost.
import type { ServerResponse } from 'node:http'
import type { Dispatcher } from 'undici'
import { codeOf } from '../../lib/errors.ts'
import type { Tally } from './counting.ts'
import { Expiring } from './deadlines.ts'
import type { Deadlines } from './deadlines.ts'
import { failureOf } from './failing.ts'
import type { Failure } from './failing.ts'
import { responseHeaders } from './headers.ts'
import type { ConnectionError, Upstream } from './upstream.ts'

/** What an attempt needs to know of its request. */
export interface AttemptOwner {
  response: ServerResponse
  /** The request has a body, which its client sends in its own time. */
  hasBody: boolean
  /** Most bytes of body that are passed on. */
  requestBytesMax: number
  deadlines: Deadlines
  /** Headers to add to the answer: name, value, ... */
  addedHeaders(version: string): string[]
  attemptFailed(attempt: Attempt, failure: Failure, error: Error): void
  bodyTooLarge(): void
  attemptEnded(): void
}

/** Bodies up to this size are copied once to save a system call's work. */
const JOINED_BYTES_MAX = 16_384

export class Attempt extends Expiring implements Dispatcher.DispatchHandler {
  readonly upstream: Upstream
  expiresAt: number
  readonly #timeoutMs: number
  readonly #owner: AttemptOwner
  readonly #tally: Tally
  readonly #startedAt = performance.now()
  #sent = false
  #answering = false
  #relayed = false
  #timedOut = false
  #ended = false
  #clientGone = false
  #failedStatus = false
  #bodyBytes = 0
  #abort: ((error?: Error) => void) | null = null
  #wholeBody: Buffer | null = null
  #bodyBytesDeclared = -1
  #resume: (() => void) | null = null

  constructor(owner: AttemptOwner, upstream: Upstream, tally: Tally, timeoutMs: number) {
    super()
    this.#owner = owner
    this.upstream = upstream
    this.#tally = tally
    this.#timeoutMs = timeoutMs
    this.expiresAt = this.#startedAt + timeoutMs
    tally.inFlight++
    owner.deadlines.add(this)
  }

  get version(): string {
    return this.upstream.backend.version
  }

  /** The client went away: no error of the version. */
  abandon(): void {
    this.#clientGone = true
    this.#stop(new Error('the client went away'))
  }

  /** The deadline for the head of the answer has passed. */
  expire(): void {
    this.#timedOut = true
    this.#stop(new Error('no answer in time'))
  }

  onConnect(abort: (error?: Error) => void): void {
    if (this.#ended) return abort()
    this.#sent = true
    this.#abort = abort
    // While a body is on its way, it may be the client that is slow: that is for the public server to judge.
    if (this.#owner.hasBody) this.#owner.deadlines.delete(this)
  }

  onRequestSent(): void {
    if (!this.#owner.hasBody || this.#relayed || this.#ended) return
    this.expiresAt = performance.now() + this.#timeoutMs
    this.#owner.deadlines.add(this)
  }

  onResponseStarted(): void {
    this.#answering = true
  }

  onBodySent(chunk: unknown): void {
    this.#bodyBytes += (chunk as Buffer).length
    if (this.#bodyBytes > this.#owner.requestBytesMax) this.#owner.bodyTooLarge()
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void, statusText: string): boolean {
    // 1xx are for this connection only.
    if (status < 200) return true
    this.#owner.deadlines.delete(this)
    this.#failedStatus = status >= 500
    this.#resume = resume
    const headers = responseHeaders(raw, this.#owner.addedHeaders(this.version))
    this.#bodyBytesDeclared = declaredBytes(headers)
    this.#owner.response.writeHead(status, statusText, headers)
    this.#relayed = true
    return true
  }

  onData(chunk: Buffer): boolean {
    const { response } = this.#owner
    if (chunk.length === this.#bodyBytesDeclared) {
      // The whole body at once: head and body go out in one write when the end comes, in this same turn.
      this.#wholeBody = chunk
      return true
    }
    if (response.write(chunk)) return true
    response.once('drain', () => this.#resume?.())
    return false
  }

  onComplete(): void {
    if (!this.#end()) return
    this.#tally.count(performance.now() - this.#startedAt, this.#failedStatus)
    const { response } = this.#owner
    const body = this.#wholeBody
    if (!body) response.end()
    // As text Node puts head and body into one buffer and one plain write; a Buffer makes it two and a costlier writev.
    else if (body.length <= JOINED_BYTES_MAX) response.end(body.toString('latin1'), 'latin1')
    else response.end(body)
    this.#owner.attemptEnded()
  }

  onError(error: Error): void {
    if (!this.#end()) return
    const elapsedMs = performance.now() - this.#startedAt
    if (this.#clientGone) {
      this.#tally.count(elapsedMs, this.#failedStatus)
      return this.#owner.attemptEnded()
    }
    const trace = {
      sent: this.#sent,
      answering: this.#answering,
      relayed: this.#relayed,
      timedOut: this.#timedOut,
      bytesRead: (error as ConnectionError).bytesRead ?? 0,
      elapsedMs,
    }
    this.#owner.attemptFailed(this, failureOf(trace, codeOf(error)), error)
  }

  /** Counts a failed attempt; what the owner tells apart is whether it speaks against the version. */
  countFailure(): void {
    this.#tally.count(performance.now() - this.#startedAt, true)
  }

  countRetry(): void {
    this.#tally.retries++
  }

  #stop(reason: Error): void {
    if (this.#ended) return
    if (this.#abort) this.#abort(reason)
    // Still waiting for a connection: ended now, and `onConnect` will find it so.
    else this.onError(reason)
  }

  #end(): boolean {
    if (this.#ended) return false
    this.#ended = true
    this.#tally.inFlight--
    this.#owner.deadlines.delete(this)
    return true
  }
}

function declaredBytes(headers: readonly string[]): number {
  for (let i = 0; i < headers.length; i += 2)
    if (headers[i]?.length === 14 && headers[i]?.toLowerCase() === 'content-length') return Number(headers[i + 1])
  return -1
}
