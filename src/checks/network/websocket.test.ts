import { createServer as createTlsServer } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { ANSI, hasOpenssl, selfSigned, startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { websocket } from './websocket.ts'
import { encodeFrame, OPCODE, takeFrame } from './websocket/frames.ts'

const SECRET = 'canary-of-the-socket'
let server: WebSocketServer
let secure: ReturnType<typeof createTlsServer> | null = null
let hostile: HostileServer
let directory = ''
let base = ''
let tlsBase = ''
const raw: Server[] = []
const sockets = new Set<Socket>()

function listen(socketServer: WebSocketServer): void {
  socketServer.on('connection', (socket, request: IncomingMessage) => {
    if (request.url === '/chatty') socket.send('hello')
    if (request.url === '/close') socket.close(4001, 'not you')
    if (request.url === '/flood') for (let count = 0; count < 600; count++) socket.send(`message ${count}`)
    if (request.url === '/large') socket.send(Buffer.alloc(2 << 20, 'x'))
    if (request.url === '/parts') {
      socket.send('first ', { fin: false })
      socket.send('second', { fin: true })
    }
    socket.on('message', (data) => {
      if (request.url !== '/deaf') socket.send(`heard ${String(data)} ${request.headers['x-token'] ?? ''}`)
    })
  })
}

/** A server that shakes hands rightly and then says this; or that says this in the place of a handshake. */
async function speak(say: (key: string) => Buffer | string): Promise<string> {
  const own = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    socket.once('data', (data: Buffer) => {
      socket.write(say(/sec-websocket-key: (\S+)/i.exec(data.toString())?.[1] ?? ''))
    })
  })
  raw.push(own)
  await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve))
  return `ws://127.0.0.1:${(own.address() as AddressInfo).port}/`
}

const shaken = (key: string, ...frames: Buffer[]): Buffer => {
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  const head = `HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), ...frames])
}
const urls = { bent: '', escapes: '', wrongAccept: '', huge: '', silent: '' }

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-websocket-'))
  const verifyClient = ({ req }: { req: IncomingMessage }): boolean => req.url !== '/private'
  const handleProtocols = (offered: Set<string>): string | false => (offered.has('v2') ? 'v2' : false)
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', verifyClient, handleProtocols })
  listen(server)
  await new Promise((resolve) => server.once('listening', resolve))
  base = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
  if (hasOpenssl()) {
    const [key, cert] = selfSigned(directory)
    secure = createTlsServer({ key, cert })
    listen(new WebSocketServer({ server: secure }))
    await new Promise<void>((resolve) => secure?.listen(0, '127.0.0.1', resolve))
    tlsBase = `wss://127.0.0.1:${(secure.address() as AddressInfo).port}`
  }
  hostile = await startHostile()
  urls.bent = await speak((key) => shaken(key, Buffer.from([0xf1, 0x01, 0x41])))
  urls.escapes = await speak((key) => {
    const text = Buffer.from(ANSI)
    return shaken(key, Buffer.from([0x81, text.length]), text)
  })
  urls.wrongAccept = await speak(() => shaken('another'))
  urls.huge = await speak((key) => shaken(key, Buffer.from([0x81, 127, 0, 0, 0, 9, 0, 0, 0, 0])))
  urls.silent = await speak(() => '')
})
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  for (const own of raw) own.close()
  for (const client of server.clients) client.terminate()
  server.close()
  secure?.closeAllConnections()
  secure?.close()
  await hostile.stop()
  rmSync(directory, { recursive: true, force: true })
})

const at = (path: string, extra: Record<string, unknown> = {}) => ({ options: { url: `${base}${path}`, ...extra } })
const asWs = (address: string): string => address.replace(/^http/, 'ws')

