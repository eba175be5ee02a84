// Against a real HAProxy, Debian's `haproxy`, in front of two servers of this process.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startHaproxy, type HaproxyServer } from '../../../test/servers/haproxy.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import type { Sample } from '../../plan/signal.ts'
import type { Tally } from '../../plan/tally.ts'
import type { SourceContext } from '../source.ts'
import { haproxy } from './haproxy.ts'

const installed = isProgramThere('haproxy', 'haproxy')
if (!installed) console.warn('SKIPPED: haproxy.services.test.ts needs haproxy, which could not be installed')

interface Service {
  server: Server
  port: number
  /** What it was asked and how it answered. */
  served: { requests: number; errors: number }
}

async function startService(): Promise<Service> {
  const served = { requests: 0, errors: 0 }
  const server = createServer((asked, response) => {
    served.requests++
    if (asked.url === '/early') response.writeEarlyHints({ link: '</a.css>; rel=preload' })
    if (asked.url === '/fails') response.statusCode = 500
    if (asked.url === '/fails' || asked.url === '/breaks' || asked.url === '/hangs') served.errors++
    if (asked.url === '/breaks') asked.socket.destroy()
    else if (asked.url !== '/hangs') response.end('answer')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port, served }
}

const context: SourceContext = {
  directory: '/',
  counters: () => Promise.resolve([]),
  instances: () => Promise.resolve({}),
  versions: () => ({ candidate: 'v2', stable: 'v1' }),
}

function looker(given: Record<string, unknown>): () => Promise<Sample[]> {
  const options = haproxy.options.parse({ backend: 'web', servers: '{{version}}-*', timeoutMs: 5000, ...given })
  const source = haproxy.create(options, context)
  return () => source.sample(Date.now(), AbortSignal.timeout(5000))
}

const find = (samples: Sample[], signal: string, version: string | null): Sample | undefined =>
  samples.find((sample) => sample.signal === signal && sample.version === version)
const tallyOf = (samples: Sample[], version: string | null): Tally | undefined =>
  find(samples, 'requests', version)?.tally

describe.skipIf(!installed)('haproxy source on a real HAProxy', () => {
  let proxy: HaproxyServer
  let services: Record<'v1' | 'v2', Service>

  beforeAll(async () => {
    services = { v1: await startService(), v2: await startService() }
    proxy = await startHaproxy({ 'v1-0': services.v1.port, 'v2-0': services.v2.port })
  })
  afterAll(async () => {
    await proxy.stop()
    for (const { server } of Object.values(services)) {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
  })

  // A connection each: on one that was used before, HAProxy leaves it to the client to ask again, and counts nothing.
  const send = async (path: string, times: number): Promise<void> => {
    for (let i = 0; i < times; i++) await (await request(proxy.url + path, { reset: true })).body.dump()
  }
  /** What was served since the last call, by version. */
  const servedSince = () =>
    Object.values(services).map(({ served }) => {
      const { requests, errors } = served
      Object.assign(served, { requests: 0, errors: 0 })
      return { requests, errors, latency: null }
    })

  it('counts exactly what was served, through each of its doors', async () => {
    const doors = [{ socket: proxy.socket }, { tcp: proxy.tcp }, { url: proxy.statisticsUrl }].map(looker)
    for (const look of doors) await look()
    servedSince()
    await send('/', 41)
    await send('/early', 6)
    await send('/fails', 8)
    await send('/breaks', 5)
    await send('/hangs', 3)
    const served = servedSince()
    expect(served.reduce((sum, { requests }) => sum + requests, 0)).toBe(63)
    for (const look of doors) {
      const samples = await look()
      expect([tallyOf(samples, 'v1'), tallyOf(samples, 'v2')]).toEqual(served)
      // The page counts itself: it is asked for in front, not in the backend.
      expect(tallyOf(samples, null)).toEqual({ requests: 63, errors: 16, latency: null })
      expect(find(samples, 'response-time', 'v1')?.value).toBeGreaterThanOrEqual(0)
      expect(find(samples, 'health', 'v1')?.value).toBe(1)
      expect(find(samples, 'queue', null)?.value).toBe(0)
    }
  })

  it('tells when a server of the candidate dies, and still counts what it did to clients', async () => {
    const look = looker({ socket: proxy.socket })
    await look()
    services.v2.server.closeAllConnections()
    services.v2.server.close()
    await once(services.v2.server, 'close')
    await expect.poll(async () => find(await look(), 'health', 'v2')?.value, { timeout: 20_000 }).toBe(0)
    expect(find(await look(), 'health', 'v1')?.value).toBe(1)
    await send('/', 5)
    expect(tallyOf(await look(), 'v1')).toEqual({ requests: 5, errors: 0, latency: null })
    services.v2.server.listen(services.v2.port, '127.0.0.1')
    await once(services.v2.server, 'listening')
    await expect.poll(async () => find(await look(), 'health', 'v2')?.value, { timeout: 20_000 }).toBe(1)
  })

  it('is unknown while HAProxy is gone and once after it is back, and then counts again', async () => {
    const look = looker({ socket: proxy.socket })
    await look()
    await send('/', 4)
    expect(tallyOf(await look(), null)?.requests).toBe(4)
    await proxy.kill()
    expect((await look()).every(({ value, detail }) => value === null && detail !== undefined)).toBe(true)
    await proxy.start()
    await send('/', 30)
    const back = await look()
    expect(find(back, 'requests', 'v1')).toMatchObject({ value: null, detail: expect.stringContaining('restarted') })
    await send('/', 6)
    expect(tallyOf(await look(), null)).toEqual({ requests: 6, errors: 0, latency: null })
  })

  it('takes a reload for what it is: another process, which counts anew', async () => {
    const look = looker({ tcp: proxy.tcp })
    await look()
    await send('/', 3)
    await proxy.reload()
    await send('/', 9)
    expect(find(await look(), 'requests', 'v1')?.value).toBeNull()
    await send('/', 5)
    await send('/fails', 2)
    expect(tallyOf(await look(), null)).toEqual({ requests: 7, errors: 2, latency: null })
  })
})
