// The built-in proxy as users get it, its own process and all, in a directory that is removed afterwards.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { poll } from '../../src/lib/deadline.ts'
import { identify } from '../../src/lib/process-identity.ts'
import type { RoutingTable } from '../../src/plan/traffic.ts'
import { builtinProxy, builtinProxyHealth } from '../../src/routers/builtin-proxy.ts'
import type { Router } from '../../src/routers/router.ts'

export interface Edge extends AsyncDisposable {
  router: Router
  pid: number
  url: string
  directory: string
}

/** Starts the proxy with a first table. */
export async function startEdge(table: RoutingTable): Promise<Edge> {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-bench-'))
  const context = { name: 'edge', directory, stateDirectory: directory, env: {} }
  const router = builtinProxy.create(builtinProxy.options.parse({ listen: { port: 0 } }), context)
  await router.set(table)
  const health = await builtinProxyHealth(context)
  if (!health) throw new Error('the proxy does not run')
  const kill = (): boolean => process.kill(health.pid, 'SIGKILL')
  process.once('exit', kill)
  return {
    router,
    pid: health.pid,
    url: `http://127.0.0.1:${health.port}/`,
    directory,
    async [Symbol.asyncDispose]() {
      process.off('exit', kill)
      kill()
      await poll(() => (identify(health.pid) ? null : true), { everyMs: 10, timeoutMs: 5000 })
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
