// For tests: nginx routers over two versions, with an nginx of gonogo's own or a user's; all ends with the test.
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import type { AffinityBench } from '../../../test/contracts/session-affinity.ts'
import { freePort } from '../../../test/servers/free-port.ts'
import { isNginxLuaThere, userNginx } from '../../../test/servers/nginx.ts'
import type { UserNginx } from '../../../test/servers/nginx.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import type { VersionCounters } from '../../plan/signal.ts'
import type { Backend, RoutingTable } from '../../plan/traffic.ts'
import { startBackend } from '../builtin-proxy/backend.fixture.ts'
import type { TestBackend } from '../builtin-proxy/backend.fixture.ts'
import { nginx } from '../nginx.ts'
import type { Router, RouterContext } from '../router.ts'

export const hasNginx = isProgramThere('nginx', 'nginx-light')
export const hasLua = hasNginx && isNginxLuaThere()
if (!hasNginx) console.warn('SKIPPED: there is no nginx, and it cannot be installed here')
else if (!hasLua) console.warn('SKIPPED: nginx has no Lua module, and it cannot be installed here')

export async function affinity(mode: 'lua' | 'reload'): Promise<AffinityBench> {
  const { router, url, table } = await own(mode)
  return {
    setWeight: (percent) => router.set(table(percent)),
    async ask(cookie) {
      const answer = await fetch(url, cookie === undefined ? {} : { headers: { cookie } })
      return { version: await answer.text(), cookie: answer.headers.getSetCookie()[0]?.split(';')[0] ?? null }
    },
  }
}

export interface Bench {
  router: Router
  url: string
  context: RouterContext
  v1: TestBackend
  v2: TestBackend
  table(weight: number, extra?: Partial<RoutingTable>): RoutingTable
  ask(headers?: Record<string, string>): Promise<string>
}

const env = process.env as Record<string, string>

function tableOver(backends: readonly Backend[]) {
  const plain = backends.map(({ id, version, host, port }) => ({ id, version, host, port }))
  return (weight: number, extra: Partial<RoutingTable> = {}): RoutingTable => ({
    weights: { v1: 100 - weight, v2: weight },
    backends: plain,
    stable: 'v1',
    ...extra,
  })
}

/** A router with an nginx of gonogo's own. */
export async function own(
  mode: 'lua' | 'reload',
  options: Record<string, unknown> = {},
  listeners: { v1?: RequestListener; v2?: RequestListener } = {},
): Promise<Bench> {
  const directory = scratch()
  const port = await freePort()
  const context = { name: 'edge', directory, stateDirectory: directory, env }
  const router = nginx.create(nginx.options.parse({ mode, listen: { port }, ...options }), context)
  onTestFinished(() => router.stop())
  const v1 = await startBackend('v1-1', listeners.v1)
  const v2 = await startBackend('v2-1', listeners.v2)
  const url = `http://127.0.0.1:${port}/`
  const ask = async (headers: Record<string, string> = {}) => (await fetch(url, { headers })).text()
  return { router, url, context, v1, v2, table: tableOver([v1, v2]), ask }
}

/** A router over an nginx of the user's, which does not include anything yet. */
export async function adopted(isLua: boolean): Promise<Bench & { server: UserNginx; http: string; location: string }> {
  const server = await userNginx(isLua)
  onTestFinished(() => server.stop())
  const directory = scratch()
  const context = { name: 'edge', directory, stateDirectory: directory, env }
  const mode = isLua ? 'lua' : 'reload'
  const router = nginx.create(nginx.options.parse({ mode, ...server.options }), context)
  const [v1, v2] = [await startBackend('v1-1'), await startBackend('v2-1')]
  const url = `${server.url}/`
  const ask = async (headers: Record<string, string> = {}) => (await fetch(url, { headers })).text()
  const http = `include ${server.include}/edge.http.conf;`
  const location = `include ${server.include}/edge.server.inc;`
  return { router, url, context, v1, v2, table: tableOver([v1, v2]), ask, server, http, location }
}

/** As a user does it: the first `set` says which lines to add, they are added. */
export async function adoptedInForce(isLua: boolean): Promise<Awaited<ReturnType<typeof adopted>>> {
  const bench = await adopted(isLua)
  const { server, router, table } = bench
  server.configure('', '')
  await server.start()
  await expect(router.set(table(0))).rejects.toThrow('does not read what gonogo writes')
  // The files are there, so the lines can be added.
  server.configure(bench.http, bench.location)
  await router.set(table(0))
  return bench
}

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-nginx-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A PATH with what every system has, and neither curl nor socat. */
export function pathWithoutCurl(): string {
  const directory = scratch()
  for (const tool of ['cat', 'cp', 'date', 'dirname', 'mv', 'rm', 'sleep', 'wc'])
    symlinkSync(existsSync(`/bin/${tool}`) ? `/bin/${tool}` : `/usr/bin/${tool}`, join(directory, tool))
  return directory
}

function figures(counters: VersionCounters[] | null, version: string): VersionCounters {
  const found = counters?.find((one) => one.version === version)
  if (!found) throw new Error(`nothing was counted for ${version}`)
  return found
}

export const counted = (router: Router, version: string): Promise<VersionCounters> =>
  router.counters(AbortSignal.timeout(5000)).then((counters) => figures(counters, version))

export const fails: RequestListener = (_, response) => {
  response.statusCode = 500
  response.end('broken')
}

export function contextOf(): RouterContext {
  const directory = scratch()
  return { name: 'edge', directory, stateDirectory: directory, env }
}
