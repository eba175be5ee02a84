// One request of a client, from choosing its version to the end of its answer, over as many attempts as it may take.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Dispatcher } from 'undici'
import { messageOf } from '../../lib/errors.ts'
import { Attempt } from './attempt.ts'
import type { AttemptOwner } from './attempt.ts'
import { chooseFor } from './choice.ts'
import type { Choice } from './choice.ts'
import { cookieFor } from './client-cookie.ts'
import { closedAnswer } from './closed-page.ts'
import { Expiring } from './deadlines.ts'
import type { Deadlines } from './deadlines.ts'
import { mayRetry } from './failing.ts'
import type { Failure } from './failing.ts'
import type { ForwardHead } from './headers.ts'
import { forwardHead } from './headers.ts'
import { announceEnd, endLingering } from './lingering.ts'
import type { Proxy } from './proxy.ts'
import type { Upstream } from './upstream.ts'

/** Connections that end with the answer under way: requests that are on them already get none. */
const condemned = new WeakSet<Socket>()

export class Exchange extends Expiring implements AttemptOwner {
  readonly response: ServerResponse
  readonly hasBody: boolean
  readonly requestBytesMax: number
  readonly deadlines: Deadlines
  readonly silences: Deadlines
  readonly bodyTimeoutMs: number
  readonly versionHeader: string | null
  readonly expiresAt: number
  readonly #startedAt = performance.now()
  readonly #proxy: Proxy
  readonly #request: IncomingMessage
  readonly #head: ForwardHead
  readonly #tried: Upstream[] = []
  #attempt: Attempt | null = null
  #choice: Choice | null = null
  #attempts = 0
  /** Stable answers in place of another version. */
  #substituted = false
  /** The client waits for `100 Continue` before it sends its body. */
  #awaitsContinue: boolean

  /** @param awaitsContinue The client sends its body when it is told to, and not before. */
  constructor(proxy: Proxy, request: IncomingMessage, response: ServerResponse, awaitsContinue = false) {
    super()
    this.#proxy = proxy
    this.#request = request
    this.response = response
    this.requestBytesMax = proxy.settings.requestBytesMax
    this.bodyTimeoutMs = proxy.settings.bodyTimeoutMs
    this.versionHeader = proxy.settings.previewHeader
    this.deadlines = proxy.deadlines
    this.silences = proxy.silences
    this.expiresAt = this.#startedAt + proxy.settings.holdMsMax
    this.#awaitsContinue = awaitsContinue
    this.#head = forwardHead(request, proxy.settings)
    this.hasBody = this.#head.hasBody
    const { socket } = request
    if (this.hasBody)
      // Before Node's own, which closes the connection.
      response.prependOnceListener('finish', () => {
        // Answered before the body is here: the rest of it is not wanted, and not to be taken for the next request.
        if (!request.complete) endLingering(socket)
      })
    response.on('close', () => {
      if (!response.writableFinished) this.#clientWentAway()
    })
  }

