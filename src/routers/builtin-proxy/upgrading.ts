// WebSocket connections: the handshake goes to a backend of the chosen version, then bytes pass both ways untouched.
// One attempt: a client library reconnects by itself, and by then a dead backend is out of turn.
import { request as sendRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { messageOf } from '../../lib/errors.ts'
import { chooseFor } from './choice.ts'
import type { ForwardHead } from './headers.ts'
import { forwardHead } from './headers.ts'
import type { Proxy } from './proxy.ts'
import type { Upstream } from './upstream.ts'

/** Passes an upgrade request on; the connection counts as in flight at its version until it ends. */
export function passUpgrade(proxy: Proxy, request: IncomingMessage, socket: Duplex, early: Buffer): void {
  request.socket.setTimeout(0)
  socket.on('error', () => socket.destroy())
  const head = forwardHead(request, proxy.settings)
  const upstream = head.problem ? null : chooseUpstream(proxy, head)
  if (!upstream) return refuse(socket, head.problem ? 400 : 503, head.problem ?? 'no backend takes this connection')
  const { backend } = upstream
  const tally = proxy.tallies.of(backend.version)
  const startedAt = performance.now()
  let counted = false
  const count = (failed: boolean): void => {
    if (!counted) tally.count(performance.now() - startedAt, failed)
    counted = true
  }
  tally.inFlight++
  socket.once('close', () => {
    tally.inFlight--
    count(false)
    outgoing.destroy()
  })

  const outgoing = sendRequest({
    host: backend.host,
    port: backend.port,
    method: request.method,
    path: request.url,
    headers: [...head.headers, 'connection', 'upgrade', 'upgrade', request.headers.upgrade ?? 'websocket'],
    setHost: false,
    agent: false,
  })
  outgoing.setTimeout(proxy.settings.requestTimeoutMs, () => outgoing.destroy(new Error('no answer in time')))
  outgoing.once('error', (error) => {
    count(true)
    if (outgoing.socket?.connecting ?? true) upstream.eject()
    proxy.log(`${backend.id}: upgrade: ${messageOf(error)}`)
    refuse(socket, 502, `${backend.version} did not answer`)
  })
  outgoing.once('upgrade', (answer, backendSocket, backendEarly) => {
    count(false)
    backendSocket.setTimeout(0)
    backendSocket.on('error', () => socket.destroy())
    backendSocket.once('close', () => socket.destroy())
    socket.once('close', () => backendSocket.destroy())
    socket.write(headText(answer, answer.rawHeaders))
    socket.write(backendEarly)
    backendSocket.write(early)
    backendSocket.pipe(socket).pipe(backendSocket)
  })
  // The backend answers without upgrading: its answer is passed on and the connection ends.
  outgoing.once('response', (answer) => {
    count((answer.statusCode ?? 500) >= 500)
    const dropped = new Set(['connection', 'keep-alive', 'transfer-encoding'])
    const kept = answer.rawHeaders.flatMap((name, i, all) =>
      i % 2 === 0 && !dropped.has(name.toLowerCase()) ? [name, all[i + 1] ?? ''] : [],
    )
    socket.write(headText(answer, [...kept, 'connection', 'close']))
    answer.on('error', () => socket.destroy())
    answer.pipe(socket).once('finish', () => socket.destroy())
  })
  outgoing.end()
}

function chooseUpstream({ routing, settings }: Proxy, head: ForwardHead): Upstream | null {
  if (!routing.table || routing.table.hold) return null
  const choice = chooseFor(head, routing, settings)
  if (!choice) return null
  const own = routing.next(choice.version, [])
  if (own || choice.previewed) return own
  const { stable } = routing.table
  return routing.next(stable, []) ?? routing.any(stable, [])
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
