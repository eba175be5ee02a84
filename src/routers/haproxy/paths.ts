// Where a generated HAProxy keeps its files; router, configuration and capsule agree on them here.
import { join, resolve } from 'node:path'
import { socketDirectory } from '../../lib/socket-directory.ts'
import { routerDirectory } from '../remembered-table.ts'
import type { RouterContext } from '../router.ts'

export interface HaproxyPaths {
  directory: string
  /** haproxy.cfg */
  config: string
  /** The route, as a restarted HAProxy finds it. */
  map: string
  /** Holding requests. */
  lua: string
  /** Runtime API. */
  socket: string
  /** Of the master, which still answers for a worker that is leaving. */
  master: string
  pid: string
  /** Who is in which slot. */
  occupation: string
}

/** `master.sock`, and what HAProxy appends while it binds: `.4194304.tmp`. */
const SOCKET_NAME_BYTES_MAX = 11 + 12

export function haproxyPaths(context: RouterContext, config: string | null): HaproxyPaths {
  const directory = routerDirectory(context)
  const sockets = socketDirectory(directory, SOCKET_NAME_BYTES_MAX)
  return {
    directory,
    config: config === null ? join(directory, 'haproxy.cfg') : resolve(context.directory, config),
    map: join(directory, 'route.map'),
    lua: join(directory, 'hold.lua'),
    socket: join(sockets, 'admin.sock'),
    master: join(sockets, 'master.sock'),
    pid: join(directory, 'haproxy.pid'),
    occupation: join(directory, 'occupation.json'),
  }
}
