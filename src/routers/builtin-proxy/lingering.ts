// Ending a connection whose client is still sending. Closed at once, what it sent last would be answered with a reset, and a reset
// takes from the client the answer that it has not read yet. So: say that nothing more comes, and read on for a moment.
import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'

/** A client that has read the answer stops sending. */
const LINGER_MS = 5000

/**
 * Called before the head of an answer is written. Where the request is not here as a whole its connection will end, and the answer says
 * so: a client that sent the rest meanwhile would take the connection for good, and lose its next request on it.
 */
export function announceEnd(response: ServerResponse): void {
  if (!response.req.complete) response.shouldKeepAlive = false
}

/** Ends a connection after what was written to it; what comes in is dropped. */
export function endLingering(socket: Socket): void {
  // After an answer that says `close` Node would do that at once.
  socket.destroySoon = () => {}
  // Whoever reads requests from it does so no longer.
  socket.removeAllListeners('data')
  socket.on('data', () => {})
  socket.resume()
  socket.end()
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('end', () => Socket.prototype.destroySoon.call(socket))
  socket.once('close', () => clearTimeout(timer))
}
