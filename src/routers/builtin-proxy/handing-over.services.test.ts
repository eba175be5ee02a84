// Upgrades and deaths of the proxy's process with clients in the middle of something, and with programs that play it false.
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { runCapsuleStep } from '../../../test/contracts/router-contract.ts'
import { withDeadline } from '../../lib/deadline.ts'
import { exec } from '../../lib/exec.ts'
import { identify } from '../../lib/process-identity.ts'
import { startBackend } from './backend.fixture.ts'
import { installedBuild } from './build.ts'
import { isOpen, isRefused, keepAliveClient, killed } from './clients.fixture.ts'
import { openEdge, scratch } from './edge.fixture.ts'
import { tableOf } from './proxy.fixture.ts'

test('a request under way is answered by the former process; it counts as in flight, and drain waits for it', async () => {
  const edge = openEdge()
  const gate = Promise.withResolvers<void>()
  const slow = await startBackend('v1-1', (_, response) => void gate.promise.then(() => response.end('late')))
  const other = await startBackend('v2-1')
  await edge.router.set(tableOf({ v1: 100, v2: 0 }, [slow, other]))
  const before = await edge.health()
  const underWay = edge.get()
  await vi.waitUntil(() => slow.seen.length === 1)
  await edge.upgrade()
  expect((await edge.health()).retired).toEqual([before.pid])
  await edge.router.set(tableOf({ v1: 0, v2: 100 }, [slow, other]))
  expect(await edge.router.counters(withDeadline(5000))).toMatchObject([{ inFlight: 1 }, { inFlight: 0 }])
  expect(await edge.router.drain('v1', 30)).toBe(false)
  const drained = edge.router.drain('v1', 10_000)
  gate.resolve()
  expect(await drained).toBe(true)
  expect(await underWay).toBe('late')
})

test('an idle keep-alive connection stays open; its next request goes by the new table and ends it politely', async () => {
  const edge = openEdge()
  const [v1, v2] = [await startBackend('v1-1'), await startBackend('v2-1')]
  await edge.router.set(tableOf({ v1: 100, v2: 0 }, [v1, v2]))
  const before = await edge.health()
  const client = await keepAliveClient(before.port)
  client.send()
  expect(await client.answer('v1')).toMatch(/connection: keep-alive/i)
  await edge.upgrade()
  await edge.router.set(tableOf({ v1: 0, v2: 100 }, [v1, v2]))
  expect(isOpen(client.socket)).toBe(true)
  client.send()
  expect(await client.answer('\r\n\r\nv2')).toMatch(/connection: close/i)
  await vi.waitUntil(() => !identify(before.pid), { timeout: 10_000 })
})

test('two upgrades while a request is under way: both former processes are known, and the figures of all are one', async () => {
  const edge = openEdge()
  const gate = Promise.withResolvers<void>()
  const slow = await startBackend('v1-1', (request, response) =>
    request.url === '/slow' ? void gate.promise.then(() => response.end('late')) : void response.end('v1'),
  )
  await edge.router.set(tableOf({ v1: 100 }, [slow]))
  const processes: number[] = []
  const clients = []
  for (let i = 1; i <= 2; i++) {
    const { pid, port } = await edge.health()
    processes.push(pid)
    const client = await keepAliveClient(port)
    client.send('/slow')
    clients.push(client)
    await vi.waitUntil(() => slow.seen.length === i)
    await edge.upgrade()
  }
  expect((await edge.health()).retired.toSorted()).toEqual(processes.toSorted())
  expect(await edge.router.counters(withDeadline(5000))).toMatchObject([{ requests: 0, inFlight: 2 }])
  gate.resolve()
  for (const client of clients) await client.answer('late')
  for (const client of clients) client.socket.destroy()
  await vi.waitUntil(() => processes.every((pid) => !identify(pid)), { timeout: 10_000 })
  expect(await edge.router.counters(withDeadline(5000))).toMatchObject([{ requests: 2, inFlight: 0 }])
})

test('a changed address: the new one is served at once, the old one is let go', async () => {
  const edge = openEdge()
  const table = tableOf({ v1: 100 }, [await startBackend('v1-1')])
  await edge.router.set(table)
  const before = await edge.health()
  const client = await keepAliveClient(before.port)
  const moved = openEdge({ listen: { host: '127.0.0.2', port: 0 } }, edge.context)
  await moved.router.set(table)
  const after = await moved.health()
  expect(after.settings.listen.host).toBe('127.0.0.2')
  expect(await (await fetch(`http://127.0.0.2:${after.port}/`)).text()).toBe('v1')
  client.send()
  expect(await client.answer('v1')).toMatch(/connection: close/i)
  await expect(fetch(`http://127.0.0.1:${before.port}/`)).rejects.toThrow()
})

test('kill -9 of the keeper: the worker goes on, and the next start of a release gives it a keeper again', async () => {
  const edge = openEdge()
  const table = tableOf({ v1: 100 }, [await startBackend('v1-1')])
  await edge.router.set(table)
  const before = await edge.health()
  await killed(before.keeperPid!)
  await vi.waitUntil(async () => (await edge.health()).keeperPid === null)
  expect(await edge.get()).toBe('v1')
  await edge.upgrade()
  const after = await edge.health()
  expect(after.keeperPid).not.toBeNull()
  await killed(after.pid)
  expect(await edge.get()).toBe('v1')
})

