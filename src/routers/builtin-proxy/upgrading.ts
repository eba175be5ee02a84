// Connections that become another protocol (WebSocket): the handshake goes to a backend of the chosen version, then bytes pass both
// ways untouched. Nothing of the client but the handshake is sent before the backend has agreed to the change.
import { request as sendRequest } from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { messageOf } from '../../lib/errors.ts'
import { chooseFor } from './choice.ts'
import type { Choice } from './choice.ts'
import { cookieFor } from './client-cookie.ts'
import type { Tally } from './counting.ts'
import type { ForwardHead } from './headers.ts'
import { forwardHead, responseHeaders } from './headers.ts'
import type { Proxy } from './proxy.ts'
import type { ProxySettings } from './settings.ts'
import { joinTunnel } from './tunnel.ts'
import type { Upstream } from './upstream.ts'

/**
 * Whether a request is one for a tunnel. All others are answered as ordinary ones, which their `Upgrade` header permits: h2c, which
 * would carry requests past every rule here, and one with a body, of which nobody could say where the new protocol begins.
 */
export function isTunnelRequest({ method, headers }: IncomingMessage, settings: ProxySettings): boolean {
  const isEmpty = headers['content-length'] === undefined && headers['transfer-encoding'] === undefined
  return method === 'GET' && isEmpty && settings.upgrades.includes(headers.upgrade?.toLowerCase() ?? '')
}

/** Passes such a request on; the connection counts as in flight at its version until it ends. */
export function passUpgrade(proxy: Proxy, request: IncomingMessage, socket: Duplex, early: Buffer): void {
  request.socket.setTimeout(0)
  socket.on('error', () => socket.destroy())
  const { settings, routing } = proxy
  const head = forwardHead(request, settings)
  if (request.rawHeaders.length > 2 * settings.headersMax) return refuse(socket, 431, 'too many headers')
  if (head.problem) return refuse(socket, 400, head.problem)
  const choice = routing.table && !routing.table.hold ? chooseFor(head, routing, settings) : null
  const isClosed = routing.table?.closed !== undefined && !choice?.previewed
  if (!choice || isClosed) return refuse(socket, 503, 'no backend takes this connection')
  new Handshake(proxy, { request, head, choice, socket, early }).start()
}

/** A connection of its own, on which one side may say its last before the other. */
const CONNECTION = { setHost: false, agent: false, allowHalfOpen: true } as const

interface Client {
  request: IncomingMessage
  head: ForwardHead
  choice: Choice
  socket: Duplex
  early: Buffer
}

class Handshake {
  readonly #proxy: Proxy
  readonly #client: Client
  readonly #tried: Upstream[] = []
  #outgoing: ClientRequest | null = null
  #stopCounting: (() => void) | null = null

  constructor(proxy: Proxy, client: Client) {
    this.#proxy = proxy
    this.#client = client
    client.socket.once('close', () => {
      this.#stopCounting?.()
      this.#outgoing?.destroy()
    })
  }

