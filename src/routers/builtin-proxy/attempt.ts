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
import { announceEnd } from './lingering.ts'
import type { ConnectionError, Upstream } from './upstream.ts'

/** What an attempt needs to know of its request. */
export interface AttemptOwner {
  response: ServerResponse
  /** The request has a body, which its client sends in its own time. */
  hasBody: boolean
  /** Most bytes of body that are passed on. */
  requestBytesMax: number
  /** Attempts that wait for the head of their answer. */
  deadlines: Deadlines
  /** Attempts that wait for more of an answer that has begun. */
  silences: Deadlines
  bodyTimeoutMs: number
  /** The response header that says who answered; a backend cannot say it. Null: none. */
  versionHeader: string | null
  /** Headers to add to the answer: name, value, ... */
  addedHeaders(version: string): string[]
  /** The backend has a connection for the request: its body may come. */
  attemptConnected(): void
  /** Asked about an answer that is an error: true when another version answers instead and nobody is to see this one. */
  takesOver(attempt: Attempt, status: number): boolean
  attemptFailed(attempt: Attempt, failure: Failure, error: Error): void
  bodyTooLarge(): void
  attemptEnded(): void
}

/** Bodies up to this size are copied once to save a system call's work. */
const JOINED_BYTES_MAX = 16_384
/** Of an answer nobody sees, more than this is not read to keep its connection. */
const UNSEEN_BYTES_MAX = 65_536

export class Attempt extends Expiring implements Dispatcher.DispatchHandler {
  readonly upstream: Upstream
  expiresAt: number
  readonly #timeoutMs: number
  readonly #owner: AttemptOwner
  readonly #tally: Tally
  /** It answers in place of another version, which the request has been counted for. */
  readonly #isSubstitute: boolean
  readonly #startedAt = performance.now()
  #sent = false
  #answering = false
  #relayed = false
  #timedOut = false
  /** Another version answers instead. */
  #unseen = false
  /** The client reads slower than the backend writes. */
  #paused = false
  #ended = false
  #clientGone = false
  #failedStatus = false
  #bodyBytes = 0
  #answerBytes = 0
  #waitsIn: Deadlines | null = null
  #lastByteAt = 0
  #abort: ((error?: Error) => void) | null = null
  #wholeBody: Buffer | null = null
  #bodyBytesDeclared = -1
  #resume: (() => void) | null = null

  constructor(owner: AttemptOwner, upstream: Upstream, tally: Tally, timeoutMs: number, isSubstitute: boolean) {
    super()
    this.#owner = owner
    this.upstream = upstream
    this.#tally = tally
    this.#isSubstitute = isSubstitute
    this.#timeoutMs = timeoutMs
    this.expiresAt = 0
    tally.inFlight++
    this.#wait(owner.deadlines, this.#startedAt + timeoutMs)
  }

  get version(): string {
    return this.upstream.backend.version
  }

  /** The client went away: no error of the version. */
  abandon(): void {
    this.#clientGone = true
    this.#stop(new Error('the client went away'))
  }

