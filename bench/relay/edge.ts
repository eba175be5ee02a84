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
  health(): Promise<Health>
  /** Another process of the same gonogo takes over. */
  upgrade(): Promise<void>
}

type Health = NonNullable<Awaited<ReturnType<typeof builtinProxyHealth>>>

/** Starts the proxy with a first table, and with other options than those that hold by default. */
export async function startEdge(table: RoutingTable, options: Record<string, unknown> = {}): Promise<Edge> {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-bench-'))
  const context = { name: 'edge', directory, stateDirectory: directory, env: {} }
  const router = builtinProxy.create(builtinProxy.options.parse({ listen: { port: 0 }, ...options }), context)
  await router.set(table)
  const look = async (): Promise<Health> => {
    const health = await builtinProxyHealth(context)
    if (!health) throw new Error('the proxy does not run')
    return health
  }
  const first = await look()
  // Upgrades and kills leave others than the first ones: whoever was ever seen is ended.
  const seen = new Set<number>()
  const health = async (): Promise<Health> => {
    const now = await look()
    for (const pid of [now.keeperPid, now.pid, ...now.retired]) if (pid !== null) seen.add(pid)
    return now
  }
  await health()
  const kill = (): void => {
    for (const pid of seen) if (identify(pid)) process.kill(pid, 'SIGKILL')
  }
  process.once('exit', kill)
  return {
    router,
    pid: first.pid,
    url: `http://127.0.0.1:${first.port}/`,
    directory,
    health,
    upgrade: async () => {
      await router.upgrade?.()
      await health()
    },
    async [Symbol.asyncDispose]() {
      await health().catch(() => null)
      process.off('exit', kill)
      kill()
      await poll(() => ([...seen].some(identify) ? null : true), { everyMs: 10, timeoutMs: 5000 })
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
