// Where Unix sockets stand: beside the files they belong to, or, where that path is too long for a socket, in a short place of this user's.
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { sha256 } from './hash.ts'

/** Longest path that fits into `sockaddr_un` on every system we know (104 on macOS, 108 on Linux), its end included. */
const PATH_BYTES_MAX = 103

/** Directory for sockets that belong to `directory`. @param nameBytesMax length of the longest name that a socket there may have. */
export function socketDirectory(directory: string, nameBytesMax: number): string {
  const fits = Buffer.byteLength(directory) + 1 + nameBytesMax <= PATH_BYTES_MAX
  return fits ? directory : join(tmpdir(), `gonogo-${userInfo().uid}-${sha256(directory).slice(0, 16)}`)
}
