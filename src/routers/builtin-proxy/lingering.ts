// Ending a connection whose client is still sending. Closed at once, what it sent last would be answered with a reset, and a reset
// takes from the client the answer that it has not read yet. So: say that nothing more comes, and read on for a moment.
import type { Socket } from 'node:net'

/** A client that has read the answer stops sending. */
const LINGER_MS = 5000

/** Ends a connection after what was written to it; what comes in is dropped. */
export function endLingering(socket: Socket): void {
  // Whoever reads requests from it does so no longer.
  socket.removeAllListeners('data')
  socket.on('data', () => {})
  socket.resume()
  socket.end()
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('end', () => socket.destroySoon())
  socket.once('close', () => clearTimeout(timer))
}