  /** The deadline for the head of the answer, or for its next byte, has passed. */
  expire(): void {
    this.#waitsIn = null
    if (this.#relayed) return this.#expireSilence()
    this.#timedOut = true
    this.#stop(new Error('no answer in time'))
  }

  onConnect(abort: (error?: Error) => void): void {
    if (this.#ended) return abort()
    this.#sent = true
    this.#abort = abort
    // While a body is on its way, it may be the client that is slow: that is for the public server to judge.
    if (!this.#owner.hasBody) return
    this.#waitNoMore()
    this.#owner.attemptConnected()
  }

  onRequestSent(): void {
    if (!this.#owner.hasBody || this.#relayed || this.#ended) return
    this.#wait(this.#owner.deadlines, performance.now() + this.#timeoutMs)
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
    this.#waitNoMore()
    this.#failedStatus = status >= 500
    if (this.#failedStatus) {
      this.upstream.breaker.answered(true, this.#startedAt)
      if (this.#owner.takesOver(this, status)) return this.#becomeUnseen()
    }
    this.#resume = resume
    const { response, versionHeader } = this.#owner
    const headers = responseHeaders(raw, versionHeader, this.#owner.addedHeaders(this.version))
    if (this.#owner.hasBody) announceEnd(response)
    response.writeHead(status, statusText, headers.list)
    this.#relayed = true
    this.#bodyBytesDeclared = headers.bodyBytes
    // An answer of unknown length may be long in coming: its head does not wait for it.
    if (headers.bodyBytes === -1) setImmediate(flushHead, response)
    this.#lastByteAt = performance.now()
    if (headers.isEventStream) response.socket?.setTimeout(0)
    else this.#wait(this.#owner.silences, this.#lastByteAt + this.#owner.bodyTimeoutMs)
    return true
  }

  onData(chunk: Buffer): boolean {
    if (this.#unseen) return this.#dropUnseen(chunk)
    const { response } = this.#owner
    if (chunk.length === this.#bodyBytesDeclared) {
      // The whole body at once: head and body go out in one write when the end comes, in this same turn.
      this.#wholeBody = chunk
      return true
    }
    this.#lastByteAt = performance.now()
    if (response.write(chunk)) return true
    this.#paused = true
    response.once('drain', () => {
      this.#paused = false
      this.#lastByteAt = performance.now()
      this.#resume?.()
    })
    return false
  }

  onComplete(): void {
    if (!this.#end() || this.#unseen) return
    if (!this.#failedStatus) this.upstream.breaker.answered(false, this.#startedAt)
    this.#count(this.#failedStatus)
    const { response } = this.#owner
    const body = this.#wholeBody
    if (!body) response.end()
    // As text Node puts head and body into one buffer and one plain write; a Buffer makes it two and a costlier writev.
    else if (body.length <= JOINED_BYTES_MAX) response.end(body.toString('latin1'), 'latin1')
    else response.end(body)
    this.#owner.attemptEnded()
  }

  onError(error: Error): void {
    if (!this.#end() || this.#unseen) return
    if (this.#clientGone) {
      this.#count(this.#failedStatus)
      return this.#owner.attemptEnded()
    }
    const trace = {
      sent: this.#sent,
      answering: this.#answering,
      relayed: this.#relayed,
      timedOut: this.#timedOut,
      bytesRead: (error as ConnectionError).bytesRead ?? 0,
      elapsedMs: performance.now() - this.#startedAt,
    }
    const failure = failureOf(trace, codeOf(error))
    if (!this.#failedStatus && (failure === 'broken' || failure === 'timed-out' || failure === 'cut'))
      this.upstream.breaker.answered(true, this.#startedAt)
    this.#owner.attemptFailed(this, failure, error)
  }

  /** Counts a failed attempt; what the owner tells apart is whether it speaks against the version. */
  countFailure(): void {
    this.#count(true)
  }

  countRetry(): void {
    this.#tally.retries++
  }

  #count(failed: boolean): void {
    if (!this.#isSubstitute) this.#tally.count(performance.now() - this.#startedAt, failed)
  }

  /** The answer of another version goes to the client; this one is counted now, read to its end and dropped. */
  #becomeUnseen(): boolean {
    this.#unseen = true
    this.countFailure()
    this.#tally.shielded++
    this.#tally.retries++
    this.#wait(this.#owner.deadlines, performance.now() + this.#timeoutMs)
    return true
  }

  #dropUnseen(chunk: Buffer): boolean {
    this.#answerBytes += chunk.length
    if (this.#answerBytes > UNSEEN_BYTES_MAX) this.#stop(new Error('too long for an answer that nobody sees'))
    return true
  }

  /** Silence counts from the last byte, and while it is the client that does not read, nothing is silent. */
  #expireSilence(): void {
    const now = performance.now()
    const since = this.#paused ? now : this.#lastByteAt
    const endsAt = since + this.#owner.bodyTimeoutMs
    if (endsAt > now) return this.#wait(this.#owner.silences, endsAt)
    this.#stop(new Error('the answer does not go on'))
  }

  #wait(list: Deadlines, until: number): void {
    this.expiresAt = until
    this.#waitsIn = list
    list.add(this)
  }

  #waitNoMore(): void {
    this.#waitsIn?.delete(this)
    this.#waitsIn = null
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
    this.#waitNoMore()
    return true
  }
}

function flushHead(response: ServerResponse): void {
  if (!response.writableEnded && !response.destroyed) response.flushHeaders()
}
