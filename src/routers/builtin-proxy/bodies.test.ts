// Bodies through a real proxy: streams without end, large ones, ones that are refused or answered before they are there.
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startBackend, startRawBackend } from './backend.fixture.ts'
import { startProxy, tableOf, until } from './proxy.fixture.ts'

/** A client connection that collects what it is told. */
function client(port: number): { socket: Socket; heard(): string } {
  let heard = ''
  const socket = connect({ port, host: '127.0.0.1' })
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => (heard += text))
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  return { socket, heard: () => heard }
}

const post = (headers: string): string => `POST / HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n`

test('events arrive one by one, their head at once, and silence between them ends nothing', async () => {
  const { proxy, url, counters, server } = await startProxy({ bodyTimeoutMs: 30 })
  const connected = once(server, 'connection') as Promise<[Socket]>
  let say: (text: string) => void = () => {}
  const events = await startBackend('v1-1', (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    say = (text) => void response.write(text)
  })
  proxy.apply(tableOf({ v1: 100 }, [events]))
  const leaving = new AbortController()
  const answer = await fetch(url, { signal: leaving.signal })
  const [connection] = await connected
  expect(connection.timeout).toBe(0)
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  for (const text of ['data: 1\n\n', 'data: 2\n\n']) {
    await sleep(120)
    say(text)
    expect((await reader.read()).value).toBe(text)
  }
  expect(counters('v1')).toMatchObject({ inFlight: 1, errors: 0 })
  leaving.abort()
  await until(() => counters('v1')?.inFlight === 0)
  expect(counters('v1')).toMatchObject({ requests: 1, errors: 0 })
})

test('any other answer that falls silent is cut', async () => {
  const { proxy, url, counters } = await startProxy({ bodyTimeoutMs: 40 })
  const silent = await startBackend('v1-1', (_, response) => void response.writeHead(200).write('half'))
  proxy.apply(tableOf({ v1: 100 }, [silent]))
  await expect(fetch(url).then((answer) => answer.text())).rejects.toThrow()
  expect(counters('v1')).toMatchObject({ requests: 1, errors: 1 })
})

test('an answer is not silent while it is its client that does not read', async () => {
  const { proxy, port, counters } = await startProxy({ bodyTimeoutMs: 1000 })
  const big = Buffer.alloc(8 << 20, 'x')
  proxy.apply(tableOf({ v1: 100 }, [await startBackend('v1-1', (_, response) => void response.end(big))]))
  const { socket, heard } = client(port)
  socket.pause()
  socket.write('GET /big HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  await sleep(1300)
  socket.resume()
  await once(socket, 'close')
  expect(heard().length).toBeGreaterThan(big.length)
  expect(counters('v1')).toMatchObject({ requests: 1, errors: 0 })
})

test('a client that leaves in the middle of an answer ends it at the backend', async () => {
  const { proxy, url, counters } = await startProxy()
  let closed = false
  const endless = await startBackend('v1-1', (_, response) => {
    const push = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
      response.once('drain', push)
    }
    push()
    response.once('close', () => (closed = true))
  })
  proxy.apply(tableOf({ v1: 100 }, [endless]))
  const answer = await fetch(url)
  await answer.body!.cancel()
  await until(() => closed && counters('v1')?.inFlight === 0)
  expect(counters('v1')).toMatchObject({ requests: 1, errors: 0 })
})

test('a slow backend holds an upload back instead of filling memory', async () => {
  const { proxy, port } = await startProxy()
  let socketOfBackend: Socket | undefined
  const slow = await startRawBackend('v1-1', (socket) => {
    socketOfBackend = socket.pause()
    socket.on('error', () => {})
  })
  proxy.apply(tableOf({ v1: 100 }, [slow]))
  const { socket } = client(port)
  const chunk = Buffer.alloc(1 << 20, 'x')
  socket.write(post(`content-length: ${200 << 20}`))
  await until(() => socketOfBackend !== undefined)
  let sent = 0
  const push = (): void => {
    while (sent < 200 << 20 && socket.write(chunk)) sent += chunk.length
    socket.once('drain', push)
  }
  push()
  let before = -1
  await vi.waitUntil(() => socket.bytesWritten === before || void (before = socket.bytesWritten), {
    interval: 100,
    timeout: 10_000,
  })
  expect(socket.bytesWritten - socket.writableLength).toBeLessThan(32 << 20)
  socketOfBackend?.destroy()
})

