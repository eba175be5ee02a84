// Where one proxy keeps its files; the conductor, the capsule and the process itself agree on them here.
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { socketDirectory } from '../../lib/socket-directory.ts'

export interface ProxyPaths {
  directory: string
  /** Unix socket of the admin interface. */
  adminSocket: string
  settings: string
  /** The table in force, what a restarted proxy comes back with. */
  table: string
  /** Where an admin socket is made before it is moved into place: there is no moment without one. */
  draftSocket(pid: number): string
  /** Admin socket of a process that made way for its successor and still answers what is under way. */
  retiredSocket(pid: number): string
  /** Who runs: pid, address, admin socket. */
  state: string
  /** A table put here by `mv` is put in force; `ack` then holds its SHA-256. */
  control: string
  ack: string
  /** Why the last start failed. */
  failure: string
  /** Held by the process that serves, for its life. */
  lock: string
  /** Held by whoever is just starting a proxy. */
  starting: string
  log: string
}

/** The longest one: `retired-4194304.sock`. */
const SOCKET_NAME_BYTES_MAX = 20

/** Paths of the proxy whose directory is given (absolute). */
export function proxyPaths(directory: string): ProxyPaths {
  const sockets = socketDirectory(directory, SOCKET_NAME_BYTES_MAX)
  const beside = (name: string): string => join(sockets, name)
  return {
    directory,
    adminSocket: beside('admin.sock'),
    draftSocket: (pid) => beside(`new-${pid}.sock`),
    retiredSocket: (pid) => beside(`retired-${pid}.sock`),
    settings: join(directory, 'settings.json'),
    table: join(directory, 'table.json'),
    state: join(directory, 'state.json'),
    control: join(directory, 'control.json'),
    ack: join(directory, 'control.ack'),
    failure: join(directory, 'failure.json'),
    lock: join(directory, 'lock.db'),
    starting: join(directory, 'starting.db'),
    log: join(directory, 'proxy.log'),
  }
}

/** Directory of the proxy called `name` under the project's `.gonogo/`. */
export function proxyDirectory(stateDirectory: string, name: string): string {
  return join(stateDirectory, 'routers', encodeURIComponent(name))
}

/** The process ids of those who made way and still have a socket beside the admin socket. */
export function retiredProcesses({ adminSocket }: ProxyPaths): number[] {
  return readdirSync(dirname(adminSocket)).flatMap((name) => {
    const [, pid] = /^retired-(\d+)\.sock$/.exec(name) ?? []
    return pid === undefined ? [] : [Number(pid)]
  })
}
