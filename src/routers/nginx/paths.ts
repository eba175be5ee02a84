// Where an nginx router keeps its files, and what its things are called inside nginx.
import { join } from 'node:path'
import { sha256 } from '../../lib/hash.ts'
import { socketDirectory } from '../../lib/socket-directory.ts'
import { rememberedPath, routerDirectory } from '../remembered-table.ts'
import type { RouterContext } from '../router.ts'
import type { NginxSettings } from './settings.ts'

export interface NginxPaths {
  /** gonogo's own, below `.gonogo/`. */
  directory: string
  /** What nginx reads stands here; its workers must be able to. */
  include: string
  /** For `http { }`. */
  http: string
  /** For `server { }`. */
  server: string
  /** The router's program, where there is Lua. */
  lua: string
  /** The table a started nginx comes up with; one moved here is put in force. */
  table: string
  /** Stamp of the table that was taken from there last. */
  ack: string
  /** Of an nginx of gonogo's own. */
  config: string
  pid: string
  log: string
  adminSocket: string
  /** What others have to say to be heard by a shared admin address. */
  token: string
  /** The table in force, where nginx cannot be asked for it. */
  remembered: string
}

const ADMIN_SOCKET = 'admin.sock'

export function nginxPaths(settings: NginxSettings, context: RouterContext): NginxPaths {
  const directory = routerDirectory(context)
  const include = settings.include ?? directory
  const name = encodeURIComponent(context.name)
  return {
    directory,
    include,
    http: join(include, `${name}.http.conf`),
    // Another ending: where a whole directory is included into `http { }`, this one must not be.
    server: join(include, `${name}.server.inc`),
    lua: join(include, `${name}.lua`),
    table: join(include, `${name}.table`),
    ack: join(include, `${name}.ack`),
    config: join(directory, 'nginx.conf'),
    pid: join(directory, 'nginx.pid'),
    log: join(directory, 'error.log'),
    adminSocket: join(socketDirectory(directory, ADMIN_SOCKET.length), ADMIN_SOCKET),
    token: join(directory, 'admin.token'),
    remembered: rememberedPath(context),
  }
}

/** Begins the names of variables, upstreams and zones of one router: `gonogo_edge`. */
export function nginxPrefix(name: string): string {
  const plain = name.replaceAll(/\W/g, '_')
  return plain === name ? `gonogo_${name}` : `gonogo_${plain}_${sha256(name).slice(0, 6)}`
}

/** Text as one double-quoted word of nginx's configuration. No `$` may be in it: nginx would take it for a variable. */
export function quoteDirective(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}
