// Upgrades and deaths of the proxy's process as its clients see them: the real processes, on free ports, in directories of their own.
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
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

test('whoever connected to the former process and asks when it has made way is sent to the one who serves', async () => {
  const edge = openEdge()
  const backends = [await startBackend('v1-1'), await startBackend('v2-1')]
  await edge.router.set(tableOf({ v1: 100, v2: 0 }, backends))
  // Something under way keeps the former process there.
  const [{ port }, before] = [await edge.health(), await edge.health()]
  const client = connect(port, '127.0.0.1', () => client.write('GET / HTTP/1.1\r\nhost: x\r\n'))
  const body = JSON.stringify(tableOf({ v1: 0, v2: 100 }, backends))
  const questions = [
    `PUT /table HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    'GET /counters HTTP/1.1\r\nhost: x\r\n\r\n',
    'POST /drain?version=v1 HTTP/1.1\r\nhost: x\r\n\r\n',
  ]
  const asked = questions.map(() => connect(edge.paths.adminSocket).on('error', () => {}))
  onTestFinished(() => [client, ...asked].forEach((socket) => socket.destroy()))
  await Promise.all(asked.map((socket) => once(socket, 'connect')))
  await edge.upgrade()
  expect(identify(before.pid)).not.toBeNull()
  for (const [i, socket] of asked.entries()) {
    socket.write(questions[i]!)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1.1 503 [^]*ask again/)
  }
  expect((await edge.router.current())?.weights).toEqual({ v1: 100, v2: 0 })
  expect((await edge.health()).retired).toEqual([before.pid])
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
