// The proxy's listening socket is made by whoever starts it and handed to the process that keeps it.
import { createServer } from 'node:net'
import { BACKLOG } from './server.ts'
import type { ProxySettings } from './settings.ts'

/**
 * Listens, hands the socket's file descriptor to `hand` and lets go of it, all in one turn of the event loop: no connection can be
 * taken here in between.
 * @throws the system's error when the address is taken or not ours.
 */
export function withListeningSocket<T>(listen: ProxySettings['listen'], hand: (fd: number) => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host: listen.host, port: listen.port, backlog: BACKLOG }, () => {
      try {
        // What `stdio` of `spawn` takes is a number, and Node tells it nowhere else.
        resolve(hand((server as unknown as { _handle: { fd: number } })._handle.fd))
      } catch (error) {
        reject(error as Error)
      } finally {
        server.close()
      }
    })
  })
}
