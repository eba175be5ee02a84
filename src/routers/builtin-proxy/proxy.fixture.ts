// For tests: a proxy inside this process, in front of given backends. It ends with the test that started it.
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { onTestFinished, vi } from 'vitest'
import type { VersionCounters } from '../../plan/signal.ts'
import type { Backend, RoutingTable } from '../../plan/traffic.ts'
import { Proxy } from './proxy.ts'
import { listenPublic, portOf } from './server.ts'
import { settingsSchema } from './settings.ts'

export interface TestProxy {
  proxy: Proxy
  url: string
  port: number
  server: Server
  counters(version: string): VersionCounters | undefined
}

export async function startProxy(settings: Record<string, unknown> = {}): Promise<TestProxy> {
  const proxy = new Proxy(settingsSchema.parse({ listen: { port: 0 }, ...settings }), () => {})
  const server = await listenPublic(proxy)
  const port = portOf(server)
  onTestFinished(() => {
    proxy.close()
    server.close()
    server.closeAllConnections()
  })
  const counters: TestProxy['counters'] = (version) =>
    proxy.tallies.snapshot().find((candidate) => candidate.version === version)
  return { proxy, url: `http://127.0.0.1:${port}`, port, server, counters }
}

/** Waits until something holds, on a busy machine too. */
export async function until(condition: () => unknown): Promise<void> {
  await vi.waitUntil(condition, { timeout: 20_000, interval: 10 })
}

/** A table over backends; the first one's version is the stable one. */
export function tableOf(
  weights: Record<string, number>,
  backends: readonly Backend[],
  extra: Partial<RoutingTable> = {},
): RoutingTable {
  const plain = backends.map(({ id, version, host, port }) => ({ id, version, host, port }))
  return { weights, backends: plain, stable: plain[0]?.version ?? '', ...extra }
}

/** The bodies of so many requests sent at the same time. */
export function textsOf(url: string, count: number, init: RequestInit = {}): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, async () => (await fetch(url, init)).text()))
}

/** Sends raw bytes and gives everything that comes back until the connection ends. */
export function sendRaw(port: number, text: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => (answer += chunk))
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })
}