test('a stopped proxy refuses connections at once, though a former process still answers', async () => {
  const edge = openEdge()
  const gate = Promise.withResolvers<void>()
  const slow = await startBackend('v1-1', (_, response) => void gate.promise.then(() => response.end('late')))
  await edge.router.set(tableOf({ v1: 100 }, [slow]))
  const { port, pid } = await edge.health()
  const underWay = edge.get()
  await vi.waitUntil(() => slow.seen.length === 1)
  await edge.upgrade()
  const stopped = edge.router.stop()
  await vi.waitUntil(() => isRefused(port))
  gate.resolve()
  expect(await underWay).toBe('late')
  await stopped
  expect(identify(pid)).toBeNull()
  expect(await edge.router.current()).toBeNull()
})

test('a successor that dies with the files in its hands leaves the running one as it was', async () => {
  const edge = openEdge()
  await edge.router.set(tableOf({ v1: 100 }, [await startBackend('v1-1')]))
  const script = join(edge.paths.directory, 'dies-after-the-files.mjs')
  // Asks for the files as a successor does, and dies with them.
  writeFileSync(
    script,
    `import { request } from 'node:http'
     request({ socketPath: ${JSON.stringify(edge.paths.adminSocket)}, method: 'POST', path: '/hand-over' }, (answer) => {
       answer.resume().on('end', () => process.exit(1))
     }).end()`,
  )
  chmodSync(script, 0o700)
  await expect(edge.upgrade({ script })).rejects.toThrow(/ended at once/)
  expect(await edge.get()).toBe('v1')
  expect((await edge.health()).retired).toEqual([])
  await edge.upgrade()
})

test('a WebSocket goes on through an upgrade, as long as it is allowed to', async () => {
  const edge = openEdge({ retiredMsMax: 1500 })
  const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => void sockets.close())
  sockets.on('connection', (socket) => socket.on('message', (text: Buffer) => socket.send(`echo ${text.toString()}`)))
  await once(sockets, 'listening')
  const { port } = sockets.address() as { port: number }
  await edge.router.set(tableOf({ v1: 100 }, [{ id: 'v1-1', version: 'v1', host: '127.0.0.1', port }]))
  const before = await edge.health()
  const client = new WebSocket(`ws://127.0.0.1:${before.port}/`)
  onTestFinished(() => client.terminate())
  await once(client, 'open')
  await edge.upgrade()
  client.send('still there?')
  const [answer] = (await once(client, 'message')) as [Buffer]
  expect(answer.toString()).toBe('echo still there?')
  expect(await edge.router.counters(withDeadline(5000))).toMatchObject([{ inFlight: 1 }])
  await once(client, 'close')
  await vi.waitUntil(() => !identify(before.pid), { timeout: 10_000 })
  expect(await edge.router.counters(withDeadline(5000))).toMatchObject([{ inFlight: 0 }])
})

test('a proxy of an earlier gonogo is upgraded when a release begins, a proxy of a later one is left alone', async () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url))
  const table = tableOf({ v1: 100 }, [await startBackend('v1-1')])
  for (const [version, upgrades] of [
    ['0.0.1', true],
    ['99.0.0', false],
  ] as const) {
    const other = scratch()
    for (const name of ['src', 'package.json']) cpSync(join(root, name), join(other, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(other, 'node_modules'))
    const manifest = readFileSync(join(other, 'package.json'), 'utf8')
    writeFileSync(join(other, 'package.json'), manifest.replace(/"version": ".*"/, `"version": "${version}"`))
    const edge = openEdge()
    mkdirSync(edge.paths.directory, { recursive: true, mode: 0o700 })
    writeFileSync(edge.paths.settings, JSON.stringify({ listen: { port: 0 } }))
    const script = join(other, 'src/routers/builtin-proxy/main.ts')
    await exec(process.execPath, [script, edge.paths.directory], { timeoutMs: 20_000 })
    expect((await edge.health()).build.version).toBe(version)
    await edge.router.set(table)
    expect((await edge.health()).build.version).toBe(upgrades ? installedBuild().version : version)
    expect(await edge.get()).toBe('v1')
  }
})

test('no table is lost that is set while one upgrade follows the other, over the socket or by file', async () => {
  const edge = openEdge()
  const backends = [await startBackend('v1-1'), await startBackend('v2-1')]
  await edge.router.set(tableOf({ v1: 100, v2: 0 }, backends))
  const upgraded = new AbortController()
  let sets = 0
  const upgrade = async (): Promise<void> => {
    for (let i = 0; i < 4; i++) await edge.upgrade()
  }
  const set = async (): Promise<void> => {
    for (; !upgraded.signal.aborted; sets++) {
      const share = sets % 100
      const table = tableOf({ v1: 100 - share, v2: share }, backends)
      if (sets % 5 === 0) expect(await runCapsuleStep(edge.router.capsule(table))).toMatchObject({ exitCode: 0 })
      // `set` reads back what it set.
      else await edge.router.set(table)
      expect((await edge.router.current())?.weights).toEqual(table.weights)
    }
  }
  await Promise.all([upgrade().finally(() => upgraded.abort()), set()])
  expect(sets).toBeGreaterThan(10)
})

test('a process that dies while it makes way is missed by nobody: its successor serves', async () => {
  const edge = openEdge()
  const table = tableOf({ v1: 100 }, [await startBackend('v1-1')])
  await edge.router.set(table)
  const before = await edge.health()
  // The worst moment: the successor has the files, and its predecessor dies before it could be told to retire.
  const upgraded = edge.upgrade().catch(() => 'nobody answered')
  await vi.waitUntil(() => existsSync(edge.paths.retiredSocket(before.pid)), { interval: 1, timeout: 10_000 })
  process.kill(before.pid, 'SIGKILL')
  await upgraded
  await vi.waitUntil(async () => (await edge.health().catch(() => before)).pid !== before.pid, { timeout: 10_000 })
  expect(await edge.get()).toBe('v1')
  expect(await edge.router.current()).toEqual(table)
})
