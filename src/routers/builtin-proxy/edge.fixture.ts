// For tests: a router with its real processes, in a directory of its own; they are killed with the test.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { poll, withDeadline } from '../../lib/deadline.ts'
import { identify } from '../../lib/process-identity.ts'
import { builtinProxy } from '../builtin-proxy.ts'
import type { Router, RouterContext } from '../router.ts'
import { askProxy } from './admin-client.ts'
import type { ProxyHealth } from './admin.ts'
import type { UpgradeRequest } from './handing-over.ts'
import { proxyDirectory, proxyPaths } from './paths.ts'
import type { ProxyPaths } from './paths.ts'
import { proxyHealth } from './starting.ts'

export interface Edge {
  router: Router
  context: RouterContext
  paths: ProxyPaths
  health(): Promise<ProxyHealth>
  get(headers?: Record<string, string>): Promise<string>
  /** Asks for an upgrade to this same gonogo, or to what is given. */
  upgrade(wanted?: Partial<Record<keyof UpgradeRequest, unknown>>): Promise<void>
}

/** A directory that is removed with the test. */
export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-router-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A router over processes of its own. */
export function openEdge(
  options: Record<string, unknown> = {},
  { name, stateDirectory }: { name: string; stateDirectory: string } = { name: 'edge', stateDirectory: scratch() },
): Edge {
  const context = { name, directory: stateDirectory, stateDirectory, env: {} }
  const router = builtinProxy.create(builtinProxy.options.parse({ listen: { port: 0 }, ...options }), context)
  const paths = proxyPaths(proxyDirectory(stateDirectory, name))
  const health: Edge['health'] = async () => {
    const now = await proxyHealth('edge', paths)
    if (!now) throw new Error('the proxy does not run')
    return now
  }
  onTestFinished(() => endProxy(paths))
  return {
    router,
    context,
    paths,
    health,
    get: async (headers = {}) => (await fetch(`http://127.0.0.1:${(await health()).port}/`, { headers })).text(),
    upgrade: async (wanted = {}) => {
      const request = { node: process.execPath, script: mainScript(), settings: (await health()).settings, ...wanted }
      const body = JSON.stringify(request)
      const question = { method: 'POST', path: '/upgrade', body, signal: withDeadline(20_000) } as const
      const answer = await askProxy('edge', paths.adminSocket, question)
      if (answer?.status !== 200) throw new Error(JSON.stringify(answer?.body))
    },
  }
}

/** `kill -9` of everything there is of a proxy; the keeper first, it would start another worker. */
export async function endProxy(paths: ProxyPaths): Promise<void> {
  const health = await proxyHealth('edge', paths)
  if (!health) return
  for (const pid of [health.keeperPid, health.pid, ...health.retired]) {
    if (pid === null) continue
    if (identify(pid)) process.kill(pid, 'SIGKILL')
    await poll(() => (identify(pid) ? null : true), { everyMs: 10, timeoutMs: 5000 })
  }
}

function mainScript(): string {
  return new URL('./main.ts', import.meta.url).pathname
}
