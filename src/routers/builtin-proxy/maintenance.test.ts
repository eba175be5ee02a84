// Holding and closing, as clients see it: what kamal-proxy calls pause, resume and stop.
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { expect, onTestFinished, test, vi } from 'vitest'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBackend } from './backend.fixture.ts'
import { Keeping } from './keeping.ts'
import { proxyPaths } from './paths.ts'
import { Predecessors } from './predecessors.ts'
import { startProxy, tableOf } from './proxy.fixture.ts'
import { Switching } from './switching.ts'

test('paused, requests wait; resumed, they are answered, by the version that has the traffic by then', async () => {
  const { proxy, url } = await startProxy()
  const [v1, v2] = [await startBackend('v1-1'), await startBackend('v2-1')]
  proxy.apply(tableOf({ v1: 100, v2: 0 }, [v1, v2], { hold: true }))
  const waiting = Array.from({ length: 5 }, async () => (await fetch(url)).text())
  await vi.waitUntil(() => proxy.held.size === 5)
  // Switched while paused: still nobody is let through.
  proxy.apply(tableOf({ v1: 0, v2: 100 }, [v1, v2], { hold: true }))
  expect(proxy.held.size).toBe(5)
  expect([v1.seen.length, v2.seen.length]).toEqual([0, 0])
  proxy.apply(tableOf({ v1: 0, v2: 100 }, [v1, v2]))
  expect(await Promise.all(waiting)).toEqual(['v2', 'v2', 'v2', 'v2', 'v2'])
})

test('a request that waits for too long gets 503 and when to come again', async () => {
  const { proxy, url } = await startProxy({ holdMsMax: 30 })
  proxy.apply(tableOf({ v1: 100 }, [await startBackend('v1-1')], { hold: true }))
  const answer = await fetch(url)
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await answer.text()).toContain('held for too long')
  expect(proxy.held.size).toBe(0)
})

test('one request more than may wait gets 503 at once, and those who wait are answered all the same', async () => {
  const { proxy, url } = await startProxy({ holdRequestsMax: 1 })
  const backends = [await startBackend('v1-1')]
  proxy.apply(tableOf({ v1: 100 }, backends, { hold: true }))
  const waiting = fetch(url)
  await vi.waitUntil(() => proxy.held.size === 1)
  const refused = await fetch(url)
  expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining('too many requests are held')])
  proxy.apply(tableOf({ v1: 100 }, backends))
  expect(await (await waiting).text()).toBe('v1')
})

test('a client that leaves while it waits is forgotten', async () => {
  const { proxy, url } = await startProxy()
  proxy.apply(tableOf({ v1: 100 }, [await startBackend('v1-1')], { hold: true }))
  const leaving = new AbortController()
  const waiting = fetch(url, { signal: leaving.signal }).catch(() => 'left')
  await vi.waitUntil(() => proxy.held.size === 1)
  leaving.abort()
  expect(await waiting).toBe('left')
  await vi.waitUntil(() => proxy.held.size === 0)
})

test('closed, everybody gets 503 with the text, browsers as a page; testers pass; opened, all is as before', async () => {
  const { proxy, url } = await startProxy()
  const backend = await startBackend('v1-1')
  proxy.apply(tableOf({ v1: 100 }, [backend], { closed: 'Back at noon <soon>' }))
  const plain = await fetch(url)
  expect([plain.status, plain.headers.get('content-type')]).toEqual([503, 'text/plain; charset=utf-8'])
  expect(Number(plain.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await plain.text()).toBe('Back at noon <soon>\n')
  const page = await fetch(url, { headers: { accept: 'text/html,application/xhtml+xml;q=0.9' } })
  expect([page.status, page.headers.get('content-type')]).toEqual([503, 'text/html; charset=utf-8'])
  expect(await page.text()).toMatch(/<body>Back at noon &#60;soon&#62;<\/body>/)
  const posted = await fetch(url, { method: 'POST', body: 'order' })
  expect(posted.status).toBe(503)
  expect(backend.seen).toEqual([])
  expect(await (await fetch(url, { headers: { 'x-gonogo-version': 'v1' } })).text()).toBe('v1')
  proxy.apply(tableOf({ v1: 100 }, [backend]))
  expect(await (await fetch(url)).text()).toBe('v1')
})

test('closing while paused answers those who wait at once, and lets nobody through', async () => {
  const { proxy, url } = await startProxy()
  const backend = await startBackend('v1-1')
  proxy.apply(tableOf({ v1: 100 }, [backend], { hold: true }))
  const tester = { headers: { 'x-gonogo-version': 'v1' } }
  const waiting = [fetch(url), fetch(url, tester)]
  await vi.waitUntil(() => proxy.held.size === 2)
  proxy.apply(tableOf({ v1: 100 }, [backend], { hold: true, closed: 'not now' }))
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([503, 503])
  expect((await fetch(url, tester)).status).toBe(503)
  expect(backend.seen).toEqual([])
})

test('paths of a health check pass whether the router holds or is closed', async () => {
  const { proxy, url } = await startProxy({ passPaths: ['/up'] })
  const backend = await startBackend('v1-1')
  for (const state of [{ hold: true }, { closed: 'not now' }]) {
    proxy.apply(tableOf({ v1: 100 }, [backend], state))
    expect((await fetch(`${url}/up?from=balancer`)).status).toBe(200)
  }
  expect((await fetch(`${url}/up/on`)).status).toBe(503)
})

test('closed, a WebSocket is refused', async () => {
  const { proxy, port } = await startProxy()
  proxy.apply(tableOf({ v1: 100 }, [await startBackend('v1-1')], { closed: 'not now' }))
  const headers = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-key': 'x'.repeat(22) + '==' }
  const request = httpRequest({ host: '127.0.0.1', port, headers, agent: false }).end()
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  answer.resume()
  expect(answer.statusCode).toBe(503)
})

test('a hold that its maker forgot ends by itself, on disk too', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-hold-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const { proxy, url } = await startProxy({ holdEndsAfterMs: 40 })
  const paths = proxyPaths(directory)
  const switching = new Switching(proxy, new Keeping(), paths.table, new Predecessors(paths, () => {}))
  const table = tableOf({ v1: 100 }, [await startBackend('v1-1')])
  await switching.to(JSON.stringify({ ...table, hold: true }))
  expect(await (await fetch(url)).text()).toBe('v1')
  expect(proxy.routing.table).toEqual({ ...table, hold: false })
  await vi.waitUntil(() => !readFileSync(paths.table, 'utf8').includes('"hold":true'))
})
