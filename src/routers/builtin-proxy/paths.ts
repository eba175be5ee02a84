// Where one proxy keeps its files; the conductor, the capsule and the process itself agree on them here.
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '../../lib/hash.ts'

export interface ProxyPaths {
  directory: string
  /** Unix socket of the admin interface. */
  adminSocket: string
  settings: string
  /** The table in force, what a restarted proxy comes back with. */
  table: string
  /** Who runs: pid, address, admin socket. */
  state: string
  /** A table put here by `mv` is put in force; `ack` then holds its SHA-256. */
  control: string
  ack: string
  /** Why the last start failed. */
  failure: string
  lock: string
  log: string
}

/** Longest path that fits into `sockaddr_un` on every system we know (104 on macOS, 108 on Linux), with room to spare. */
const SOCKET_PATH_BYTES_MAX = 100

/** Paths of the proxy whose directory is given (absolute). */
export function proxyPaths(directory: string): ProxyPaths {
  const inPlace = join(directory, 'admin.sock')
  const short = join(tmpdir(), `gonogo-${userInfo().uid}-${sha256(directory).slice(0, 16)}`, 'admin.sock')
  return {
    directory,
    adminSocket: Buffer.byteLength(inPlace) <= SOCKET_PATH_BYTES_MAX ? inPlace : short,
    settings: join(directory, 'settings.json'),
    table: join(directory, 'table.json'),
    state: join(directory, 'state.json'),
    control: join(directory, 'control.json'),
    ack: join(directory, 'control.ack'),
    failure: join(directory, 'failure.json'),
    lock: join(directory, 'lock.db'),
    log: join(directory, 'proxy.log'),
  }
}

/** Directory of the proxy called `name` under the project's `.gonogo/`. */
export function proxyDirectory(stateDirectory: string, name: string): string {
  return join(stateDirectory, 'routers', encodeURIComponent(name))
}
