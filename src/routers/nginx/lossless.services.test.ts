// Not one request may be lost by an nginx with Lua, whatever is done to it; without Lua, what a switch costs is measured.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startLoad, type LoadProcess, type LoadResult } from '../../../examples/load/load.ts'
import { freePort } from '../../../test/servers/free-port.ts'
import { isNginxLuaThere } from '../../../test/servers/nginx.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { pause } from '../../lib/deadline.ts'
import type { RoutingTable } from '../../plan/traffic.ts'
import { startBackend, startBackendProcess, type BackendProcess } from '../builtin-proxy/backend.fixture.ts'
import { nginx } from '../nginx.ts'
import type { Router } from '../router.ts'

const hasNginx = isProgramThere('nginx', 'nginx-light')
const hasLua = hasNginx && isNginxLuaThere()
if (!hasLua) console.warn('SKIPPED: nginx with its Lua module is not here and cannot be installed')

const SWITCHES = 20
const SPACING = 2000

interface Scene {
  router: Router
  load: LoadProcess
  candidate: BackendProcess[]
  port: number
  table(weight: number): RoutingTable
  /** Another router over the same nginx, with other settings: it reloads it. */
  changed(options: Record<string, unknown>): Router
}

async function scene(mode: 'lua' | 'reload'): Promise<Scene> {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-nginx-'))
  const port = await freePort()
  const context = { name: 'edge', directory, stateDirectory: directory, env: process.env as Record<string, string> }
  const changed = (options: Record<string, unknown>) =>
    nginx.create(nginx.options.parse({ mode, listen: { port }, ...options }), context)
  const router = changed({})
  onTestFinished(async () => {
    await router.stop()
    rmSync(directory, { recursive: true, force: true })
  })
  const stable = [await startBackend('v1-1'), await startBackend('v1-2')]
  for (const { server } of stable) server.on('upgrade', (_, socket) => greet(socket as Socket))
  const candidate = [await startBackendProcess('v2-1'), await startBackendProcess('v2-2')]
  const backends = [...stable, ...candidate].map(({ id, version, host, port: at }) => ({ id, version, host, port: at }))
  const table = (weight: number): RoutingTable => ({
    weights: { v1: 100 - weight, v2: weight },
    backends,
    stable: 'v1',
  })
  await router.set(table(0))
  const load = startLoad({ url: `http://127.0.0.1:${port}/`, connections: 64, durationMs: 600_000 })
  onTestFinished(async () => void (await load.stop()))
  return { router, load, candidate, port, table, changed }
}

/** Answers an upgrade and sends back what it gets. */
function greet(socket: Socket): void {
  socket.on('error', () => socket.destroy())
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  socket.pipe(socket)
}

async function openSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.write('GET /socket HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  const [head] = (await once(socket, 'data')) as [Buffer]
  expect(head.toString()).toContain('101 Switching')
  return socket
}

async function echoed(socket: Socket, text: string): Promise<string> {
  socket.write(text)
  const [back] = (await once(socket, 'data', { signal: AbortSignal.timeout(10_000) })) as [Buffer]
  return back.toString()
}

async function requestsPass(load: LoadProcess, count: number): Promise<LoadResult> {
  const wanted = (await load.progress()).requests + count
  for (;;) {
    const result = await load.progress()
    if (result.requests >= wanted) return result
    await pause(20)
  }
}

/** Milliseconds from the command to the last answer of the version that lost the traffic. */
async function switchTo({ router, load, table }: Scene, weight: number): Promise<number> {
  const startedAt = Date.now()
  await router.set(table(weight))
  const { byVersion } = await requestsPass(load, SPACING)
  return Math.max(0, (byVersion[weight === 100 ? 'v1' : 'v2']?.lastAt ?? startedAt) - startedAt)
}

function describeTimes(times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  return `median ${sorted[Math.floor(sorted.length / 2)]} ms, longest ${sorted.at(-1)} ms`
}

describe.skipIf(!hasLua)('nginx with Lua', () => {
  it('loses no request through switches, weights, drains, kill -9 and a reload for new settings', async () => {
    const here = await scene('lua')
    const { router, load, candidate, table, port } = here
    const socket = await openSocket(port)
    await requestsPass(load, SPACING)

    const times: number[] = []
    for (let i = 0; i < SWITCHES; i++) times.push(await switchTo(here, i % 2 === 0 ? 100 : 0))
    for (const weight of [1, 10, 25, 50, 75, 100, 60, 30, 5, 0, 1, 10, 25, 50, 75, 100, 60, 30, 5, 50]) {
      await router.set(table(weight))
      await requestsPass(load, SPACING)
    }
    for (let i = 0; i < 6; i++) {
      const killed = i % 2 === 0 ? candidate.slice(0, 1) : candidate
      await Promise.all(killed.map((one) => one.kill('SIGKILL')))
      await requestsPass(load, SPACING)
      await Promise.all(killed.map((one) => one.restart()))
      await requestsPass(load, SPACING)
    }
    for (let i = 0; i < 3; i++) {
      await router.set(table(0))
      expect(await router.drain('v2', 10_000)).toBe(true)
      await Promise.all(candidate.map((one) => one.kill('SIGTERM')))
      await Promise.all(candidate.map((one) => one.restart()))
      await router.set(table(50))
      await requestsPass(load, SPACING)
    }
    await here.changed({ connectTimeoutMs: 900 }).set(table(20))
    await requestsPass(load, 10 * SPACING)

    expect(await echoed(socket, 'still here')).toBe('still here')
    const { requests, failed, failures } = await load.stop()
    console.log(
      `nginx with Lua: ${requests} requests, ${failed} failed; switch to last old answer: ${describeTimes(times)}`,
    )
    expect(failures).toEqual([])
    expect(failed).toBe(0)
    expect(requests).toBeGreaterThan(100_000)
    const counters = await router.counters(AbortSignal.timeout(5000))
    // None would mean that the faults missed the traffic.
    expect(counters?.find(({ version }) => version === 'v2')?.retries).toBeGreaterThan(0)
  })
})

describe.skipIf(!hasNginx)('nginx without Lua', () => {
  it('switches under load, and what that loses are connections that were idle', async () => {
    const here = await scene('reload')
    await requestsPass(here.load, SPACING)
    const times: number[] = []
    for (let i = 0; i < SWITCHES; i++) times.push(await switchTo(here, i % 2 === 0 ? 100 : 0))
    expect(await here.router.drain('v2', 20_000)).toBe(true)
    const { requests, failed } = await here.load.stop()
    console.log(
      `nginx by reload: ${requests} requests, ${failed} failed; switch to last old answer: ${describeTimes(times)}`,
    )
    expect(requests).toBeGreaterThan(SWITCHES * SPACING)
    // At most each of the 64 connections at each switch.
    expect(failed).toBeLessThan(SWITCHES * 64)
  })
})