  /** Sends the request on its way, or has it wait while the proxy holds. */
  start(): void {
    const { routing, settings, held } = this.#proxy
    if (condemned.has(this.#request.socket)) return
    if (this.#request.rawHeaders.length > 2 * settings.headersMax) return this.#condemn(431, 'too many headers')
    if (this.#head.problem) return this.#condemn(400, this.#head.problem)
    if ((this.#head.bodyBytes ?? 0) > this.requestBytesMax) return this.bodyTooLarge()
    if (!routing.table) return this.answer(503, 'the router has no routing table yet')
    if (!routing.table.hold || routing.table.closed !== undefined || this.#alwaysPasses()) return this.release()
    if (held.size >= settings.holdRequestsMax) return this.answer(503, 'too many requests are held')
    held.add(this)
  }

  /** Refuses a request that is not to be trusted, and whatever else its connection brings. */
  #condemn(status: number, why: string): void {
    condemned.add(this.#request.socket)
    this.response.shouldKeepAlive = false
    this.answer(status, why)
  }

  /** Chooses the version and makes the first attempt. */
  release(): void {
    const { routing, settings, mirroring } = this.#proxy
    const choice = chooseFor(this.#head, routing, settings)
    const { closed, hold } = routing.table ?? {}
    // Closed and holding: nobody may touch the data.
    if (closed !== undefined && (hold || !choice?.previewed) && !this.#alwaysPasses()) return this.#answerClosed(closed)
    if (!choice) return this.answer(503, `no version ${this.#head.preview} is routed here`)
    this.#choice = choice
    const { version } = choice
    const stable = routing.table?.stable ?? version
    this.#proxy.shielding.countRequest(this.#startedAt)
    if (routing.table?.mirror && !this.hasBody) mirroring.copy(this.#request, this.#head.headers, version)
    const upstream = this.#probeOf(version) ?? routing.next(version, [])
    if (upstream) return this.#try(upstream)
    if (choice.previewed || version === stable) return this.#tryOrGiveUp(routing.any(version, []), version)
    this.#passOver(version)
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

  attemptConnected(): void {
    if (!this.#awaitsContinue) return
    this.#awaitsContinue = false
    this.response.writeContinue()
  }

  takesOver(attempt: Attempt, status: number): boolean {
    const { routing, settings, shielding, tallies } = this.#proxy
    const stable = routing.table?.stable
    if (stable === undefined || attempt.version === stable || !this.#repeatable || this.#choice?.previewed) return false
    const { open, suspect } = attempt.upstream.breaker
    if (!suspect && !(settings.shield.enabled && settings.shield.statuses.includes(status))) return false
    if (this.response.destroyed) return false
    const substitute = routing.next(stable, this.#tried)
    if (!substitute || substitute.breaker.failing) return false
    if (tallies.inFlight(stable) >= settings.shield.stableInFlightMax) return shielding.refuse()
    // Behind an open breaker there are few: probes, and what was under way when it opened.
    if (!open && !shielding.take(performance.now(), settings.shield.shareMax)) return false
    this.#substituted = true
    this.#try(substitute)
    return true
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
    if (this.hasBody) announceEnd(response)
    response.writeHead(status, headers)
    response.end(body)
  }

  /** Doing it twice is the same as doing it once, and there is nothing to send twice. */
  get #repeatable(): boolean {
    return !this.hasBody && (this.#proxy.settings.retry.methods as string[]).includes(this.#request.method ?? '')
  }

  /** A backend of the version that is out of turn for its errors, when this request is the one to find out how it is now. */
  #probeOf(version: string): Upstream | null {
    const { routing } = this.#proxy
    return routing.broken ? routing.probe(version, this.#repeatable, this.#startedAt) : null
  }

  /** Counts a request that a version does not get because all its backends are out of turn. */
  #passOver(version: string): void {
    const tally = this.#proxy.tallies.of(version)
    // Nobody asked it: whether it would have failed this one is not known.
    if (this.#proxy.routing.isBroken(version)) {
      tally.diverted++
      return
    }
    // A version that cannot be reached failed this request as much as one that breaks the connection.
    tally.count(0, true)
    tally.retries++
  }

  #mayTryAgain(failure: Failure): boolean {
    const { retry } = this.#proxy.settings
    return mayRetry(failure, this.#repeatable) && this.#attempts < retry.attemptsMax && !this.response.destroyed
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

  #alwaysPasses(): boolean {
    const { passPaths } = this.#proxy.settings
    return passPaths.length > 0 && passPaths.includes(/^[^?]*/.exec(this.#request.url ?? '')?.[0] ?? '')
  }

  /** Testers who ask for a version get it all the same. */
  #answerClosed(text: string): void {
    const { status, headers, body } = closedAnswer(text, this.#request.headers.accept)
    if (this.hasBody) announceEnd(this.response)
    this.response.writeHead(status, headers)
    this.response.end(body)
  }

  #tryOrGiveUp(upstream: Upstream | null, version: string): void {
    if (upstream) this.#try(upstream)
    else this.answer(502, `${version} has no backend`)
  }

  #try(upstream: Upstream): void {
    this.#attempts++
    this.#tried.push(upstream)
    const tally = this.#proxy.tallies.of(upstream.backend.version)
    const attempt = new Attempt(this, upstream, tally, this.#proxy.settings.requestTimeoutMs, this.#substituted)
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
