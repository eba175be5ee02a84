// Connections that become another protocol, through a real proxy.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'undici'
import { deadBackend, startBackend, startRawBackend } from './backend.fixture.ts'
import { sendRaw, startProxy, tableOf, until } from './proxy.fixture.ts'

const HANDSHAKE = 'GET /chat HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n'
const AGREED = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'

/** A backend that agrees to every handshake and then does what it is told with the connection. */
async function agreeing(id: string, talk: (socket: Socket, head: string) => void) {
  return startRawBackend(id, (socket) => {
    socket.on('error', () => {})
    socket.once('data', (head) => {
      socket.write(AGREED)
      talk(socket, head.toString('latin1'))
    })
  })
}

/** A client connection that collects what it is told. */
function client(port: number): { socket: Socket; heard(): string } {
  let heard = ''
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => (heard += text))
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  return { socket, heard: () => heard }
}

test('a WebSocket passes both ways and is in flight while it is open', async () => {
  const { proxy, url, counters } = await startProxy()
  const chat = await startBackend('v1-1')
  let backendSocket: Duplex | undefined
  chat.server.on('upgrade', (request, socket) => {
    backendSocket = socket
    const key = request.headers['sec-websocket-key']
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
    socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n')
    socket.write(`sec-websocket-accept: ${accept}\r\n\r\n`)
    socket.on('data', () => socket.write(Buffer.concat([Buffer.from([0x81, 5]), Buffer.from('hello')])))
  })
  proxy.apply(tableOf({ v1: 100 }, [chat]))
  const socket = new WebSocket(url.replace('http', 'ws'))
  socket.addEventListener('open', () => socket.send('anybody there?'))
  const [message] = (await once(socket, 'message')) as [MessageEvent]
  expect(message.data).toBe('hello')
  expect(counters('v1')?.inFlight).toBe(1)
  backendSocket?.destroy()
  await until(() => counters('v1')?.inFlight === 0)
  expect(counters('v1')).toMatchObject({ requests: 1, errors: 0 })
})

test('a WebSocket that the backend refuses is refused to the client', async () => {
  const { proxy, port } = await startProxy()
  proxy.apply(tableOf({ v1: 100 }, [await startBackend('v1-1')]))
  const answer = await sendRaw(port, `${HANDSHAKE}\r\n`)
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*v1$/)
})

test('bytes right behind the handshake arrive, after the backend has agreed and not before', async () => {
  const { proxy, port } = await startProxy()
  const got: string[] = []
  const backend = await agreeing('v1-1', (socket, head) => {
    got.push(head)
    socket.on('data', (bytes) => {
      got.push(bytes.toString())
      socket.write('and hello')
    })
  })
  proxy.apply(tableOf({ v1: 100 }, [backend]))
  const { socket, heard } = client(port)
  socket.write(`${HANDSHAKE}cookie: a=1\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n`)
  await until(() => heard().includes('and hello'))
  expect(got[0]).toMatch(/^GET \/chat HTTP\/1\.1\r\n[\s\S]*cookie: a=1\r\n[\s\S]*\r\n\r\n$/)
  expect(got[0]).not.toContain('smuggled')
  expect(got.slice(1).join('')).toBe('GET /smuggled HTTP/1.1\r\n\r\n')
  expect(heard()).toMatch(/^HTTP\/1\.1 101 [\s\S]*x-gonogo-version: v1\r\n/)
})

test('who has said its last can still listen, on either side', async () => {
  const { proxy, port, counters } = await startProxy()
  let backendHeard = ''
  const backend = await agreeing('v1-1', (socket) => {
    socket.on('data', (bytes) => (backendHeard += bytes))
    socket.once('end', () => socket.end('goodbye, '.repeat(100_000)))
  })
  proxy.apply(tableOf({ v1: 100 }, [backend]))
  const { socket, heard } = client(port)
  socket.write(`${HANDSHAKE}\r\n`)
  await until(() => heard().includes('101'))
  socket.end('that was all')
  await once(socket, 'end')
  expect(backendHeard).toBe('that was all')
  expect(heard().length).toBeGreaterThan(900_000)
  await until(() => counters('v1')?.inFlight === 0)
})

test('one side that says its last and another that never does end after a while', async () => {
  const { proxy, port, counters } = await startProxy({ bodyTimeoutMs: 50 })
  const backend = await agreeing('v1-1', (socket) => void socket.resume())
  proxy.apply(tableOf({ v1: 100 }, [backend]))
  const { socket, heard } = client(port)
  socket.write(`${HANDSHAKE}\r\n`)
  await until(() => heard().includes('101'))
  socket.end()
  await until(() => counters('v1')?.inFlight === 0)
})

