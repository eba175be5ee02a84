// The kind and its process: started, killed, restarted, switched by shell. Everything in its own directory and on free ports.
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { runCapsuleStep } from '../../../test/contracts/router-contract.ts'
import { OutsideError } from '../../lib/errors.ts'
import { startBackend } from './backend.fixture.ts'
import { endProxy, openEdge, scratch } from './edge.fixture.ts'
import { tableOf } from './proxy.fixture.ts'
import { ensureRunning } from './starting.ts'
import { builtinProxy, builtinProxyHealth } from '../builtin-proxy.ts'

/** A PATH with what every system has, and no curl. */
function pathWithoutCurl(): string {
  const directory = scratch()
  for (const tool of ['cat', 'cp', 'dirname', 'mv', 'rm', 'sleep'])
    symlinkSync(
      statSync(`/bin/${tool}`, { throwIfNoEntry: false }) ? `/bin/${tool}` : `/usr/bin/${tool}`,
      join(directory, tool),
    )
  return directory
}

/** Stands in front of an admin socket until the test ends. @returns what is asked from now on. */
async function listenIn(socketPath: string): Promise<string[]> {
  const questions: string[] = []
  const behind = `${socketPath}.behind`
  renameSync(socketPath, behind)
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const proxy = connect(behind)
    client.on('data', (said: Buffer) => questions.push(...(/^[A-Z]+ \S+/.exec(said.toString()) ?? [])))
    client.pipe(proxy).pipe(client)
    for (const socket of [client, proxy]) open.add(socket.on('error', () => socket.destroy()))
  }).listen(socketPath)
  await once(server, 'listening')
  onTestFinished(async () => {
    server.close()
    for (const socket of open) socket.destroy()
    await once(server, 'close')
    renameSync(behind, socketPath)
  })
  return questions
}

test('set starts the proxy, puts the table in force and reads it back; counters come from it', async () => {
  const { router, get } = openEdge()
  const [v1, v2] = [await startBackend('v1-1'), await startBackend('v2-1')]
  expect(await router.current()).toBeNull()
  await router.set(tableOf({ v1: 100, v2: 0 }, [v1, v2]))
  expect(await router.current()).toEqual(tableOf({ v1: 100, v2: 0 }, [v1, v2]))
  expect(await get()).toBe('v1')
  await router.set(tableOf({ v1: 0, v2: 100 }, [v1, v2]))
  expect(await get()).toBe('v2')
  const counters = await router.counters(AbortSignal.timeout(5000))
  expect(counters).toMatchObject([
    { version: 'v1', requests: 1 },
    { version: 'v2', requests: 1 },
  ])
})

test('a switch after the first one goes to the proxy before any other question', async () => {
  const { router, paths, get, upgrade } = openEdge()
  const backends = [await startBackend('v1-1'), await startBackend('v2-1')]
  await router.set(tableOf({ v1: 100, v2: 0 }, backends))
  // The connection that is kept ends with the process it leads to; the next one leads past us.
  await upgrade()
  const questions = await listenIn(paths.adminSocket)
  await router.set(tableOf({ v1: 0, v2: 100 }, backends))
  expect(questions).toEqual(['PUT /table', 'GET /table'])
  expect(await get()).toBe('v2')
})

test('a proxy that was killed since the last switch is started by the next one', async () => {
  const { router, paths, get } = openEdge()
  const backends = [await startBackend('v1-1'), await startBackend('v2-1')]
  await router.set(tableOf({ v1: 100, v2: 0 }, backends))
  await endProxy(paths)
  await router.set(tableOf({ v1: 0, v2: 100 }, backends))
  expect(await get()).toBe('v2')
})

test('a wrong table is refused and the one in force stays', async () => {
  const { router } = openEdge()
  const table = tableOf({ v1: 100 }, [await startBackend('v1-1')])
  await router.set(table)
  await expect(router.set({ ...table, weights: { v1: 50 } })).rejects.toThrow(/add up to 50/)
  expect(await router.current()).toEqual(table)
})

test('without a proxy: no table, and counters and drain say so instead of showing zeros', async () => {
  const { router } = openEdge()
  expect(await router.current()).toBeNull()
  await expect(router.counters(AbortSignal.timeout(1000))).rejects.toThrow(OutsideError)
  await expect(router.drain('v1', 100)).rejects.toThrow(/does not run/)
})

test('a proxy killed with -9, its keeper too, comes back with its last table', async () => {
  const { router, paths, health, get } = openEdge()
  const [v1, v2] = [await startBackend('v1-1'), await startBackend('v2-1')]
  await router.set(tableOf({ v1: 0, v2: 100 }, [v1, v2]))
  const before = await health()
  await endProxy(paths)
  expect(await router.current()).toBeNull()
  await ensureRunning('router edge', paths, builtinProxy.options.parse({ listen: { port: 0 } }))
  expect(await router.current()).toEqual(tableOf({ v1: 0, v2: 100 }, [v1, v2]))
  expect(await get()).toBe('v2')
  expect((await health()).pid).not.toBe(before.pid)
})

test('two callers at the same moment give one proxy', async () => {
  const first = openEdge()
  const second = openEdge({}, first.context)
  const table = tableOf({ v1: 100 }, [await startBackend('v1-1')])
  await Promise.all([first.router.set(table), second.router.set(table)])
  expect(await first.health()).toEqual(await second.health())
  expect(readFileSync(first.paths.log, 'utf8').match(/listens on/g)).toHaveLength(1)
})

