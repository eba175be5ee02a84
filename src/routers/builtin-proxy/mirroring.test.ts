// Copies of requests behind a real proxy: what the mirrored version sees, what is counted, and that clients notice nothing.
import { expect, test, vi } from 'vitest'
import { deadBackend, startBackend } from './backend.fixture.ts'
import { startProxy, tableOf, textsOf, until } from './proxy.fixture.ts'

const TO_V2 = { mirror: { version: 'v2', percent: 100 } }

test('GET and HEAD are copied with their headers; anything with a body, and other methods, are not', async () => {
  const { proxy, url, counters } = await startProxy()
  const seen: string[] = []
  const candidate = await startBackend('v2-1', (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers['x-from']}`)
    response.writeHead(500).end('not for clients')
  })
  proxy.apply(tableOf({ v1: 100, v2: 0 }, [await startBackend('v1-1'), candidate], TO_V2))
  const headers = { 'x-from': 'client' }
  expect(await (await fetch(`${url}/a`, { headers })).text()).toBe('v1')
  await fetch(`${url}/b`, { method: 'HEAD', headers })
  await fetch(`${url}/c`, { method: 'POST', body: 'pay', headers })
  await fetch(`${url}/d`, { method: 'DELETE', headers })
  await until(() => counters('v2')?.requests === 2 && counters('v2')?.inFlight === 0)
  expect(seen.toSorted()).toEqual(['GET /a client', 'HEAD /b client'])
  expect(counters('v2')).toMatchObject({ requests: 2, errors: 2, shielded: 0 })
  expect(counters('v1')).toMatchObject({ requests: 4, errors: 0 })
})

test('a share of them, and never those that the version gets anyway', async () => {
  const { proxy, url, counters } = await startProxy()
  const backends = [await startBackend('v1-1'), await startBackend('v2-1')]
  proxy.apply(tableOf({ v1: 100, v2: 0 }, backends, { mirror: { version: 'v2', percent: 30 } }))
  await textsOf(url, 200)
  await until(() => counters('v2')?.inFlight === 0)
  expect(counters('v2')!.requests).toBeGreaterThan(25)
  expect(counters('v2')!.requests).toBeLessThan(100)
  const before = counters('v2')!.requests
  await textsOf(url, 20, { headers: { 'x-gonogo-version': 'v2' } })
  expect(counters('v2')!.requests).toBe(before + 20)
})

test('a version that hangs, is dead or talks without end delays nobody and is bounded', async () => {
  const { proxy, url, counters } = await startProxy({ mirrorRequestsMax: 5, requestTimeoutMs: 1500 })
  const hanging = await startBackend('v2-1', () => {})
  const stable = await startBackend('v1-1')
  proxy.apply(tableOf({ v1: 100, v2: 0 }, [stable, hanging], TO_V2))
  expect(await textsOf(url, 30)).toEqual(Array.from({ length: 30 }, () => 'v1'))
  await until(() => counters('v2')?.requests === 5 && counters('v2')?.inFlight === 0)
  expect(hanging.seen).toHaveLength(5)
  expect(counters('v2')).toMatchObject({ requests: 5, errors: 5 })
  proxy.apply(
    tableOf({ v1: 100, v3: 0 }, [stable, await deadBackend('v3-1')], { mirror: { version: 'v3', percent: 100 } }),
  )
  expect(await textsOf(url, 3)).toEqual(['v1', 'v1', 'v1'])
  await until(() => counters('v3')?.errors === 3)
})

test('an answer without end is cut off after so much of it', async () => {
  const { proxy, url, counters } = await startProxy()
  let closed = false
  const endless = await startBackend('v2-1', (_, response) => {
    const push = (): void => {
      while (!response.destroyed && response.write('x'.repeat(1 << 18)));
      response.once('drain', push)
    }
    push()
    response.once('close', () => (closed = true))
  })
  proxy.apply(tableOf({ v1: 100, v2: 0 }, [await startBackend('v1-1'), endless], TO_V2))
  expect(await textsOf(url, 1)).toEqual(['v1'])
  await vi.waitUntil(() => closed, { timeout: 5000 })
  expect(counters('v2')).toMatchObject({ requests: 1, errors: 0, inFlight: 0 })
})