test('a client that breaks off is broken off at the backend, and the other way round', async () => {
  const { proxy, port, counters } = await startProxy()
  const sockets: Socket[] = []
  const backend = await agreeing('v1-1', (socket) => void sockets.push(socket.resume()))
  proxy.apply(tableOf({ v1: 100 }, [backend]))
  const [leaving, left] = [client(port), client(port)]
  for (const { socket, heard } of [leaving, left]) {
    socket.write(`${HANDSHAKE}\r\n`)
    await until(() => heard().includes('101'))
  }
  expect(counters('v1')?.inFlight).toBe(2)
  leaving.socket.resetAndDestroy()
  await until(() => sockets[0]?.destroyed)
  sockets[1]?.resetAndDestroy()
  await until(() => left.socket.destroyed)
  await until(() => counters('v1')?.inFlight === 0)
})

test('a handshake that could not be sent goes to another backend; one that was sent does not', async () => {
  const { proxy, port, counters } = await startProxy()
  const agreed = await agreeing('v1-1', (socket) => void socket.end('from v1'))
  proxy.apply(tableOf({ v1: 0, v2: 100 }, [agreed, await deadBackend('v2-1')]))
  expect(await sendRaw(port, `${HANDSHAKE}\r\n`)).toMatch(/^HTTP\/1\.1 101 [\s\S]*from v1$/)
  expect(counters('v2')).toMatchObject({ requests: 1, errors: 1, retries: 1, inFlight: 0 })
  expect(counters('v1')).toMatchObject({ requests: 1, errors: 0 })

  const breaking = await startRawBackend('v2-2', (socket) => void socket.once('data', () => socket.destroy()))
  proxy.apply(tableOf({ v1: 0, v2: 100 }, [agreed, breaking]))
  expect(await sendRaw(port, `${HANDSHAKE}\r\n`)).toMatch(/^HTTP\/1\.1 502 /)
  expect(counters('v2')).toMatchObject({ requests: 2, errors: 2, retries: 1, inFlight: 0 })
})

test('a backend that does not answer a handshake is given up', async () => {
  const { proxy, port, counters } = await startProxy({ requestTimeoutMs: 50 })
  proxy.apply(tableOf({ v1: 100 }, [await startRawBackend('v1-1', (socket) => void socket.resume())]))
  expect(await sendRaw(port, `${HANDSHAKE}\r\n`)).toMatch(/^HTTP\/1\.1 502 /)
  expect(counters('v1')).toMatchObject({ requests: 1, errors: 1, inFlight: 0 })
})

test.each([
  ['h2c, which would carry requests past the router', HANDSHAKE.replace('websocket', 'h2c')],
  ['a protocol that nobody allowed', HANDSHAKE.replace('websocket', 'spdy')],
  ['a list of protocols', HANDSHAKE.replace('websocket', 'websocket, h2c')],
  ['another method', `${HANDSHAKE.replace('GET', 'POST')}content-length: 0\r\n`],
])('an offer that is not taken up is an ordinary request without it: %s', async (_, head) => {
  const { proxy, port } = await startProxy()
  const seen: unknown[] = []
  const backend = await startBackend('v1-1', (request, response) => {
    seen.push(request.headers['upgrade'], request.headers['connection'])
    response.end('plain')
  })
  proxy.apply(tableOf({ v1: 100 }, [backend]))
  const { socket, heard } = client(port)
  socket.write(`${head}\r\n`)
  await until(() => heard().includes('plain'))
  expect(heard()).toMatch(/^HTTP\/1\.1 200 /)
  expect(seen).toEqual([undefined, 'keep-alive'])
})

test('a handshake with a body is an ordinary request with a body', async () => {
  const { proxy, port } = await startProxy()
  const echo = await startBackend('v1-1', (request, response) => void request.pipe(response))
  proxy.apply(tableOf({ v1: 100 }, [echo]))
  const { socket, heard } = client(port)
  socket.write(`${HANDSHAKE}content-length: 5\r\n\r\nhello`)
  await until(() => heard().endsWith('hello\r\n0\r\n\r\n'))
})

test('another protocol is passed where it is allowed', async () => {
  const { proxy, port } = await startProxy({ upgrades: ['tunnel'] })
  const backend = await agreeing('v1-1', (socket) => void socket.end('through'))
  proxy.apply(tableOf({ v1: 100 }, [backend]))
  expect(await sendRaw(port, `${HANDSHAKE.replace('websocket', 'Tunnel')}\r\n`)).toMatch(/through$/)
})