test('a taken port is an error that names the port and how to find its owner, and leaves nothing running', async () => {
  const squatter = createServer().listen(0, '127.0.0.1')
  await once(squatter, 'listening')
  onTestFinished(() => void squatter.close())
  const { port } = squatter.address() as AddressInfo
  const { router, context } = openEdge({ listen: { port } })
  const error = await router.set(tableOf({ v1: 100 }, [await startBackend('v1-1')])).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(OutsideError)
  expect((error as OutsideError).toLine()).toMatch(new RegExp(`^router edge: port ${port} .*ss -ltnp`))
  expect(await builtinProxyHealth(context)).toBeNull()
})

test('only the owner may talk to the admin socket', async () => {
  const { router, paths } = openEdge()
  await router.set(tableOf({ v1: 100 }, [await startBackend('v1-1')]))
  expect(statSync(paths.adminSocket).mode & 0o777).toBe(0o600)
  expect(statSync(paths.directory).mode & 0o777).toBe(0o700)
})

test('a directory too deep for a socket path works all the same', async () => {
  const deep = join(scratch(), 'a-directory-with-a-long-name'.repeat(4))
  mkdirSync(deep)
  const { router, paths, get } = openEdge({}, { name: 'edge', stateDirectory: deep })
  onTestFinished(async () => {
    await router.stop()
    rmSync(dirname(paths.adminSocket), { recursive: true, force: true })
  })
  await router.set(tableOf({ v1: 100 }, [await startBackend('v1-1')]))
  expect(await get()).toBe('v1')
  expect(paths.adminSocket.startsWith(tmpdir())).toBe(true)
  expect(JSON.parse(readFileSync(paths.state, 'utf8'))).toMatchObject({ admin: paths.adminSocket })
})

test('changed settings take effect without a restart', async () => {
  const { router, context, health } = openEdge()
  const table = tableOf({ v1: 100, v2: 0 }, [await startBackend('v1-1'), await startBackend('v2-1')])
  await router.set(table)
  const { pid, port } = await health()
  const renamed = openEdge({ previewHeader: 'x-try' }, context)
  await renamed.router.set(table)
  expect((await renamed.health()).pid).toBe(pid)
  expect(await renamed.get({ 'x-try': 'candidate' })).toBe('v2')
  expect((await renamed.health()).port).toBe(port)
})

test('drain waits for the requests of a version, and says when they did not end in time', async () => {
  const { router, get } = openEdge()
  const gate = Promise.withResolvers<void>()
  const slow = await startBackend('v2-1', (_, response) => void gate.promise.then(() => response.end('v2')))
  const stable = await startBackend('v1-1')
  await router.set(tableOf({ v1: 0, v2: 100 }, [stable, slow]))
  const underWay = get()
  await vi.waitUntil(() => slow.seen.length === 1)
  await router.set(tableOf({ v1: 100, v2: 0 }, [stable, slow]))
  expect(await router.drain('v2', 50)).toBe(false)
  const drained = router.drain('v2', 10_000)
  gate.resolve()
  expect(await drained).toBe(true)
  expect(await underWay).toBe('v2')
})

test('stopped, the proxy finishes what is under way, and can be started again at once', async () => {
  const { router, get } = openEdge()
  const gate = Promise.withResolvers<void>()
  const slow = await startBackend('v1-1', (_, response) => void gate.promise.then(() => response.end('v1')))
  await router.set(tableOf({ v1: 100 }, [slow]))
  const underWay = get()
  await vi.waitUntil(() => slow.seen.length === 1)
  const stopped = router.stop()
  gate.resolve()
  expect(await underWay).toBe('v1')
  await stopped
  expect(await router.current()).toBeNull()
  await router.stop()
  await router.set(tableOf({ v1: 100 }, [slow]))
  expect(await get()).toBe('v1')
})

test.each([
  ['curl', undefined],
  ['a moved file, where there is no curl', pathWithoutCurl],
])('the capsule switches with %s, as often as it is run', async (_, pathOf) => {
  const { router, get } = openEdge()
  const [v1, v2] = [await startBackend('v1-1'), await startBackend('v2-1')]
  const wayBack = tableOf({ v1: 100, v2: 0 }, [v1, v2])
  const step = router.capsule(wayBack)
  for (let round = 0; round < 2; round++) {
    await router.set(tableOf({ v1: 0, v2: 100 }, [v1, v2]))
    expect(await get()).toBe('v2')
    expect(await runCapsuleStep(step, pathOf ? { PATH: pathOf() } : {})).toMatchObject({ exitCode: 0, stderr: '' })
    expect(await router.current()).toEqual(wayBack)
    expect(await get()).toBe('v1')
  }
  expect(step).toMatchObject({ stage: 'traffic', title: 'all traffic to v1 (router edge)' })
})

test('the capsule falls back to the file when curl cannot get through', async () => {
  const { router } = openEdge()
  const [v1, v2] = [await startBackend('v1-1'), await startBackend('v2-1')]
  await router.set(tableOf({ v1: 0, v2: 100 }, [v1, v2]))
  const path = pathWithoutCurl()
  writeFileSync(join(path, 'curl'), '#!/bin/sh\nexit 7\n')
  chmodSync(join(path, 'curl'), 0o755)
  expect(await runCapsuleStep(router.capsule(tableOf({ v1: 100, v2: 0 }, [v1, v2])), { PATH: path })).toMatchObject({
    exitCode: 0,
  })
  expect((await router.current())?.weights).toEqual({ v1: 100, v2: 0 })
})

test('a control file that makes no sense changes nothing and is not acknowledged', async () => {
  const { router, paths } = openEdge()
  const table = tableOf({ v1: 100 }, [await startBackend('v1-1')])
  await router.set(table)
  writeFileSync(paths.control, '{"weights":{}}')
  await vi.waitUntil(() => readFileSync(paths.log, 'utf8').includes('control file is not used'))
  expect(await router.current()).toEqual(table)
  expect(statSync(paths.ack, { throwIfNoEntry: false })).toBeUndefined()
})
