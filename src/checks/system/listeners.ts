// The kernel's own list of sockets, as Linux gives it in /proc/net.
import { endianness } from 'node:os'
import { readBoundedFile } from '../../lib/bounded-file.ts'

export interface Listener {
  /** `127.0.0.1`, `::1`, `0.0.0.0`. */
  address: string
  isLoopback: boolean
  inode: string
}

const TABLE_BYTES_MAX = 64 << 20
/** A tcp socket that listens, a udp socket that is bound and connected to nobody. */
const LISTENING = { tcp: '0A', udp: '07' } as const

/** Who listens at a port, or null where the system has no such list. */
export async function listenersOf(protocol: 'tcp' | 'udp', port: number): Promise<Listener[] | null> {
  const tables = await Promise.all(
    [protocol, `${protocol}6`].map(async (name) => {
      try {
        return (await readBoundedFile(`/proc/net/${name}`, TABLE_BYTES_MAX)).text
      } catch {
        return null
      }
    }),
  )
  if (tables.every((table) => table === null)) return null
  return tables.flatMap((table) => parseTable(table ?? '', LISTENING[protocol], port))
}

/** Lines of one table that are in this state at this port. */
export function parseTable(table: string, state: string, port: number): Listener[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local = '', , found, , , , , , inode = ''] = line.trim().split(/\s+/)
      const [hex = '', hexPort = ''] = local.split(':')
      if (found !== state || Number.parseInt(hexPort, 16) !== port) return []
      const address = addressOf(hex)
      return [{ address, isLoopback: isLoopback(address), inode }]
    })
}

/** Words of 32 bits in the machine's own order, in hexadecimal. */
function addressOf(hex: string): string {
  const words = hex.match(/.{8}/g) ?? []
  const bytes = words.flatMap((word) => {
    const ordered = Buffer.from(word, 'hex')
    return [...(endianness() === 'LE' ? ordered.toReversed() : ordered)]
  })
  if (bytes.length === 4) return bytes.join('.')
  // An IPv4 address in the clothes of an IPv6 one.
  if (bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255)
    return bytes.slice(12).join('.')
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  )
  return groups.join(':').replace(/(?:^|:)0(?::0)+(?::|$)/, '::')
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}
