// A canary that answers with errors, behind a real proxy: what its clients see, what is counted, who gets the traffic.
import { expect, test } from 'vitest'
import { startBackend, startRawBackend } from './backend.fixture.ts'
import type { TestBackend } from './backend.fixture.ts'
import { startProxy, tableOf, textsOf, until } from './proxy.fixture.ts'
import type { TestProxy } from './proxy.fixture.ts'

const NO_BREAKER = { breaker: { enabled: false } }
const NO_SHIELD = { shield: { enabled: false } }

/** A backend that answers as it is told at the moment. */
async function moodyBackend(id: string): Promise<TestBackend & { status: number; body: string }> {
  const mood = { status: 500, body: 'oh no' }
  const backend = await startBackend(id, (request, response) => {
    request.resume()
    request.once('end', () => response.writeHead(mood.status).end(mood.status < 500 ? id : mood.body))
  })
  return Object.assign(mood, backend)
}

/** Everything goes to v2, which answers 500; v1 is stable and well. */
async function badCanary(settings: Record<string, unknown>, more: Record<string, number> = {}) {
  const { proxy, url, counters } = await startProxy(settings)
  const [stable, canary] = [await startBackend('v1-1'), await moodyBackend('v2-1')]
  proxy.apply(tableOf({ v1: 0, v2: 100, ...more }, [stable, canary]))
  return { proxy, url, counters, stable, canary }
}

async function statusesOf(url: string, count: number, init: RequestInit = {}): Promise<number[]> {
  const statuses: number[] = []
  for (let i = 0; i < count; i++) {
    const answer = await fetch(url, init)
    await answer.text()
    statuses.push(answer.status)
  }
  return statuses
}

const outOf = ({ proxy }: Pick<TestProxy, 'proxy'>): string[] => proxy.routing.outOfTurn().broken

test('a 500 of the canary to a GET is answered again by stable, and is the canary’s error', async () => {
  const { url, counters, proxy } = await badCanary(NO_BREAKER)
  for (let i = 0; i < 10; i++) {
    const answer = await fetch(url)
    expect([answer.status, answer.headers.get('x-gonogo-version'), await answer.text()]).toEqual([200, 'v1', 'v1'])
  }
  await until(() => counters('v2')?.inFlight === 0)
  expect(counters('v2')).toMatchObject({ requests: 10, errors: 10, shielded: 10, retries: 10, diverted: 0 })
  // Each request counts once, for the version it was drawn for: what fails everywhere must not be held against stable.
  await until(() => counters('v1')?.inFlight === 0)
  expect(counters('v1')).toMatchObject({ requests: 0, errors: 0, shielded: 0 })
  expect(proxy.shielding.recent).toEqual({ requests: 10, shielded: 10 })
})

test('what cannot be sent twice, what a tester asked for, and what stable says is not shielded', async () => {
  const { url, proxy, canary, counters } = await badCanary(NO_BREAKER)
  expect(await statusesOf(url, 2, { method: 'POST', body: 'pay 5' })).toEqual([500, 500])
  expect(await statusesOf(url, 2, { headers: { 'x-gonogo-version': 'candidate' } })).toEqual([500, 500])
  canary.status = 404
  expect(await statusesOf(url, 1)).toEqual([404])
  canary.status = 501
  expect(await statusesOf(url, 1)).toEqual([501])
  expect(counters('v2')).toMatchObject({ requests: 6, errors: 5, shielded: 0 })
  proxy.apply({ ...tableOf({ v2: 100 }, [canary]), stable: 'v2' })
  canary.status = 500
  expect(await statusesOf(url, 1)).toEqual([500])
})

test('the shield is bounded: beyond its share clients see the errors', async () => {
  const { url, counters, proxy } = await badCanary({ ...NO_BREAKER, shield: { shareMax: 0 } })
  const statuses = await Promise.all(Array.from({ length: 40 }, async () => (await fetch(url)).status))
  expect(statuses.filter((status) => status === 200)).toHaveLength(counters('v2')!.shielded!)
  expect(statuses.filter((status) => status === 500)).toHaveLength(proxy.shielding.refused)
  expect(proxy.shielding.refused).toBeGreaterThan(0)
})

