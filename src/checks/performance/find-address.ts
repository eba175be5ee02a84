// Whether anything takes connections at an address, before a browser or a load is started for it.
import { once } from 'node:events'
import { connect } from 'node:net'
import { messageOf } from '../../lib/errors.ts'

/** The address of the URL's host that takes connections, of several the first; or why none does. A reference that led nowhere is no URL. */
export async function findAddress(
  url: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ host: string; address: string; port: number } | { problem: string }> {
  if (!URL.canParse(url)) return { problem: 'it is no address' }
  const { hostname, port, protocol } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const where = { host, port: Number(port || (protocol === 'https:' ? 443 : 80)) }
  const late = AbortSignal.timeout(timeoutMs)
  const socket = connect(where)
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([signal, late]) })
    return { ...where, address: socket.remoteAddress ?? host }
  } catch (error) {
    return { problem: late.aborted ? `no connection within ${timeoutMs} ms` : messageOf(error) }
  } finally {
    socket.destroy()
  }
}