  start(): void {
    const { routing } = this.#proxy
    const { version, previewed } = this.#client.choice
    const first = routing.next(version, []) ?? (previewed ? routing.any(version, []) : this.#substitute())
    this.#tryOrRefuse(first)
  }

  #substitute(): Upstream | null {
    const { routing } = this.#proxy
    const stable = routing.table?.stable ?? ''
    return routing.next(stable, this.#tried) ?? routing.any(stable, this.#tried)
  }

  #tryOrRefuse(upstream: Upstream | null): void {
    if (upstream) this.#try(upstream)
    else refuse(this.#client.socket, 502, `${this.#client.choice.version} did not answer`)
  }

  #try(upstream: Upstream): void {
    this.#tried.push(upstream)
    const { backend } = upstream
    const { request, head } = this.#client
    const { connectTimeoutMs, requestTimeoutMs } = this.#proxy.settings
    const tally = this.#proxy.tallies.of(backend.version)
    const count = this.#countAt(tally)
    const outgoing = sendRequest({
      host: backend.host,
      port: backend.port,
      method: request.method,
      path: request.url,
      headers: [...head.headers, 'connection', 'upgrade', 'upgrade', request.headers.upgrade ?? ''],
      ...CONNECTION,
    })
    this.#outgoing = outgoing
    let connected = false
    outgoing.setTimeout(connectTimeoutMs, () => outgoing.destroy(new Error('no answer in time')))
    outgoing.once('socket', (socket) =>
      socket.once('connect', () => {
        connected = true
        outgoing.setTimeout(requestTimeoutMs)
      }),
    )
    outgoing.once('error', (error) => {
      count(true)
      this.#stopCounting?.()
      this.#proxy.log(`${backend.id}: upgrade: ${messageOf(error)}`)
      if (connected) return refuse(this.#client.socket, 502, `${backend.version} did not answer`)
      // Nothing was sent: another backend may have it.
      upstream.eject()
      tally.retries++
      this.#tryOrRefuse(this.#nextUpstream(backend.version))
    })
    outgoing.once('upgrade', (answer, backendSocket, backendEarly) => {
      count(false)
      this.#agree(answer, backend.version, backendSocket, backendEarly)
    })
    outgoing.once('response', (answer) => {
      count((answer.statusCode ?? 500) >= 500)
      this.#passAnswer(answer, backend.version)
    })
    outgoing.end()
  }

  #nextUpstream(version: string): Upstream | null {
    if (this.#client.socket.destroyed || this.#tried.length >= this.#proxy.settings.retry.attemptsMax) return null
    const sibling = this.#proxy.routing.next(version, this.#tried)
    return sibling ?? (this.#client.choice.previewed ? null : this.#substitute())
  }

  /** In flight from now until the connection ends; the function counts the handshake itself, once. */
  #countAt(tally: Tally): (failed: boolean) => void {
    const startedAt = performance.now()
    let counted = false
    const count = (failed: boolean): void => {
      if (!counted) tally.count(performance.now() - startedAt, failed)
      counted = true
    }
    tally.inFlight++
    this.#stopCounting = () => {
      this.#stopCounting = null
      tally.inFlight--
      // The client left before the answer.
      count(false)
    }
    return count
  }

  #agree(answer: IncomingMessage, version: string, backendSocket: Duplex, backendEarly: Buffer): void {
    const { socket, early } = this.#client
    this.#outgoing = null
    const headers = this.#answerHeaders(answer, version)
    headers.push('connection', 'upgrade', 'upgrade', answer.headers.upgrade ?? '')
    socket.write(headText(answer, headers))
    socket.write(backendEarly)
    backendSocket.write(early)
    joinTunnel(socket, backendSocket, this.#proxy.settings.bodyTimeoutMs)
  }

  /** The backend answers without agreeing: its answer is passed on and the connection ends. */
  #passAnswer(answer: IncomingMessage, version: string): void {
    const { socket } = this.#client
    socket.write(headText(answer, [...this.#answerHeaders(answer, version), 'connection', 'close']))
    answer.on('error', () => socket.destroy())
    answer.pipe(socket).once('finish', () => socket.destroy())
  }

  #answerHeaders(answer: IncomingMessage, version: string): string[] {
    const { previewHeader, stickyCookie } = this.#proxy.settings
    const added = previewHeader === null ? [] : [previewHeader, version]
    const { newClientId } = this.#client.choice
    if (newClientId !== null && stickyCookie !== null) added.push('set-cookie', cookieFor(stickyCookie, newClientId))
    return responseHeaders(answer.rawHeaders, previewHeader, added).list
  }
}

function headText(answer: IncomingMessage, headers: readonly string[]): string {
  let text = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n`
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`
  return `${text}\r\n`
}

function refuse(socket: Duplex, status: number, why: string): void {
  if (!socket.writable) return
  const body = `gonogo router: ${why}\n`
  socket.end(
    `HTTP/1.1 ${status} Refused\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      `connection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  )
}