test('stable that is busy or fails itself gets nothing on top', async () => {
  const { proxy, url, counters } = await startProxy({ ...NO_BREAKER, shield: { stableInFlightMax: 1 } })
  const gate = Promise.withResolvers<void>()
  const busy = await startBackend('v1-1', (_, response) => void gate.promise.then(() => response.end('v1')))
  proxy.apply(tableOf({ v1: 0, v2: 100 }, [busy, await moodyBackend('v2-1')]))
  const underWay = textsOf(url, 1, { headers: { 'x-gonogo-version': 'stable' } })
  await until(() => counters('v1')?.inFlight === 1)
  expect(await statusesOf(url, 1)).toEqual([500])
  gate.resolve()
  await underWay
  expect(await statusesOf(url, 1)).toEqual([200])

  const failing = await moodyBackend('v1-2')
  proxy.apply(tableOf({ v1: 0, v2: 100 }, [failing, await moodyBackend('v2-2')]))
  await statusesOf(url, 5, { headers: { 'x-gonogo-version': 'stable' } })
  const before = failing.seen.length
  expect(await statusesOf(url, 3)).toEqual([500, 500, 500])
  expect(failing.seen).toHaveLength(before)
})

test('an error page of any length, even without end, costs no more than its beginning', async () => {
  const { proxy, url, counters } = await startProxy(NO_BREAKER)
  let closed = 0
  const chatty = await startBackend('v2-1', (_, response) => {
    response.writeHead(500)
    const push = (): void => {
      while (!response.destroyed && response.write('x'.repeat(16_384)));
      response.once('drain', push)
    }
    push()
    response.once('close', () => closed++)
  })
  proxy.apply(tableOf({ v1: 0, v2: 100 }, [await startBackend('v1-1'), chatty]))
  expect(await textsOf(url, 3)).toEqual(['v1', 'v1', 'v1'])
  await until(() => closed === 3 && counters('v2')?.inFlight === 0)
  expect(counters('v2')).toMatchObject({ requests: 3, errors: 3, shielded: 3 })
})

test('the breaker alone: five failed answers, then stable answers everything, POSTs too', async () => {
  const edge = await badCanary({ ...NO_SHIELD, breaker: { probeEveryMs: 60_000, openMs: 60_000 } })
  const statuses = await statusesOf(edge.url, 20, { method: 'POST', body: 'x' })
  expect(statuses).toEqual([...Array.from({ length: 5 }, () => 500), ...Array.from({ length: 15 }, () => 200)])
  expect(outOf(edge)).toEqual(['v2-1'])
  expect(edge.counters('v2')).toMatchObject({ requests: 5, errors: 5, diverted: 15 })
  expect(edge.counters('v1')).toMatchObject({ requests: 15, errors: 0 })
})

test('the breaker alone: of requests that may be sent again only the first one sees the fault', async () => {
  const edge = await badCanary({ ...NO_SHIELD, breaker: { probeEveryMs: 60_000 } })
  expect(await statusesOf(edge.url, 20)).toEqual([500, ...Array.from({ length: 19 }, () => 200)])
  expect(edge.counters('v2')).toMatchObject({ requests: 5, errors: 5, shielded: 4, diverted: 15 })
})

test('while it is open single GETs go on asking, unseen by their clients, and a cured canary is back by itself', async () => {
  const edge = await badCanary({ ...NO_SHIELD, breaker: { probeEveryMs: 5, failures: 1, ofLast: 1 } })
  expect(await statusesOf(edge.url, 1, { method: 'POST', body: 'x' })).toEqual([500])
  const asked = edge.canary.seen.length
  await until(async () => {
    expect(await statusesOf(edge.url, 1)).toEqual([200])
    return edge.canary.seen.length >= asked + 3
  })
  expect(edge.counters('v2')!.errors).toBe(edge.canary.seen.length)
  edge.canary.status = 200
  await until(async () => (await (await fetch(edge.url)).text()) === 'v2-1' && outOf(edge).length === 0)
})

test('where nothing can be sent twice, the breaker tries a request again after its time', async () => {
  const edge = await badCanary({ breaker: { openMs: 20, failures: 1, ofLast: 1, successes: 1 } })
  const post = { method: 'POST', body: 'x' }
  expect(await statusesOf(edge.url, 1, post)).toEqual([500])
  edge.canary.status = 200
  await until(async () => (await statusesOf(edge.url, 1, post))[0] === 200 && outOf(edge).length === 0)
  expect(await (await fetch(edge.url, post)).text()).toBe('v2-1')
})

