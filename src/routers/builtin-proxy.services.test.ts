// The contract of every router, held by the built-in proxy in its own processes.
import { describe, expect, test, vi } from 'vitest'
import { describeRouter, runCapsuleStep } from '../../test/contracts/router-contract.ts'
import { exec } from '../lib/exec.ts'
import { startBackend } from './builtin-proxy/backend.fixture.ts'
import { endProxy, openEdge } from './builtin-proxy/edge.fixture.ts'
import { tableOf } from './builtin-proxy/proxy.fixture.ts'
import { proxyHealth } from './builtin-proxy/starting.ts'

describe('built-in proxy', () => {
  describeRouter(async () => {
    const { router, get } = openEdge()
    const backends = [await startBackend('v1-1'), await startBackend('v2-1')]
    return { router, table: (weight) => tableOf({ v1: 100 - weight, v2: weight }, backends), ask: get }
  }, [1, 10, 50, 99.5])
})

test('a capsule for a dead proxy fails and says how to start it; once started it takes the capsule table', async () => {
  const { router, paths, get } = openEdge()
  const [v1, v2] = [await startBackend('v1-1'), await startBackend('v2-1')]
  await router.set(tableOf({ v1: 0, v2: 100 }, [v1, v2]))
  await endProxy(paths)
  const result = await runCapsuleStep(router.capsule(tableOf({ v1: 100, v2: 0 }, [v1, v2])))
  expect(result.exitCode).toBe(1)
  const command = /start it, it will take this table: (.*) &/.exec(result.stderr)?.[1] ?? ''
  await exec('/bin/sh', ['-c', `${command} >/dev/null 2>&1 &`], { timeoutMs: 5000 })
  await vi.waitUntil(() => proxyHealth('router edge', paths), { timeout: 10_000 })
  expect(await get()).toBe('v1')
})
