// One request of a client, from choosing its version to the end of its answer, over as many attempts as it may take.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Dispatcher } from 'undici'
import { messageOf } from '../../lib/errors.ts'
import { Attempt } from './attempt.ts'
import type { AttemptOwner } from './attempt.ts'
import { chooseFor } from './choice.ts'
import type { Choice } from './choice.ts'
import { cookieFor } from './client-cookie.ts'
import { Expiring } from './deadlines.ts'
import type { Deadlines } from './deadlines.ts'
import { mayRetry } from './failing.ts'
import type { Failure } from './failing.ts'
import type { ForwardHead } from './headers.ts'
import { forwardHead } from './headers.ts'
import type { Proxy } from './proxy.ts'
import type { Upstream } from './upstream.ts'

export class Exchange extends Expiring implements AttemptOwner {
  readonly response: ServerResponse
  readonly hasBody: boolean
  readonly requestBytesMax: number
  readonly deadlines: Deadlines
  readonly expiresAt: number
  readonly #proxy: Proxy
  readonly #request: IncomingMessage
  readonly #head: ForwardHead
  readonly #tried: Upstream[] = []
  #attempt: Attempt | null = null
  #choice: Choice | null = null
  #attempts = 0

  constructor(proxy: Proxy, request: IncomingMessage, response: ServerResponse) {
    super()
    this.#proxy = proxy
    this.#request = request
    this.response = response
    this.requestBytesMax = proxy.settings.requestBytesMax
    this.deadlines = proxy.deadlines
    this.expiresAt = performance.now() + proxy.settings.holdMsMax
    this.#head = forwardHead(request, proxy.settings)
    this.hasBody = this.#head.hasBody
    response.on('close', () => {
      if (!response.writableFinished) this.#clientWentAway()
    })
  }

  /** Sends the request on its way, or has it wait while the proxy holds. */
  start(): void {
    const { routing, settings, held } = this.#proxy
    if (this.#head.problem) return this.answer(400, this.#head.problem)
    if ((this.#head.bodyBytes ?? 0) > this.requestBytesMax) return this.bodyTooLarge()
    if (!routing.table) return this.answer(503, 'the router has no routing table yet')
    if (!routing.table.hold) return this.release()
    if (held.size >= settings.holdRequestsMax) return this.answer(503, 'too many requests are held')
    held.add(this)
  }

  /** Chooses the version and makes the first attempt. */
  release(): void {
    const { routing, settings } = this.#proxy
    const choice = chooseFor(this.#head, routing, settings)
    if (!choice) return this.answer(503, `no version ${this.#head.preview} is routed here`)
    this.#choice = choice
    const { version } = choice
    const stable = routing.table?.stable ?? version
    const healthy = routing.next(version, [])
    if (healthy) return this.#try(healthy)
    if (choice.previewed || version === stable) return this.#tryOrGiveUp(routing.any(version, []), version)
    // A version whose backends are all out failed this request as much as one that breaks the connection.
    const tally = this.#proxy.tallies.of(version)
    tally.count(0, true)
    tally.retries++
    this.#tryOrGiveUp(routing.next(stable, []) ?? routing.any(stable, []), stable)
  }

  /** Held for too long. */
  expire(): void {
    this.answer(503, 'held for too long')
  }

  addedHeaders(version: string): string[] {
    const { previewHeader, stickyCookie } = this.#proxy.settings
    const added = previewHeader === null ? [] : [previewHeader, version]
    const id = this.#choice?.newClientId
    if (id && stickyCookie !== null) added.push('set-cookie', cookieFor(stickyCookie, id))
    return added
  }

  attemptFailed(attempt: Attempt, failure: Failure, error: Error): void {
    this.#attempt = null
    if (failure === 'bad-request') return this.answer(400, messageOf(error))
    if (failure === 'unreachable' || failure === 'broken') attempt.upstream.eject()
    const next = this.#mayTryAgain(failure) ? this.#nextUpstream(attempt, failure) : null
    // A connection that closed while idle says nothing against the version when the version gets to answer after all.
    const innocent = failure === 'stale' && next?.backend.version === attempt.version
    if (!innocent) attempt.countFailure()
    if (next) {
      attempt.countRetry()
      return this.#try(next)
    }
    this.#proxy.log(`${attempt.upstream.backend.id}: ${failure}: ${messageOf(error)}`)
    if (failure === 'cut') this.response.destroy()
    else this.answer(failure === 'timed-out' ? 504 : 502, `${attempt.version} did not answer (${failure})`)
  }

  bodyTooLarge(): void {
    this.answer(413, `the body is larger than ${this.requestBytesMax} bytes`)
    this.#attempt?.abandon()
  }

  attemptEnded(): void {
    this.#attempt = null
  }

  /** An answer of the proxy itself. */
  answer(status: number, why: string): void {
    const { response } = this
    if (response.destroyed) return
    if (response.headersSent) {
      response.destroy()
      return
    }
    const body = `gonogo router: ${why}\n`
    const headers: Record<string, string | number> = {
      'content-type': 'text/plain; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    }
    if (status === 503) headers['retry-after'] = 1
    // What is left of an unread body must not be taken for the next request.
    if (this.hasBody) headers['connection'] = 'close'
    response.writeHead(status, headers)
    response.end(body)
  }

  #mayTryAgain(failure: Failure): boolean {
    const { retry } = this.#proxy.settings
    const repeatable = !this.hasBody && (retry.methods as string[]).includes(this.#request.method ?? '')
    return mayRetry(failure, repeatable) && this.#attempts < retry.attemptsMax && !this.response.destroyed
  }

  /** Another backend of the same version first, then stable; who asked for one version gets that one or none. */
  #nextUpstream(failed: Attempt, failure: Failure): Upstream | null {
    const { routing } = this.#proxy
    const sibling = routing.next(failed.version, this.#tried)
    if (sibling) return sibling
    // Only a connection was stale, not the backend.
    if (failure === 'stale' && routing.upstreams().includes(failed.upstream)) return failed.upstream
    const stable = routing.table?.stable
    if (this.#choice?.previewed || stable === undefined || stable === failed.version) return null
    return routing.next(stable, this.#tried) ?? routing.any(stable, this.#tried)
  }

  #tryOrGiveUp(upstream: Upstream | null, version: string): void {
    if (upstream) this.#try(upstream)
    else this.answer(502, `${version} has no backend`)
  }

  #try(upstream: Upstream): void {
    this.#attempts++
    this.#tried.push(upstream)
    const { tallies, settings } = this.#proxy
    const attempt = new Attempt(this, upstream, tallies.of(upstream.backend.version), settings.requestTimeoutMs)
    this.#attempt = attempt
    upstream.pool.dispatch(
      {
        path: this.#request.url ?? '/',
        method: this.#request.method as Dispatcher.HttpMethod,
        headers: this.#head.headers,
        body: this.hasBody ? this.#request : null,
      },
      attempt,
    )
  }

  #clientWentAway(): void {
    this.#proxy.held.delete(this)
    this.#attempt?.abandon()
  }
}
