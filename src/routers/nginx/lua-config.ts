// What nginx includes where it has the Lua module: written once, the table changes without it.
import { LATENCY_BOUNDS_MS } from '../../lib/latency-bounds.ts'
import { sha256 } from '../../lib/hash.ts'
import { LUA_CHOOSING } from './lua-choosing.ts'
import { LUA_SERVING } from './lua-serving.ts'
import { nginxPrefix, quoteDirective } from './paths.ts'
import type { NginxPaths } from './paths.ts'
import { forwarding } from './forwarding.ts'
import type { NginxSettings } from './settings.ts'

export interface LuaFiles {
  http: string
  server: string
  lua: string
  /** Changes when one of them does: what nginx says it runs is compared with it. */
  build: string
}

/** How often workers look for a table moved into place. */
const LOOK_MS = 200

/**
 * @param token Null where the admin socket is nobody else's.
 * @param config Of an nginx of gonogo's own: a change of it is to be read too.
 */
export function luaFiles(
  settings: NginxSettings,
  name: string,
  paths: NginxPaths,
  { token, config }: { token: string | null; config: string },
): LuaFiles {
  const http = httpPart(settings, name, paths, token)
  const server = serverPart(settings, name, paths)
  const program = (build: string): string => `${luaSettings(settings, name, paths, build)}${LUA_CHOOSING}${LUA_SERVING}`
  const build = sha256([http, server, program(''), config].join('\0')).slice(0, 16)
  return { http, server, lua: program(build), build }
}

/** Where the admin server listens, and the name that tells several routers of one nginx apart. */
export function adminName(name: string): string {
  return `${nginxPrefix(name).replaceAll('_', '-')}.gonogo`
}

function httpPart(settings: NginxSettings, name: string, paths: NginxPaths, token: string | null): string {
  const prefix = nginxPrefix(name)
  const listen = settings.listen ? `unix:${paths.adminSocket}` : settings.admin
  return `# Written by gonogo, router ${JSON.stringify(name)}: for http { }. Changes are overwritten.
lua_shared_dict ${prefix} 4m;
map $http_upgrade $${prefix}_connection { default upgrade; "" ""; }
upstream ${prefix} {
  server 0.0.0.1;
  balancer_by_lua_block { ${handler(prefix, paths)}.balance() }
  keepalive 256;
  keepalive_requests 1000000;
  keepalive_timeout ${settings.idleConnectionMs}ms;
}
server {
  listen ${quoteDirective(listen)};
  server_name ${adminName(name)};
  access_log off;
  keepalive_timeout 0;
  client_max_body_size 2m;
  client_body_buffer_size 2m;
  default_type text/plain;
  location / { content_by_lua_block { ${handler(prefix, paths)}.admin(${token === null ? '' : luaText(token)}) } }
}
`
}

function serverPart(settings: NginxSettings, name: string, paths: NginxPaths): string {
  const prefix = nginxPrefix(name)
  const run = handler(prefix, paths)
  const serve = (nextUpstream: string, isStream = false): string => `  header_filter_by_lua_block { ${run}.header() }
  log_by_lua_block { ${run}.log() }
  proxy_pass http://${prefix};
${forwarding(settings, `$${prefix}_connection`, isStream)}
  ${nextUpstream}
`
  const connectionFailed = 'proxy_next_upstream error timeout invalid_header;'
  const badAnswer = 'proxy_next_upstream error timeout invalid_header http_500 http_502 http_503 http_504;'
  return `# Written by gonogo, router ${JSON.stringify(name)}: for server { }. Changes are overwritten.
location ${quoteDirective(settings.location)} {
  set $${prefix}_pick "";
  access_by_lua_block { ${run}.access() }
${serve(connectionFailed)}}
location @${prefix}_shielded {
${serve(badAnswer)}}
location @${prefix}_streamed {
${serve(connectionFailed, true)}}
`
}

/** Read by each worker when it first needs it: `init_by_lua` can stand only once in an nginx, and may be taken. */
function handler(prefix: string, paths: NginxPaths): string {
  return `(package.loaded[${luaText(prefix)}] or dofile(${luaText(paths.lua)}))`
}

function luaSettings(settings: NginxSettings, name: string, paths: NginxPaths, build: string): string {
  const prefix = nginxPrefix(name)
  const { previewHeader, stickyCookie, shield, attemptsMax, ejectMs, holdMsMax, holdRequestsMax } = settings
  const orFalse = (text: string | null): string => (text === null ? 'false' : luaText(text))
  return `-- Written by gonogo, router ${JSON.stringify(name)}. Changes are overwritten.
local ffi = require 'ffi'
pcall(ffi.cdef, 'int kill(int pid, int sig);')
local S = {
  prefix = ${luaText(prefix)},
  pick = ${luaText(`${prefix}_pick`)},
  shielded = ${luaText(`@${prefix}_shielded`)},
  streamed = ${luaText(`@${prefix}_streamed`)},
  table = ${luaText(paths.table)},
  ack = ${luaText(paths.ack)},
  build = ${luaText(build)},
  preview = ${orFalse(previewHeader && `http_${previewHeader.replaceAll('-', '_')}`)},
  answer_header = ${orFalse(previewHeader)},
  cookie = ${orFalse(stickyCookie)},
  shield = ${shield.enabled ? shield.shareMax : 'false'},
  attempts = ${attemptsMax},
  eject_seconds = ${ejectMs / 1000},
  hold_seconds = ${holdMsMax / 1000},
  hold_max = ${holdRequestsMax},
  look_seconds = ${LOOK_MS / 1000},
  bounds = { ${LATENCY_BOUNDS_MS.join(', ')} },
  is_alive = function(pid) return ffi.C.kill(pid, 0) == 0 or ffi.errno() == 1 end,
}
`
}

function luaText(text: string): string {
  return JSON.stringify(text)
}