test('a sibling that is well has the traffic of its version, and the bad one comes back', async () => {
  const { proxy, url, counters } = await startProxy({ breaker: { probeEveryMs: 5 } })
  const bad = await moodyBackend('v2-2')
  proxy.apply(tableOf({ v1: 0, v2: 100 }, [await startBackend('v1-1'), await startBackend('v2-1'), bad]))
  await until(async () => {
    await fetch(url)
    return outOf({ proxy }).length > 0
  })
  expect(outOf({ proxy })).toEqual(['v2-2'])
  bad.status = 200
  await until(async () => (await fetch(url)) && outOf({ proxy }).length === 0)
  expect(counters('v2')?.diverted).toBe(0)
})

test('stable keeps its last backend, and half of them, however they answer', async () => {
  const { proxy, url } = await startProxy({ breaker: { probeEveryMs: 60_000 } })
  const only = await moodyBackend('v1-1')
  proxy.apply(tableOf({ v1: 100 }, [only]))
  expect(new Set(await statusesOf(url, 10))).toEqual(new Set([500]))
  expect(outOf({ proxy })).toEqual([])
  proxy.apply(
    tableOf({ v1: 100 }, [await moodyBackend('v1-2'), await moodyBackend('v1-3'), await moodyBackend('v1-4')]),
  )
  await statusesOf(url, 40)
  expect(outOf({ proxy })).toHaveLength(1)
})

test('a version that becomes stable while its breaker is open is in turn again', async () => {
  const edge = await badCanary({ breaker: { failures: 1, ofLast: 1, probeEveryMs: 60_000 } })
  await fetch(edge.url)
  expect(outOf(edge)).toEqual(['v2-1'])
  edge.proxy.apply({ ...tableOf({ v2: 100 }, [edge.canary]), stable: 'v2' })
  expect(outOf(edge)).toEqual([])
  expect(await statusesOf(edge.url, 1)).toEqual([500])
})

test('connections that break while the backend works open the breaker as well', async () => {
  const { proxy, url } = await startProxy({ ...NO_SHIELD, breaker: { probeEveryMs: 60_000 } })
  const cutting = await startRawBackend('v2-1', (socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'))
  })
  proxy.apply(tableOf({ v1: 0, v2: 100 }, [await startBackend('v1-1'), cutting]))
  for (let i = 0; i < 5; i++) await expect(fetch(url).then((answer) => answer.text())).rejects.toThrow()
  expect(await (await fetch(url)).text()).toBe('v1')
  expect(outOf({ proxy })).toEqual(['v2-1'])
})

test('a backend whose health check fails is out of turn, and back when it is well', async () => {
  const { proxy, url } = await startProxy({ health: { path: '/healthz', intervalMs: 5, rise: 2, fall: 2 } })
  const asked = { status: 204 }
  const [first, second] = await Promise.all(
    ['v1-1', 'v1-2'].map((id) =>
      startBackend(id, (request, response) => {
        const isCheck = request.url === '/healthz'
        if (isCheck && id === 'v1-2') response.writeHead(asked.status)
        response.end(isCheck ? '' : id)
      }),
    ),
  )
  proxy.apply(tableOf({ v1: 100 }, [first!, second!]))
  await until(async () => new Set(await textsOf(url, 4)).size === 2)
  asked.status = 503
  await until(() => proxy.routing.outOfTurn().unwell.includes('v1-2'))
  expect(new Set(await textsOf(url, 6))).toEqual(new Set(['v1-1']))
  asked.status = 200
  await until(() => proxy.routing.outOfTurn().unwell.length === 0)
  expect(new Set(await textsOf(url, 6))).toEqual(new Set(['v1-1', 'v1-2']))
})

test('the last stable backend answers although its health check fails', async () => {
  const { proxy, url } = await startProxy({ health: { path: '/healthz', intervalMs: 5, status: 200 } })
  const unwell = await startBackend('v1-1', (request, response) => {
    response.writeHead(request.url === '/healthz' ? 204 : 200).end()
  })
  proxy.apply(tableOf({ v1: 100 }, [unwell]))
  await until(() => proxy.routing.outOfTurn().unwell.length === 1)
  expect((await fetch(url)).status).toBe(200)
})
