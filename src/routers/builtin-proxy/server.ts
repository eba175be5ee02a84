// The public side: node:http with its strict parser (it refuses a request with both Content-Length and Transfer-Encoding).
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Server as NetServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { messageOf } from '../../lib/errors.ts'
import { Exchange } from './exchange.ts'
import type { Proxy } from './proxy.ts'
import type { ProxySettings } from './settings.ts'
import { isTunnelRequest, passUpgrade } from './upgrading.ts'

/** Connections that the kernel keeps while nobody takes them. */
export const BACKLOG = 1024

/**
 * Listens where the settings say, or on a socket that listens already.
 * @param listeningFd The socket, as a file descriptor.
 * @throws the system's error when the address is taken or not ours.
 */
export async function listenPublic(proxy: Proxy, listeningFd?: number): Promise<Server> {
  const { settings } = proxy
  const server = createServer({
    insecureHTTPParser: false,
    // The proxy refuses a request without one itself, and what follows on its connection.
    requireHostHeader: false,
    maxHeaderSize: settings.headerBytesMax,
    connectionsCheckingInterval: 1000,
    // A body-less request needs no stream: nothing reads it.
    optimizeEmptyRequests: true,
    shouldUpgradeCallback: (request) => isTunnelRequest(request, proxy.settings),
  })
  tune(server, settings)
  const take = (request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void => {
    // Another process takes the connections now: this client comes back to that one.
    if (proxy.retired) response.shouldKeepAlive = false
    const exchange = new Exchange(proxy, request, response, awaitsContinue)
    try {
      exchange.start()
    } catch (error) {
      proxy.log(`request failed inside the router: ${messageOf(error)}`)
      exchange.answer(500, 'internal error')
    }
  }
  server.on('request', (request, response) => take(request, response, false))
  // A body that is refused is not even sent.
  server.on('checkContinue', (request, response) => take(request, response, true))
  server.on('upgrade', (request, socket, head) => passUpgrade(proxy, request, socket, head))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    const { host, port } = settings.listen
    const where = listeningFd === undefined ? { host, port } : { fd: listeningFd }
    server.listen({ ...where, backlog: BACKLOG }, () => {
      server.off('error', reject)
      server.on('error', (error) => proxy.log(`public server: ${messageOf(error)}`))
      resolve()
    })
  })
  return server
}

/** Time limits and bounds, which can change while it listens. */
export function tune(server: Server, settings: ProxySettings): void {
  server.keepAliveTimeout = settings.clientIdleTimeoutMs
  server.headersTimeout = settings.clientHeadersTimeoutMs
  server.requestTimeout = settings.clientRequestTimeoutMs
  // A client that neither reads nor sends for longer than any request may take is gone.
  const longestMs = settings.holdMsMax + settings.requestTimeoutMs * settings.retry.attemptsMax
  server.timeout = Math.max(longestMs, settings.clientRequestTimeoutMs, settings.clientIdleTimeoutMs)
  // Headers beyond Node's own count would be left out silently; ours is refused, and their size is bounded.
  server.maxHeadersCount = 0
  server.maxConnections = settings.clientConnectionsMax
}

/**
 * Takes no more connections and leaves those there are alone, idle ones too: node:http's own `close` would end an idle connection
 * just as its client sends on it. `closed` is called when the last one has ended.
 */
export function stopListening(server: Server, closed: () => void): void {
  NetServer.prototype.close.call(server, closed)
}

/** The port really listened on. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
