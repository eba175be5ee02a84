// Failing backends behind a real proxy: what clients see, what is counted.
import { expect, test, vi } from 'vitest'
import { deadBackend, startBackend, startBackendProcess, startRawBackend } from './backend.fixture.ts'
import { startProxy, tableOf, textsOf } from './proxy.fixture.ts'

test('a request whose backend is killed while it works on it is answered by another one, and the error is counted', async () => {
  const { proxy, url, counters } = await startProxy()
  const slow = await startBackendProcess('v2-1', 200)
  proxy.apply(tableOf({ v1: 0, v2: 100 }, [await startBackend('v1-1'), slow]))
  const answers = textsOf(url, 10)
  await vi.waitUntil(() => counters('v2')?.inFlight === 10)
  await slow.kill('SIGKILL')
  expect(await answers).toEqual(Array.from({ length: 10 }, () => 'v1'))
  expect(counters('v2')).toMatchObject({ requests: 10, errors: 10, retries: 10, inFlight: 0 })
  expect(counters('v1')).toMatchObject({ requests: 10, errors: 0 })
})

test('a sibling of the same version is asked before the stable version', async () => {
  const { proxy, url, counters } = await startProxy()
  proxy.apply(
    tableOf({ v1: 0, v2: 100 }, [await startBackend('v1-1'), await deadBackend('v2-1'), await startBackend('v2-2')]),
  )
  expect(new Set(await textsOf(url, 10))).toEqual(new Set(['v2']))
  expect(counters('v1')?.requests).toBe(0)
  expect(counters('v2')!.errors).toBeGreaterThan(0)
})

test('a version whose backends are all ejected goes on failing in the figures while stable answers', async () => {
  const { proxy, url, counters } = await startProxy()
  proxy.apply(tableOf({ v1: 0, v2: 100 }, [await startBackend('v1-1'), await deadBackend('v2-1')]))
  for (let i = 0; i < 10; i++) expect(await (await fetch(url)).text()).toBe('v1')
  expect(counters('v2')).toMatchObject({ requests: 10, errors: 10, retries: 10 })
})

test('an ejected backend is back in turn soon after it accepts connections again', async () => {
  const { proxy, url } = await startProxy()
  const flaky = await startBackendProcess('v2-1')
  proxy.apply(tableOf({ v1: 0, v2: 100 }, [await startBackend('v1-1'), flaky]))
  expect(await (await fetch(url)).text()).toBe('v2')
  await flaky.kill('SIGKILL')
  expect(await (await fetch(url)).text()).toBe('v1')
  await flaky.restart()
  await vi.waitUntil(async () => (await (await fetch(url)).text()) === 'v2', { timeout: 5000 })
})

test('a POST that was sent is not repeated; one that could not be sent goes elsewhere with its body', async () => {
  const { proxy, url, counters } = await startProxy()
  let sentTimes = 0
  const breaking = await startRawBackend('v2-1', (socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      sentTimes++
      socket.destroy()
    })
  })
  const echo = await startBackend('v1-1', (request, response) => void request.pipe(response))
  proxy.apply(tableOf({ v1: 0, v2: 100 }, [echo, breaking]))
  const cut = await fetch(url, { method: 'POST', body: 'pay 5' })
  expect([cut.status, sentTimes]).toEqual([502, 1])
  expect(counters('v2')).toMatchObject({ errors: 1, retries: 0 })
  proxy.apply(tableOf({ v1: 0, v2: 100 }, [echo, await deadBackend('v2-1')]))
  const moved = await fetch(url, { method: 'POST', body: 'pay 7' })
  expect([moved.status, await moved.text()]).toEqual([200, 'pay 7'])
})

test('an idle connection that the backend closes as a request arrives costs a retry and nothing else', async () => {
  const { proxy, url, counters } = await startProxy()
  const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
  let connections = 0
  const closing = await startRawBackend('v1-1', (socket) => {
    const first = ++connections === 1
    let requests = 0
    socket.on('error', () => {})
    socket.on('data', () => (first && ++requests > 1 ? socket.destroy() : socket.write(answer)))
  })
  proxy.apply(tableOf({ v1: 100 }, [closing]))
  for (let i = 0; i < 3; i++) expect(await (await fetch(url)).text()).toBe('ok')
  expect(counters('v1')).toMatchObject({ requests: 3, errors: 0, retries: 1 })
})

test('a backend that stops gracefully under load costs nobody an answer', async () => {
  const { proxy, url } = await startProxy()
  const stopping = await startBackendProcess('v2-1')
  proxy.apply(tableOf({ v1: 0, v2: 100 }, [await startBackend('v1-1'), stopping]))
  let stopped = false
  const statuses = new Set<number>()
  const clients = Array.from({ length: 8 }, async () => {
    for (let after = 0; after < 20; after += stopped ? 1 : 0) {
      const answer = await fetch(url)
      await answer.text()
      statuses.add(answer.status)
    }
  })
  await vi.waitUntil(() => statuses.size > 0)
  await stopping.kill('SIGTERM')
  stopped = true
  await Promise.all(clients)
  expect([...statuses]).toEqual([200])
})

test('a slow backend: 504 when nobody else can answer, the other one when one can', async () => {
  const { proxy, url, counters } = await startProxy({ requestTimeoutMs: 700 })
  const slow = await startBackend('v2-1', () => {})
  const stable = await startBackend('v1-1')
  proxy.apply(tableOf({ v1: 0, v2: 100 }, [stable, slow]))
  expect(await (await fetch(url)).text()).toBe('v1')
  expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(504)
  expect(counters('v2')).toMatchObject({ requests: 2, errors: 2, retries: 1, inFlight: 0 })
})

test('an answer that breaks in the middle breaks the client connection and is an error', async () => {
  const { proxy, url, counters } = await startProxy()
  const cutting = await startBackend('v1-1', (_, response) => {
    response.writeHead(200, { 'content-length': 1000 })
    response.write('half', () => response.destroy())
  })
  proxy.apply(tableOf({ v1: 100 }, [cutting]))
  await expect(fetch(url).then((answer) => answer.text())).rejects.toThrow()
  await vi.waitUntil(() => counters('v1')?.inFlight === 0)
  expect(counters('v1')).toMatchObject({ requests: 1, errors: 1, retries: 0 })
})

test('a 5xx of the version goes through and is counted', async () => {
  const { proxy, url, counters } = await startProxy()
  const broken = await startBackend('v1-1', (_, response) => response.writeHead(503).end('no'))
  proxy.apply(tableOf({ v1: 100 }, [broken]))
  const answer = await fetch(url)
  expect([answer.status, await answer.text()]).toEqual([503, 'no'])
  expect(counters('v1')).toMatchObject({ requests: 1, errors: 1, retries: 0 })
})

test('an answer that is no HTTP is 502', async () => {
  const { proxy, url } = await startProxy()
  const junk = await startRawBackend('v1-1', (socket) => void socket.on('error', () => {}).end('SSH-2.0-x\r\n\r\n'))
  proxy.apply(tableOf({ v1: 100 }, [junk]))
  expect((await fetch(url)).status).toBe(502)
})
