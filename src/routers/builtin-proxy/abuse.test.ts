// Hostile clients and hostile backends: refused, or understood by everybody in the same way, and never at the cost of others.
import { connect, createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ABUSIVE_REQUESTS } from './abuse.fixture.ts'
import { startBackend, startRawBackend } from './backend.fixture.ts'
import { sendRaw, startProxy, tableOf, until } from './proxy.fixture.ts'

const NEXT = 'GET /next HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'

/** A backend that keeps the bytes it got, and what its parser made of them. */
async function recordingBackend(id: string) {
  const seen: string[] = []
  let bytes = ''
  const http = createServer((request, response) => {
    let body = ''
    request.setEncoding('latin1').on('data', (part: string) => (body += part))
    request.once('end', () => {
      seen.push(`${request.method} ${request.url} ${body}`)
      response.end('fine')
    })
  })
  const server = createTcpServer((socket) => {
    socket.on('data', (chunk) => (bytes += chunk.toString('latin1')))
    http.emit('connection', socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    http.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { id, version: id.slice(0, 2), host: '127.0.0.1', port, seen, bytes: () => bytes }
}

describe('abusive requests', () => {
  test.each(ABUSIVE_REQUESTS)('$name', async ({ bytes, seen, begins }) => {
    const { proxy, port, counters } = await startProxy()
    const backends = [await recordingBackend('v1-1'), await recordingBackend('v2-1')]
    const answers: string[] = []
    for (const { version } of backends) {
      proxy.apply(tableOf({ v1: 0, v2: 0, [version]: 100 }, backends))
      answers.push(await sendRaw(port, Buffer.from(bytes + NEXT, 'latin1')))
      // Whatever became of it, the next client is served.
      expect(await sendRaw(port, Buffer.from(NEXT))).toMatch(/^HTTP\/1\.1 200 [\s\S]*fine/)
    }
    const [first, second] = backends
    const isRefused = seen === null
    const expected = [...(seen ?? []), ...(isRefused ? [] : ['GET /next ']), 'GET /next ']
    const counted = expected.length + (begins ? 1 : 0)
    expect(first!.seen).toEqual(expected)
    expect(second!.seen).toEqual(expected)
    // Nor was anything else begun.
    await until(() => counters('v1')?.inFlight === 0 && counters('v2')?.inFlight === 0)
    expect([counters('v1')?.requests, counters('v2')?.requests]).toEqual([counted, counted])
    // Not only understood alike, but told in the same bytes. How far a body came before it was cut off is a matter of time.
    if (!begins) expect(first!.bytes()).toBe(second!.bytes())
    for (const answer of answers)
      expect(answer).toMatch(isRefused ? /^(?:HTTP\/1\.1 4\d\d [\s\S]*)?$/ : /^(?:HTTP\/1\.1 200 [\s\S]*)+$/)
  })
})

describe('abusive connections', () => {
  test('who says nothing, too little or too slowly is shown the door', async () => {
    const { proxy, port, counters } = await startProxy({ clientHeadersTimeoutMs: 100, clientRequestTimeoutMs: 200 })
    proxy.apply(tableOf({ v1: 100 }, [await startBackend('v1-1')]))
    const beginnings = [
      '',
      'GET / HT',
      'GET / HTTP/1.1\r\nhost: x\r\nx-a: ',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf of i',
      'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel',
    ]
    const answers = await Promise.all(beginnings.map((text) => sendRaw(port, text).catch(() => 'reset')))
    for (const answer of answers) expect(answer).toMatch(/^(?:HTTP\/1\.1 408 [\s\S]*|reset|)$/)
    expect(counters('v1')).toMatchObject({ errors: 0, inFlight: 0 })
  })

  test('clients that break off at any point leave nothing behind, and are no errors of the version', async () => {
    const { proxy, port, server, counters } = await startProxy()
    const backend = await startBackend('v1-1', (request, response) => {
      request.on('error', () => {})
      request.resume()
      request.once('end', () => response.end('x'.repeat(100_000)))
    })
    proxy.apply(tableOf({ v1: 100 }, [backend]))
    const text = 'POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 20\r\n\r\n01234567890123456789'
    const before = await heapBytes()
    for (let round = 0; round < 15; round++)
      await Promise.all(Array.from({ length: text.length + 1 }, (_, length) => breakOff(port, text.slice(0, length))))
    await until(() => counters('v1')?.inFlight === 0)
    const connections = (): Promise<number> => new Promise((resolve) => server.getConnections((_, n) => resolve(n)))
    await until(async () => (await connections()) === 0)
    expect([proxy.deadlines.size, proxy.silences.size, proxy.held.size]).toEqual([0, 0, 0])
    expect(counters('v1')?.errors).toBe(0)
    // 1000 connections: 10 kB kept of each would be as much.
    expect((await heapBytes()) - before).toBeLessThan(10 << 20)
  })

  test('thousands of abusive requests take no memory that is kept', async () => {
    const { proxy, port } = await startProxy()
    proxy.apply(tableOf({ v1: 100 }, [await startBackend('v1-1')]))
    const refused = ABUSIVE_REQUESTS.filter(({ seen }) => seen === null).map(({ bytes }) =>
      Buffer.from(bytes, 'latin1'),
    )
    const attack = async (): Promise<unknown> =>
      Promise.all(refused.map((bytes) => sendRaw(port, Buffer.concat([bytes, Buffer.from(NEXT)])).catch(() => {})))
    for (let round = 0; round < 5; round++) await attack()
    const before = await heapBytes()
    for (let round = 0; round < 25; round++) await attack()
    expect((await heapBytes()) - before).toBeLessThan(10 << 20)
    expect(await sendRaw(port, NEXT)).toMatch(/^HTTP\/1\.1 200 /)
  })
})

describe('hostile backends', () => {
  const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

  /** A backend that says the same on every request, whatever it is. */
  const saying = async (bytes: string, ends = false): ReturnType<typeof startRawBackend> =>
    startRawBackend('v1-1', (socket) => {
      socket.on('error', () => {})
      socket.on('data', () => (ends ? socket.end(bytes, 'latin1') : socket.write(bytes, 'latin1')))
    })

  test.each([
    ['no HTTP', 'SSH-2.0-x\r\n\r\n'],
    ['HTTP/0.9', 'hello'],
    ['two different Content-Lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok!'],
    ['a Content-Length that is no number', 'HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\nok'],
    [
      'Content-Length beside chunks',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 100\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    ],
    ['a control character in a header', 'HTTP/1.1 200 OK\r\nx-a: \x01\r\ncontent-length: 2\r\n\r\nok'],
    ['a NUL in a header', 'HTTP/1.1 200 OK\r\nx-a: a\0b\r\ncontent-length: 2\r\n\r\nok'],
    ['a bare line feed in a header', 'HTTP/1.1 200 OK\r\nx-a: a\nset-cookie: b\r\ncontent-length: 2\r\n\r\nok'],
    [
      'a change of protocol nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n',
    ],
    ['a status that is none', 'HTTP/1.1 099 Odd\r\ncontent-length: 2\r\n\r\nok'],
    ['a head of 100 kB', `HTTP/1.1 200 OK\r\nx-a: ${'a'.repeat(100_000)}\r\ncontent-length: 2\r\n\r\nok`],
    ['50,000 headers', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(50_000)}content-length: 2\r\n\r\nok`],
  ])('is an error of its own, for its client only: %s', async (_, bytes) => {
    const { proxy, url, counters } = await startProxy()
    proxy.apply(tableOf({ v1: 100 }, [await saying(bytes, true)]))
    expect((await fetch(url)).status).toBe(502)
    expect(counters('v1')).toMatchObject({ inFlight: 0 })
    expect(counters('v1')!.errors).toBeGreaterThan(0)
    proxy.apply(tableOf({ v2: 100 }, [await startBackend('v2-1')]))
    expect(await (await fetch(url)).text()).toBe('v2')
  })

  test('a second answer in the same breath, or later, is nobody’s', async () => {
    const { proxy, url } = await startProxy()
    const forged = 'HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged'
    let connections = 0
    const chatty = await startRawBackend('v1-1', (socket) => {
      const late = ++connections % 2 === 0
      socket.on('error', () => {})
      socket.on('data', () => {
        socket.write(late ? ok : ok + forged)
        if (late) setImmediate(() => socket.write(forged))
      })
    })
    proxy.apply(tableOf({ v1: 100 }, [chatty]))
    for (let i = 0; i < 20; i++) expect(await (await fetch(url)).text()).toBe('ok')
    expect(connections).toBeGreaterThan(10)
  })

  test('a body longer than it says is cut to what it says, a shorter one cuts the client off', async () => {
    const { proxy, url, port } = await startProxy()
    proxy.apply(tableOf({ v1: 100 }, [await saying('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokGET / HTTP/1.1')]))
    for (let i = 0; i < 5; i++) expect(await (await fetch(url)).text()).toBe('ok')
    proxy.apply(tableOf({ v1: 100 }, [await saying('HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nok', true)]))
    const answer = await sendRaw(port, NEXT)
    expect(answer).toMatch(/content-length: 20\r\n[\s\S]*\r\n\r\nok$/)
  })

  test('interim answers without end run into the deadline', async () => {
    const { proxy, url, counters } = await startProxy({ requestTimeoutMs: 150 })
    const flooding = await startRawBackend('v1-1', (socket) => {
      socket.on('error', () => {})
      const interim = 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(50)
      const push = (): void => void (socket.destroyed || socket.write(interim, () => setImmediate(push)))
      socket.once('data', push)
    })
    proxy.apply(tableOf({ v1: 100 }, [flooding]))
    const answer = await fetch(url, { method: 'POST', body: 'x' })
    expect(answer.status).toBe(504)
    expect(counters('v1')).toMatchObject({ requests: 1, errors: 1, inFlight: 0 })
  })

  test('it cannot say that another version has answered', async () => {
    const { proxy, url } = await startProxy()
    const lying = await startBackend('v2-1', (_, response) => response.setHeader('X-Gonogo-Version', 'v1').end('v2'))
    proxy.apply(tableOf({ v2: 100 }, [lying]))
    expect((await fetch(url)).headers.get('x-gonogo-version')).toBe('v2')
  })
})

/** What is in use after everything that can be collected was. */
async function heapBytes(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let i = 0; i < 3; i++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return process.memoryUsage().heapUsed
}

/** A client that sends so much and breaks its connection. */
function breakOff(port: number, text: string): Promise<void> {
  return new Promise((resolve) => {
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(text, () => socket.resetAndDestroy()))
    socket.on('error', () => {})
    socket.on('close', () => resolve())
  })
}