checkContract(websocket, {
  passing: () => at('/live', { message: 'hello', answerContains: 'heard hello', ping: true }),
  failing: () => at('/private'),
  unverified: () => at('/live', { caFile: 'no-such-file.pem' }),
  slow: () => ({ options: { url: urls.silent, timeoutMs: 20_000 } }),
  unreachable: { status: 'failed', case: () => ({ options: { url: 'ws://127.0.0.1:1/' } }) },
  hostile: {
    'a body without end': { status: 'failed', case: () => ({ options: { url: asWs(`${hostile.url}/endless`) } }) },
    'redirects without end': { status: 'failed', case: () => ({ options: { url: asWs(`${hostile.url}/redirects`) } }) },
    'a certificate nobody trusts': {
      status: 'failed',
      case: () => ({ options: { url: asWs(hostile.tlsUrl ?? 'https://127.0.0.1:1') } }),
    },
    'no HTTP': { status: 'failed', case: () => ({ options: { url: asWs(hostile.garbageUrl) } }) },
    'frames against the rules': {
      status: 'failed',
      case: () => ({ options: { url: urls.bent, answerContains: 'x' } }),
    },
    'a message of 38 GB': { status: 'failed', case: () => ({ options: { url: urls.huge, answerContains: 'x' } }) },
    'more messages than anybody reads': { status: 'failed', case: () => at('/flood', { answerContains: 'other' }) },
    'escapes for terminals': {
      status: 'passed',
      case: () => ({ options: { url: urls.escapes, answerContains: 'red' } }),
    },
    'a handshake of something else': { status: 'failed', case: () => ({ options: { url: urls.wrongAccept } }) },
  },
  secret: {
    value: SECRET,
    case: () => at('/live', { message: SECRET, headers: { 'x-token': SECRET }, answerContains: 'heard' }),
  },
  mentions: () => [`${base}/live`, 'heard hello', 'ping'],
  recognises: {
    clear: [
      'WebSocket connection to wss://shop.internal/live works',
      'WebSocket endpoint `/ws` accepts connections',
      'Websockets on live.shop.internal are reachable',
    ],
    unclear: [
      'WebSocket connections working',
      'WebSocket upgrade headers set',
      'WebSocket errors are monitored',
      'If websockets drop, reconnect to `/ws`',
      'WebSocket at wss://your-app.com/ws works',
    ],
  },
})

const outcome = (path: string, extra: Record<string, unknown> = {}) => runCheck(websocket, at(path, extra))

describe('websocket', () => {
  it('says with which status the handshake was refused', async () => {
    expect((await outcome('/private')).summary).toContain('the handshake was answered 401, not 101')
  })

  it('opens by the http scheme too', async () => {
    expect((await outcome('', { url: base.replace('ws', 'http') })).status).toBe('passed')
  })

  it.skipIf(!hasOpenssl())('opens over TLS, with an authority that is trusted', async () => {
    const given = { options: { url: `${tlsBase}/live`, caFile: 'cert.pem', ping: true }, context: { directory } }
    expect((await runCheck(websocket, given)).status).toBe('passed')
    expect((await runCheck(websocket, { options: { url: `${tlsBase}/live` } })).summary).toContain('self-signed')
  })

  it('waits for the message that is wanted among others, in parts too', async () => {
    expect((await outcome('/chatty', { message: 'x', answerMatches: '^heard x' })).status).toBe('passed')
    expect((await outcome('/parts', { answerContains: 'first second' })).status).toBe('passed')
    expect((await outcome('/flood', { answerContains: 'message 321' })).status).toBe('passed')
  })

  it('fails when the answer does not come, and says why', async () => {
    expect((await outcome('/deaf', { message: 'x', answerContains: 'x', timeoutMs: 100 })).summary).toContain(
      'not within 100 ms',
    )
    expect((await outcome('/close', { answerContains: 'x' })).summary).toContain(
      'closed the connection with 4001 (not you)',
    )
    expect((await outcome('/large', { answerContains: 'y' })).summary).toContain('more than 1048576 bytes')
  })

  it('wants one of the subprotocols it offers', async () => {
    expect((await outcome('/live', { protocols: ['v1', 'v2'] })).status).toBe('passed')
    expect((await outcome('/live', { protocols: ['v1'] })).summary).toContain('none of the subprotocols v1')
  })

  it('bounds the time of it all', async () => {
    expect((await outcome('/live', { ping: true, responseTimeMsMax: 0.001 })).status).toBe('failed')
  })
})

describe('frames', () => {
  it('are taken whole or not at all, at every length', () => {
    for (const length of [0, 125, 126, 65_535, 65_536]) {
      const payload = Buffer.alloc(length, 'a')
      const sent = encodeFrame(OPCODE.text, payload)
      expect(takeFrame(sent, 1 << 20)).toBe('it sent a masked frame')
      const head =
        length < 126
          ? [0x81, length]
          : length < 65_536
            ? [0x81, 126, length >> 8, length & 255]
            : [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]
      const frame = Buffer.concat([Buffer.from(head), payload, Buffer.from('next')])
      const cut = takeFrame(frame.subarray(0, head.length + length - 1), 1 << 20)
      expect(cut).toBeNull()
      const taken = takeFrame(frame, 1 << 20)
      if (taken === null || typeof taken === 'string') throw new Error(`no frame of ${length} bytes`)
      expect(taken.frame.payload.equals(payload)).toBe(true)
      expect(taken.rest.toString()).toBe('next')
    }
  })
})