test('an answer that comes before the upload is over reaches its client, whole, and nothing of the upload is taken for a request', async () => {
  const { proxy, port, counters } = await startProxy()
  const early = await startBackend('v1-1', (request, response) => {
    response.writeHead(403, { 'content-type': 'text/plain' }).end('not you')
    request.resume()
  })
  proxy.apply(tableOf({ v1: 100 }, [early]))
  const { socket, heard } = client(port)
  socket.write(post(`content-length: ${64 << 20}`))
  socket.write('GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(1000))
  await until(() => heard().includes('not you'))
  const chunk = Buffer.alloc(1 << 20, 'GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n')
  for (let i = 0; i < 64 && !socket.destroyed; i++) {
    socket.write(chunk)
    await sleep(1)
  }
  expect(heard()).toMatch(/^HTTP\/1\.1 403 /)
  expect(early.seen).toEqual(['POST /'])
  expect(counters('v1')).toMatchObject({ requests: 1, errors: 0, inFlight: 0 })
})

test('a connection that ends because its upload was answered too early says so: its client sends nothing more on it', async () => {
  const { proxy, port } = await startProxy()
  const broken = await startBackend('v1-1', (request) => void request.socket.resetAndDestroy())
  const early = await startBackend('v2-1', (request, response) => {
    response.writeHead(403).end('not you')
    request.resume()
  })
  for (const [backend, status] of [
    [broken, 502],
    [early, 403],
  ] as const) {
    proxy.apply(tableOf({ [backend.version]: 100 }, [backend]))
    const { socket, heard } = client(port)
    const ended = once(socket, 'end')
    const reset = vi.fn<() => void>()
    socket.on('error', reset)
    socket.write(`${post('content-length: 10')}12345`)
    await ended
    expect(heard()).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*\r\nconnection: close\r\n`, 'i'))
    expect(reset).not.toHaveBeenCalled()
  }
})

test('who uploads too much reads why, although it goes on sending', async () => {
  const { proxy, port } = await startProxy({ requestBytesMax: 1000 })
  const backend = await startBackend('v1-1')
  proxy.apply(tableOf({ v1: 100 }, [backend]))
  const { socket, heard } = client(port)
  const reset = vi.fn<() => void>()
  socket.on('error', reset)
  socket.write(post(`content-length: ${4 << 20}`))
  for (let i = 0; i < 64; i++) {
    socket.write(Buffer.alloc(65_536, 'x'))
    await sleep(1)
  }
  await until(() => heard().includes('larger than 1000 bytes'))
  await until(() => socket.destroyed)
  expect(reset).not.toHaveBeenCalled()
  expect(heard()).toMatch(/^HTTP\/1\.1 413 /)
  expect(backend.seen).toEqual([])
})

test('a client that asks first is told to go on when a backend has its request, and refused without sending when not', async () => {
  const { proxy, port } = await startProxy({ requestBytesMax: 1000 })
  const echo = await startBackend('v1-1', (request, response) => void request.pipe(response))
  proxy.apply(tableOf({ v1: 100 }, [echo]))
  const polite = client(port)
  polite.socket.write(post('content-length: 5\r\nexpect: 100-continue'))
  await until(() => polite.heard() === 'HTTP/1.1 100 Continue\r\n\r\n')
  polite.socket.write('hello')
  await until(() => polite.heard().endsWith('hello\r\n0\r\n\r\n'))
  const refused = client(port)
  refused.socket.write(post('content-length: 5000\r\nexpect: 100-continue'))
  await once(refused.socket, 'close')
  expect(refused.heard()).toMatch(/^HTTP\/1\.1 413 /)
  const strange = client(port)
  strange.socket.write(post('content-length: 5\r\nexpect: miracles\r\nconnection: close'))
  await until(() => strange.heard().startsWith('HTTP/1.1 417 '))
})

test('a body in chunks arrives whole, without its trailers, and the next request is its own', async () => {
  const { proxy, port } = await startProxy()
  const bodies: string[] = []
  const trailers: unknown[] = []
  const backend = await startBackend('v1-1', (request, response) => {
    let body = ''
    request.on('data', (part) => (body += part))
    request.once('end', () => {
      bodies.push(body)
      trailers.push(request.trailers)
      response.end('ok')
    })
  })
  proxy.apply(tableOf({ v1: 100 }, [backend]))
  const { socket, heard } = client(port)
  socket.write(`${post('transfer-encoding: chunked')}5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nx-late: 1\r\n\r\n`)
  socket.write('GET /next HTTP/1.1\r\nhost: x\r\n\r\n')
  await until(() => heard().split('HTTP/1.1 200').length === 3)
  expect(bodies).toEqual(['hello world', ''])
  expect(trailers).toEqual([{}, {}])
  expect(backend.seen).toEqual(['POST /', 'GET /next'])
})
