// The public side: node:http with its strict parser (it refuses a request with both Content-Length and Transfer-Encoding).
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { messageOf } from '../../lib/errors.ts'
import { Exchange } from './exchange.ts'
import type { Proxy } from './proxy.ts'
import { passUpgrade } from './upgrading.ts'

/** Listens where the settings say. @throws the system's error when the address is taken or not ours. */
export async function listenPublic(proxy: Proxy): Promise<Server> {
  const { settings } = proxy
  const server = createServer({
    insecureHTTPParser: false,
    requireHostHeader: true,
    maxHeaderSize: settings.headerBytesMax,
    keepAliveTimeout: settings.clientIdleTimeoutMs,
    headersTimeout: settings.clientHeadersTimeoutMs,
    requestTimeout: settings.clientRequestTimeoutMs,
    connectionsCheckingInterval: 1000,
    // A body-less request needs no stream: nothing reads it.
    optimizeEmptyRequests: true,
    // Other upgrades (h2c) are only offers: the request is answered as an ordinary one.
    shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === 'websocket',
  })
  // A client that neither reads nor sends for longer than any request may take is gone.
  const longestMs = settings.holdMsMax + settings.requestTimeoutMs * settings.retry.attemptsMax
  server.timeout = Math.max(longestMs, settings.clientRequestTimeoutMs, settings.clientIdleTimeoutMs)
  server.maxConnections = settings.clientConnectionsMax
  server.on('request', (request, response) => {
    const exchange = new Exchange(proxy, request, response)
    try {
      exchange.start()
    } catch (error) {
      proxy.log(`request failed inside the router: ${messageOf(error)}`)
      exchange.answer(500, 'internal error')
    }
  })
  server.on('upgrade', (request, socket, head) => passUpgrade(proxy, request, socket, head))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: settings.listen.host, port: settings.listen.port, backlog: 1024 }, () => {
      server.off('error', reject)
      server.on('error', (error) => proxy.log(`public server: ${messageOf(error)}`))
      resolve()
    })
  })
  return server
}

/** The port really listened on. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
