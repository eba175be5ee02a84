// Two versions with two instances each, for the tests of HAProxy: what they answer can be changed, and they can die.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { onTestFinished } from 'vitest'
import type { Backend, RoutingTable } from '../../plan/traffic.ts'

/** RFC 6455, 1.3 */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

export interface Instance extends Backend {
  /** Requests that came, health checks aside. */
  seen: number
  /** Another answer than 200 with the version. */
  answer: ((request: IncomingMessage, response: ServerResponse) => void) | null
  /** From now on it takes upgrades, and sends back what comes. */
  upgrade(): void
  stop(): Promise<void>
}

export async function startInstance(id: string, port = 0): Promise<Instance> {
  const version = id.split('-')[0] ?? id
  const server: Server = createServer((request, response) => {
    request.resume()
    if (request.url === '/health') return response.end('well')
    instance.seen++
    if (instance.answer) return instance.answer(request, response)
    return response.end(version)
  })
  const open = new Set<Duplex>()
  server.keepAliveTimeout = 60_000
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const instance: Instance = {
    id,
    version,
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    seen: 0,
    answer: null,
    upgrade: () =>
      void server.on('upgrade', (request, socket) => {
        const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${GUID}`).digest('base64')
        open.add(socket)
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
        )
        socket.on('error', () => {}).pipe(socket)
      }),
    async stop() {
      if (!server.listening) return
      server.close()
      server.closeAllConnections()
      for (const socket of open) socket.destroy()
      await once(server, 'close')
    },
  }
  return instance
}

export interface Versions {
  stable: Instance[]
  candidate: Instance[]
  /** v2 gets this share. */
  table(weight: number, extra?: Partial<RoutingTable>): RoutingTable
}

export async function startVersions(): Promise<Versions> {
  const stable = [await startInstance('v1-1'), await startInstance('v1-2')]
  const candidate = [await startInstance('v2-1'), await startInstance('v2-2')]
  onTestFinished(async () => {
    for (const instance of [...stable, ...candidate]) await instance.stop()
  })
  const backends = [...stable, ...candidate].map(({ id, version, host, port }) => ({ id, version, host, port }))
  return {
    stable,
    candidate,
    table: (weight, extra = {}) => ({ weights: { v1: 100 - weight, v2: weight }, backends, stable: 'v1', ...extra }),
  }
}
