// What a server may send us is bounded, also through client libraries that keep what they are sent for as long as it comes.
import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

/** More than any answer that a check asks for. */
const BYTES_MAX = 16 << 20

const bounded = new AsyncLocalStorage<true>()
let isListening = false

/** Every socket that `work` opens, by whatever library, is destroyed with an error when more has come than any answer takes. */
export function withBoundedSockets<T>(work: () => Promise<T>): Promise<T> {
  if (!isListening) subscribe('net.client.socket', onSocket)
  isListening = true
  return bounded.run(true, work)
}

function onSocket(message: unknown): void {
  if (bounded.getStore()) bound((message as { socket: Socket }).socket)
}

/** The same for one socket. Every byte passes `push`; a listener would set the stream flowing before its owner listens. */
export function bound(socket: Socket): Socket {
  const push = socket.push.bind(socket)
  let bytes = 0
  socket.push = (chunk: Buffer | null, encoding?: BufferEncoding): boolean => {
    bytes += chunk?.length ?? 0
    if (bytes <= BYTES_MAX) return push(chunk, encoding)
    socket.destroy(new Error(`answered with more than ${BYTES_MAX} bytes`))
    return false
  }
  return socket
}
