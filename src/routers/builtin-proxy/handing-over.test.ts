// Upgrades and deaths of the proxy's process as its clients see them: the real processes, on free ports, in directories of their own.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { withDeadline } from '../../lib/deadline.ts'
import { identify } from '../../lib/process-identity.ts'
import { startBackend } from './backend.fixture.ts'
import { killed, statusOnNewConnection } from './clients.fixture.ts'
import { openEdge } from './edge.fixture.ts'
import { tableOf } from './proxy.fixture.ts'

test('an upgrade: another process serves the same port, with the same table; the figures go on', async () => {
  const edge = openEdge()
  const [v1, v2] = [await startBackend('v1-1'), await startBackend('v2-1')]
  const table = tableOf({ v1: 0, v2: 100 }, [v1, v2])
  await edge.router.set(table)
  for (let i = 0; i < 3; i++) await edge.get()
  const before = await edge.health()
  await edge.upgrade()
  const after = await edge.health()
  expect(after.port).toBe(before.port)
  expect(after.pid).not.toBe(before.pid)
  expect(after.keeperPid).not.toBe(before.keeperPid)
  expect(await edge.router.current()).toEqual(table)
  expect(await edge.get()).toBe('v2')
  // fetch keeps its connection: its next request is the last one there, and then the former process has nothing left to do.
  await vi.waitUntil(() => !identify(before.pid) && !identify(before.keeperPid!), { timeout: 10_000 })
  const counters = await edge.router.counters(withDeadline(5000))
  expect(counters).toMatchObject([
    { version: 'v1', requests: 0 },
    { version: 'v2', requests: 4, inFlight: 0 },
  ])
  expect((await edge.health()).retired).toEqual([])
  await edge.router.set(tableOf({ v1: 100, v2: 0 }, [v1, v2]))
  expect(await edge.get()).toBe('v1')
})

test('a successor that does not come up leaves the running one as it was, and says why', async () => {
  const edge = openEdge()
  const table = tableOf({ v1: 100 }, [await startBackend('v1-1')])
  await edge.router.set(table)
  const before = await edge.health()
  const broken = join(edge.paths.directory, 'broken.mjs')
  writeFileSync(broken, 'process.exit(3)\n')
  for (const [wanted, why] of [
    [{ script: broken }, /ended at once/],
    [{ node: '/nowhere/node' }, /could not start/],
    [{ settings: { listen: { host: '127.0.0.1', port: 0 }, nonsense: true } }, /did not start: .*nonsense/s],
    [{ settings: { listen: { host: '203.0.113.1', port: 8080 } } }, /cannot listen on 203.0.113.1:8080/],
  ] as const)
    await expect(edge.upgrade(wanted)).rejects.toThrow(why)
  const after = await edge.health()
  expect(after).toMatchObject({ pid: before.pid, keeperPid: before.keeperPid, retired: [] })
  expect(after.upgradeFailure).toMatch(/cannot listen/)
  expect(await edge.get()).toBe('v1')
  // Its files are its own again: a table set now is kept, and a control file is seen.
  const next = { ...table, hold: false }
  await edge.router.set(next)
  expect(JSON.parse(readFileSync(edge.paths.table, 'utf8'))).toEqual(next)
  writeFileSync(edge.paths.control, JSON.stringify(table))
  await vi.waitUntil(() => existsSync(edge.paths.ack), { timeout: 5000 })
  await edge.upgrade()
  expect((await edge.health()).pid).not.toBe(before.pid)
})

test('kill -9 of the worker: clients wait for the next one, nobody is refused, table and settings are the same', async () => {
  const edge = openEdge()
  const [v1, v2] = [await startBackend('v1-1'), await startBackend('v2-1')]
  const table = tableOf({ v1: 0, v2: 100 }, [v1, v2], { closed: 'back soon' })
  await edge.router.set(table)
  for (let round = 0; round < 2; round++) {
    const before = await edge.health()
    await killed(before.pid)
    const answers = await Promise.all(Array.from({ length: 5 }, () => statusOnNewConnection(before.port)))
    const after = await edge.health()
    expect(answers).toEqual([503, 503, 503, 503, 503])
    expect(after).toMatchObject({ keeperPid: before.keeperPid, port: before.port })
    expect(after.pid).not.toBe(before.pid)
    expect(await edge.router.current()).toEqual(table)
  }
})
