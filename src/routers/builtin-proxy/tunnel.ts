// Two connections joined into one: bytes pass both ways with their back pressure, an end passes on as an end, a break as a break.
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** A tunnel may be silent for ever; a peer that is gone without a word is noticed by this. */
const KEEP_ALIVE_MS = 30_000

/** @param halfOpenMs When one side has said its last, the other may be silent for this long. */
export function joinTunnel(one: Duplex, other: Duplex, halfOpenMs: number): void {
  passOn(one, other, halfOpenMs)
  passOn(other, one, halfOpenMs)
}

function passOn(from: Duplex, to: Duplex, halfOpenMs: number): void {
  if (from instanceof Socket) {
    from.setTimeout(0)
    from.setNoDelay(true)
    from.setKeepAlive(true, KEEP_ALIVE_MS)
  }
  from.on('error', () => breakOff(to))
  from.once('end', () => {
    if (to instanceof Socket) to.setTimeout(halfOpenMs, () => to.destroy())
  })
  // What was read before the end is still on its way to the other side; after a break there is nothing to wait for.
  from.once('close', () => {
    if (!from.readableEnded) breakOff(to)
  })
  from.pipe(to)
}

/** Not an end like any other: the other side must not take what it got for everything. */
function breakOff(connection: Duplex): void {
  if (connection instanceof Socket) connection.resetAndDestroy()
  else connection.destroy()
}
