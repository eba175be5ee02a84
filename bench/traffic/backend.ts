// An instance of a version, in a process of its own: `backend.ts VERSION PORT ID UPLOAD_LOG`. It notes when requests arrive, hashes what is
// uploaded and says so, echoes on WebSockets, and fails everything when told to.
import { createHash } from 'node:crypto'
import { openSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { monotonicMs } from './clock.ts'
import type { BackendQuestion, BackendReply } from './instance.ts'

const [version = '', port = '0', id = '', uploadLog = ''] = process.argv.slice(2)
const LARGE_BYTES = 64 * 1024
const small = Buffer.from(JSON.stringify({ version, items: Array.from({ length: 20 }, (_, item) => ({ id: item })) }))
const large = Buffer.alloc(LARGE_BYTES, 'x')
// Written at once and by the system: it outlives a `kill -9`.
const log = openSync(uploadLog, 'a')

let lastArrivalAt = 0
let isFaulty = false

const server = createServer((request, response) => {
  lastArrivalAt = monotonicMs()
  if (isFaulty) {
    request.resume()
    return give(response, 500, small)
  }
  if (request.method === 'POST') return receive(request, response)
  request.resume()
  give(response, 200, request.url === '/large' ? large : small)
})

function give(response: ServerResponse, status: number, body: Buffer, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length, ...headers })
  response.end(body)
}

function receive(request: IncomingMessage, response: ServerResponse): void {
  writeSync(log, `${request.headers['x-upload-id']} ${id}\n`)
  const hash = createHash('sha1')
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    hash.update(chunk)
  })
  request.on('end', () => give(response, 200, small, { 'x-received': `${bytes}-${hash.digest('hex')}` }))
}

const sockets = new WebSocketServer({ server })
sockets.on('connection', (socket) => {
  socket.on('error', () => {})
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
})

process.on('message', (question: BackendQuestion) => {
  if (question.faulty !== undefined) isFaulty = question.faulty
  tell({ lastArrivalAt, now: monotonicMs() })
})
server.listen(Number(port), '127.0.0.1', 1024, () => tell({ port: (server.address() as AddressInfo).port }))
process.once('SIGTERM', () => server.close(() => process.exit(0)))
process.once('disconnect', () => process.exit(0))

function tell(reply: BackendReply): void {
  process.send?.(reply)
}
