// Who gets a request, through a real proxy: weights, cookies, preview, holding, changes of the table.
import { describe, expect, test, vi } from 'vitest'
import { deadBackend, startBackend } from './backend.fixture.ts'
import { startProxy, tableOf, textsOf } from './proxy.fixture.ts'

describe('who gets a request', () => {
  test('weights are kept, loosely, and each answer says which version gave it', async () => {
    const { proxy, url } = await startProxy()
    proxy.apply(tableOf({ v1: 70, v2: 30 }, [await startBackend('v1-1'), await startBackend('v2-1')]))
    const answers = await Promise.all(Array.from({ length: 600 }, () => fetch(url)))
    const versions = answers.map((answer) => answer.headers.get('x-gonogo-version'))
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(versions)
    const share = versions.filter((version) => version === 'v2').length / 600
    expect(share).toBeGreaterThan(0.2)
    expect(share).toBeLessThan(0.4)
  })

  test('a client keeps its version by cookie while traffic is split, and is moved at once when the weight becomes 0', async () => {
    const { proxy, url } = await startProxy()
    const backends = [await startBackend('v1-1'), await startBackend('v2-1')]
    proxy.apply(tableOf({ v1: 50, v2: 50 }, backends))
    let cookie = ''
    for (let version = ''; version !== 'v2';) {
      const answer = await fetch(url)
      cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
      version = await answer.text()
    }
    const headers = { cookie: `theme=dark; ${cookie}` }
    expect(new Set(await textsOf(url, 50, { headers }))).toEqual(new Set(['v2']))
    expect((await fetch(url, { headers })).headers.get('set-cookie')).toBeNull()
    proxy.apply(tableOf({ v1: 100, v2: 0 }, backends))
    expect(new Set(await textsOf(url, 20, { headers }))).toEqual(new Set(['v1']))
  })

  test('without a split nobody gets a cookie', async () => {
    const { proxy, url } = await startProxy()
    proxy.apply(tableOf({ v1: 100, v2: 0 }, [await startBackend('v1-1'), await startBackend('v2-1')]))
    expect((await fetch(url)).headers.get('set-cookie')).toBeNull()
  })

  test('the preview header reaches a version without weight, and no other version answers for one that is missing', async () => {
    const { proxy, url } = await startProxy()
    proxy.apply(tableOf({ v1: 100, v2: 0 }, [await startBackend('v1-1'), await deadBackend('v2-1')]))
    expect((await fetch(url, { headers: { 'x-gonogo-version': 'candidate' } })).status).toBe(502)
    expect((await fetch(url, { headers: { 'x-gonogo-version': 'v9' } })).status).toBe(503)
    proxy.apply(tableOf({ v1: 100, v2: 0 }, [await startBackend('v1-1'), await startBackend('v2-1')]))
    for (const wanted of ['v2', 'candidate'])
      expect(await textsOf(url, 3, { headers: { 'x-gonogo-version': wanted } })).toEqual(['v2', 'v2', 'v2'])
    expect(await (await fetch(url)).text()).toBe('v1')
  })

  test('backends of a version take turns', async () => {
    const { proxy, url } = await startProxy()
    const [a, b] = [await startBackend('v1-1'), await startBackend('v1-2')]
    proxy.apply(tableOf({ v1: 100 }, [a, b]))
    await textsOf(url, 20)
    expect([a.seen.length, b.seen.length]).toEqual([10, 10])
  })

  test('without a table the answer is 503', async () => {
    const { url } = await startProxy()
    expect((await fetch(url)).status).toBe(503)
  })
})

describe('holding', () => {
  test('new requests wait while a table holds, those in flight end, and all are answered after it', async () => {
    const { proxy, url } = await startProxy()
    const gate = Promise.withResolvers<void>()
    const slow = await startBackend('v1-1', (_, response) => void gate.promise.then(() => response.end('first')))
    const other = await startBackend('v2-1')
    proxy.apply(tableOf({ v1: 100 }, [slow]))
    const inFlight = textsOf(url, 2)
    await vi.waitUntil(() => slow.seen.length === 2)
    proxy.apply(tableOf({ v1: 100 }, [slow], { hold: true }))
    const held = textsOf(url, 5)
    await vi.waitUntil(() => proxy.held.size === 5)
    gate.resolve()
    expect(await inFlight).toEqual(['first', 'first'])
    expect(slow.seen).toHaveLength(2)
    proxy.apply(tableOf({ v2: 100 }, [other]))
    expect(await held).toEqual(['v2', 'v2', 'v2', 'v2', 'v2'])
  })

  test('what waits is bounded in number and time; who leaves waits no longer', async () => {
    const { proxy, url } = await startProxy({ holdRequestsMax: 2, holdMsMax: 300 })
    proxy.apply(tableOf({ v1: 100 }, [await startBackend('v1-1')], { hold: true }))
    const leaving = new AbortController()
    const left = fetch(url, { signal: leaving.signal })
    await vi.waitUntil(() => proxy.held.size === 1)
    leaving.abort()
    await expect(left).rejects.toThrow()
    await vi.waitUntil(() => proxy.held.size === 0)
    const held = [fetch(url), fetch(url)]
    await vi.waitUntil(() => proxy.held.size === 2)
    const refused = await fetch(url)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
    expect((await Promise.all(held)).map((answer) => answer.status)).toEqual([503, 503])
  })
})

describe('changing the table', () => {
  test('a backend that leaves the table ends what it has under way, then its connections are closed', async () => {
    const { proxy, url } = await startProxy()
    const gate = Promise.withResolvers<void>()
    const leaving = await startBackend('v2-1', (_, response) => void gate.promise.then(() => response.end('v2')))
    const stable = await startBackend('v1-1')
    proxy.apply(tableOf({ v1: 0, v2: 100 }, [stable, leaving]))
    const underWay = textsOf(url, 3)
    await vi.waitUntil(() => leaving.seen.length === 3)
    proxy.apply(tableOf({ v1: 100 }, [stable]))
    expect(await (await fetch(url)).text()).toBe('v1')
    gate.resolve()
    expect(await underWay).toEqual(['v2', 'v2', 'v2'])
    const connections = () => new Promise<number>((resolve) => leaving.server.getConnections((_, n) => resolve(n)))
    await vi.waitUntil(async () => (await connections()) === 0)
  })
})
