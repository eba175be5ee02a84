// Requests and answers of every shape through a real proxy.
import { once } from 'node:events'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { expect, test, vi } from 'vitest'
import { startBackend } from './backend.fixture.ts'
import { sendRaw, startProxy, tableOf } from './proxy.fixture.ts'

test('a client that leaves ends the request at the backend, and is no error of the version', async () => {
  const { proxy, url, counters } = await startProxy()
  let closed = false
  const slow = await startBackend('v1-1', (_, response) => void response.once('close', () => (closed = true)))
  proxy.apply(tableOf({ v1: 100 }, [slow]))
  const leaving = new AbortController()
  const request = fetch(url, { signal: leaving.signal })
  await vi.waitUntil(() => counters('v1')?.inFlight === 1)
  leaving.abort()
  await expect(request).rejects.toThrow()
  await vi.waitUntil(() => closed)
  expect(counters('v1')).toMatchObject({ requests: 1, errors: 0, inFlight: 0 })
})

test('large bodies stream both ways without being kept', async () => {
  const { proxy, url } = await startProxy()
  const echo = await startBackend('v1-1', (request, response) => void request.pipe(response))
  proxy.apply(tableOf({ v1: 100 }, [echo]))
  const chunk = Buffer.alloc(1 << 20, 'x')
  const body = Readable.from(Array.from({ length: 64 }, () => chunk))
  const answer = await fetch(url, {
    method: 'POST',
    body: Readable.toWeb(body),
    duplex: 'half',
  } as unknown as RequestInit)
  let bytes = 0
  for await (const part of answer.body!) bytes += (part as Uint8Array).length
  expect(bytes).toBe(64 << 20)
})

test('a client may take longer over its body than a backend over its answer', async () => {
  const { proxy, url, counters } = await startProxy({ requestTimeoutMs: 100 })
  const echo = await startBackend('v1-1', (request, response) => {
    request.resume()
    request.once('end', () => response.end('got it'))
  })
  proxy.apply(tableOf({ v1: 100 }, [echo]))
  const slowly = async function* (): AsyncGenerator<string> {
    for (let i = 0; i < 3; i++) yield await new Promise<string>((resolve) => setTimeout(() => resolve('part'), 150))
  }
  const body = Readable.toWeb(Readable.from(slowly()))
  const answer = await fetch(url, { method: 'POST', body, duplex: 'half' } as unknown as RequestInit)
  expect(await answer.text()).toBe('got it')
  expect(counters('v1')).toMatchObject({ requests: 1, errors: 0 })
})

test('a slow reader holds the backend back instead of filling memory', async () => {
  const { proxy, port } = await startProxy()
  let written = 0
  const chunk = Buffer.alloc(1 << 16, 'x')
  const endless = await startBackend('v1-1', (_, response) => {
    const push = (): void => {
      while (!response.destroyed && response.write(chunk)) written += chunk.length
      response.once('drain', push)
    }
    push()
  })
  proxy.apply(tableOf({ v1: 100 }, [endless]))
  const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'))
  await once(socket, 'readable')
  let before = -1
  await vi.waitUntil(() => written === before || void (before = written), { interval: 200, timeout: 20_000 })
  socket.destroy()
  expect(written).toBeLessThan(64 << 20)
})

test('a body over the limit is refused, declared or not', async () => {
  const { proxy, url } = await startProxy({ requestBytesMax: 1000 })
  proxy.apply(tableOf({ v1: 100 }, [await startBackend('v1-1')]))
  expect((await fetch(url, { method: 'POST', body: 'x'.repeat(1001) })).status).toBe(413)
  const body = Readable.toWeb(Readable.from(['x'.repeat(800), 'x'.repeat(800)]))
  expect((await fetch(url, { method: 'POST', body, duplex: 'half' } as unknown as RequestInit)).status).toBe(413)
  expect((await fetch(url, { method: 'POST', body: 'x'.repeat(1000) })).status).toBe(200)
})

test.each([
  ['Content-Length and Transfer-Encoding', 'content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['two Content-Lengths', 'content-length: 4\r\ncontent-length: 5\r\n\r\nabcd'],
  ['a chunked coding that is not last', 'transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n'],
  ['two hosts', 'host: other\r\nconnection: close\r\n\r\n'],
  ['a bare line feed in a header', 'x: a\nb: c\r\n\r\n'],
])('refused before any backend sees it: %s', async (_, rest) => {
  const { proxy, port } = await startProxy()
  const stable = await startBackend('v1-1')
  proxy.apply(tableOf({ v1: 100 }, [stable]))
  expect(await sendRaw(port, `POST / HTTP/1.1\r\nhost: x\r\n${rest}`)).toMatch(/^HTTP\/1\.1 400 /)
  expect(stable.seen).toEqual([])
})

test('a request target that is a whole URL is refused', async () => {
  const { proxy, port } = await startProxy()
  proxy.apply(tableOf({ v1: 100 }, [await startBackend('v1-1')]))
  const answer = await sendRaw(port, 'GET http://elsewhere/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  expect(answer).toMatch(/^HTTP\/1\.1 400 /)
})

test('headers of one connection stay on it; the backend learns who asked, not what the client claims', async () => {
  const { proxy, port } = await startProxy()
  const mirror = await startBackend('v1-1', (request, response) => {
    response.writeHead(200, ['x-hop', 'secret', 'connection', 'close, x-hop'])
    response.end(JSON.stringify(request.headers))
  })
  proxy.apply(tableOf({ v1: 100 }, [mirror]))
  const answer = await sendRaw(
    port,
    'GET / HTTP/1.1\r\nhost: shop.example\r\nconnection: close, x-private\r\nx-private: 1\r\nte: trailers\r\n' +
      'x-forwarded-for: 6.6.6.6\r\nx-kept: yes\r\n\r\n',
  )
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  expect(head).not.toContain('x-hop')
  const seen = JSON.parse(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1)) as Record<string, string>
  expect(seen).toMatchObject({
    host: 'shop.example',
    'x-kept': 'yes',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': 'shop.example',
  })
  expect(seen).not.toHaveProperty('x-private')
  expect(seen).not.toHaveProperty('te')
})

test('behind another proxy that is trusted, what it said of the client is kept', async () => {
  const { proxy, url } = await startProxy({ trustForwarded: true })
  const mirror = await startBackend('v1-1', (request, response) => void response.end(JSON.stringify(request.headers)))
  proxy.apply(tableOf({ v1: 100 }, [mirror]))
  const headers = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'shop.example' }
  const seen = (await (await fetch(url, { headers })).json()) as Record<string, string>
  expect(seen).toMatchObject({ ...headers, 'x-forwarded-for': '203.0.113.9, 127.0.0.1' })
})

test('HEAD and 304 pass without a body, and the connection goes on', async () => {
  const { proxy, url } = await startProxy()
  const plain = await startBackend('v1-1', (request, response) => {
    if (request.method === 'HEAD') response.writeHead(200, { 'content-length': 5 }).end()
    else response.writeHead(304, { etag: '"a"' }).end()
  })
  proxy.apply(tableOf({ v1: 100 }, [plain]))
  expect((await fetch(url, { method: 'HEAD' })).headers.get('content-length')).toBe('5')
  expect((await fetch(url)).status).toBe(304)
})
