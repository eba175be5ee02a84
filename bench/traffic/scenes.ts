// The three routers that no request may be lost by, each with its real processes in a directory of its own.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../test/servers/free-port.ts'
import { isNginxLuaThere } from '../../test/servers/nginx.ts'
import { isProgramThere } from '../../test/servers/packages.ts'
import { identify } from '../../src/lib/process-identity.ts'
import type { RoutingTable } from '../../src/plan/traffic.ts'
import { haproxy } from '../../src/routers/haproxy.ts'
import { haproxyPaths } from '../../src/routers/haproxy/paths.ts'
import { nginx } from '../../src/routers/nginx.ts'
import type { Router, RouterContext } from '../../src/routers/router.ts'
import { startEdge } from '../relay/edge.ts'

export interface Scene extends AsyncDisposable {
  name: RouterName
  router: Router
  port: number
  directory: string
  /** Another process takes the place of the one that serves: the router's own way of doing that. */
  renew(table: RoutingTable): Promise<void>
}

export type RouterName = 'built-in proxy' | 'HAProxy' | 'nginx'

/** What a router does about errors by itself. */
export interface Guarding {
  shield: boolean
  breaker: boolean
  /** Of HAProxy: how long a server must be well before it serves again. */
  backAfterMs: number
}

export interface SceneKind {
  name: RouterName
  /** With its version. */
  description: string
  /** What `renew` is called. */
  renewal: string
  /** Why it cannot be had here; null where it can. */
  missing(): string | null
  start(table: RoutingTable, guarding: Guarding): Promise<Scene>
}

/** A candidate that was killed and is back gets traffic again soon: a breaker that waits 10 s would spare it the next kills. */
export const BOTH: Guarding = { shield: true, breaker: true, backAfterMs: 250 }

export const SCENES: readonly SceneKind[] = [
  {
    name: 'built-in proxy',
    description: `built-in proxy on Node ${process.versions.node}`,
    renewal: 'self-upgrade',
    missing: () => null,
    async start(table, guarding) {
      const options = { shield: { enabled: guarding.shield }, breaker: { enabled: guarding.breaker } }
      const edge = await startEdge(table, options)
      const { router, directory } = edge
      return {
        name: 'built-in proxy',
        router,
        directory,
        port: Number(new URL(edge.url).port),
        renew: () => edge.upgrade(),
        [Symbol.asyncDispose]: () => edge[Symbol.asyncDispose](),
      }
    },
  },
  {
    name: 'HAProxy',
    description: versionLine('haproxy', ['-v']),
    renewal: 'reload',
    missing: () => (isProgramThere('haproxy', 'haproxy') ? null : 'HAProxy is not here and cannot be installed'),
    start: (table, { shield, breaker, backAfterMs }) =>
      startOwn('HAProxy', 'haproxy.pid', table, (context, port, changed) => {
        const given = {
          listen: { port },
          ...(shield ? {} : { shield: null }),
          breaker: breaker ? { backAfterMs } : null,
          // A reload is had by other options, which change nothing for this traffic.
          clientIdleTimeoutMs: 75_000 + changed,
        }
        return haproxy.create(haproxy.options.parse(given), context)
      }),
  },
  {
    name: 'nginx',
    description: versionLine('nginx', ['-v']),
    renewal: 'reload',
    missing: () => (isNginxLuaThere() ? null : 'nginx with its Lua module is not here and cannot be installed'),
    start: (table, { shield }) =>
      startOwn('nginx', 'nginx.pid', table, (context, port, changed) => {
        const given = {
          mode: 'lua',
          listen: { port },
          shield: { enabled: shield },
          connectTimeoutMs: 1000 + changed,
        }
        return nginx.create(nginx.options.parse(given), context)
      }),
  },
]

/** Where the HAProxy of a scene is asked by hand. */
export function haproxyByHand({ directory }: Scene): { socket: string; map: string } {
  const { socket, map } = haproxyPaths(contextIn(directory), null)
  return { socket, map }
}

function contextIn(directory: string): RouterContext {
  const env = { PATH: process.env['PATH'] ?? '' }
  return { name: 'edge', directory, stateDirectory: join(directory, '.gonogo'), env }
}

/** A server that gonogo runs, which is told of other options for its renewal. */
async function startOwn(
  name: RouterName,
  pidFile: string,
  table: RoutingTable,
  create: (context: RouterContext, port: number, changed: number) => Router,
): Promise<Scene> {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-bench-'))
  const context = contextIn(directory)
  const port = await freePort()
  let changed = 0
  const scene = {
    name,
    port,
    directory,
    router: create(context, port, changed),
    async renew(now: RoutingTable) {
      scene.router = create(context, port, ++changed)
      await scene.router.set(now)
    },
    async [Symbol.asyncDispose]() {
      await scene.router.stop()
      process.off('exit', kill)
      rmSync(directory, { recursive: true, force: true })
    },
  }
  const kill = (): void => {
    const path = join(context.stateDirectory, 'routers', 'edge', pidFile)
    const pid = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0
    // The master ends its workers.
    if (pid > 0 && identify(pid)) process.kill(pid, 'SIGTERM')
  }
  process.once('exit', kill)
  await scene.router.set(table)
  return scene
}

function versionLine(program: string, args: string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  return `${stdout ?? ''}${stderr ?? ''}`.split('\n')[0]?.replace(/ - http.*$/, '') ?? program
}
