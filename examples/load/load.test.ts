// The load generator must be stricter than any client: what it calls answered was answered wholly.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { runLoad, startLoad } from './load.ts'
import { ResponseReader } from './response-reader.ts'
import type { Answer } from './response-reader.ts'

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

async function serveRaw(answer: string): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(answer))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

function readAll(text: string, bytesAtOnce: number, headOnly = false): Answer[] {
  const answers: Answer[] = []
  const reader = new ResponseReader('x-version', headOnly, (answer) => answers.push(answer))
  const bytes = Buffer.from(text, 'latin1')
  for (let i = 0; i < bytes.length; i += bytesAtOnce) reader.push(bytes.subarray(i, i + bytesAtOnce))
  return answers
}

const STREAM =
  'HTTP/1.1 100 Continue\r\n\r\n' +
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Version: v1\r\n\r\nhello' +
  'HTTP/1.1 503 No\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\ntrailer: x\r\n\r\n' +
  'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n' +
  'HTTP/1.1 204 Empty\r\nconnection: close\r\n\r\n'

test.each([1, 2, 7, 10_000])('answers are read whole, %i bytes at once', (bytesAtOnce) => {
  expect(readAll(STREAM, bytesAtOnce)).toEqual([
    { status: 200, version: 'v1', close: false },
    { status: 503, version: null, close: false },
    { status: 200, version: null, close: false },
    { status: 204, version: null, close: true },
  ])
})

test('an answer to HEAD has no body, whatever it declares', () => {
  expect(readAll('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n', 100, true)).toHaveLength(1)
})

test('what is no HTTP is an error', () => {
  expect(() => readAll('SSH-2.0-OpenSSH\r\n\r\n', 100)).toThrow(/no HTTP/)
})

test('every request is sent once and counted once, by status and version', async () => {
  let got = 0
  const url = await serve((_, response) => {
    const failing = ++got % 10 === 0
    response.writeHead(failing ? 500 : 200, { 'x-gonogo-version': failing ? 'v2' : 'v1' }).end('x')
  })
  const result = await runLoad({ url, connections: 8, requests: 1000 })
  expect(got).toBe(1000)
  expect(result).toMatchObject({ requests: 1000, failed: 100, byStatus: { 200: 900, 500: 100 } })
  expect(result.byVersion).toMatchObject({ v1: { answered: 900, failed: 0 }, v2: { answered: 100, failed: 100 } })
  expect(result.failures).toHaveLength(100)
  expect(result.lastFailureAt).toBe(result.failures.at(-1)?.at)
})

test.each([
  ['an answer cut in the middle', 'HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf', 'reset'],
  ['an empty answer', '', 'reset'],
  ['an answer that is no HTTP', 'hello\r\n\r\n', 'no-http'],
])('failed: %s', async (_, answer, expected) => {
  const result = await runLoad({ url: await serveRaw(answer), connections: 1, requests: 3 })
  expect(result).toMatchObject({ requests: 3, failed: 3, byStatus: { [expected]: 3 } })
})

test('failed: nobody listens, and no answer in time', async () => {
  const url = await serve(() => {})
  expect(await runLoad({ url, connections: 2, requests: 2, timeoutMs: 50 })).toMatchObject({
    byStatus: { 'timed-out': 2 },
  })
  const gone = createServer().listen(0, '127.0.0.1')
  await once(gone, 'listening')
  const { port } = gone.address() as AddressInfo
  gone.close()
  await once(gone, 'close')
  const refused = await runLoad({ url: `http://127.0.0.1:${port}/`, connections: 1, requests: 2 })
  expect(refused.byStatus).toEqual({ refused: 2 })
})

test('an answer without a length ends with its connection', async () => {
  const url = await serveRaw('HTTP/1.1 200 OK\r\n\r\nall of it')
  expect(await runLoad({ url, connections: 1, requests: 2 })).toMatchObject({ failed: 0, byStatus: { 200: 2 } })
})

test('at a fixed rate, waiting behind a slow answer is part of the response time', async () => {
  const url = await serve((_, response) => void setTimeout(() => response.end(), 50))
  const result = await runLoad({ url, connections: 1, requests: 10, requestsPerSecond: 100 })
  expect(result.latencyMs.max).toBeGreaterThan(200)
})

test('a request that a timer sent early still counts in the response times', async () => {
  const url = await serve((_, response) => response.end())
  const { latencyMs } = await runLoad({ url, connections: 4, requestsPerSecond: 400, durationMs: 500 })
  expect(latencyMs.p50).toBeGreaterThan(0)
  expect(latencyMs.p95).toBeGreaterThanOrEqual(latencyMs.p50)
  expect(latencyMs.p99).toBeGreaterThanOrEqual(latencyMs.p95)
})

test('a load process reports while it runs and ends when told', async () => {
  const url = await serve((_, response) => void response.end('x'))
  const load = startLoad({ url, connections: 2, durationMs: 60_000 })
  for (let seen = 0; seen === 0;) seen = (await load.progress()).requests
  const result = await load.stop()
  expect(result.requests).toBeGreaterThan(0)
  expect(result.failed).toBe(0)
})

test('a load that would never end is refused', () => {
  expect(() => runLoad({ url: 'http://127.0.0.1/', connections: 1 })).toThrow(/never end/)
})
