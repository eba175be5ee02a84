// The HTTP side of a receiver of OTLP metrics: one path, JSON or protobuf, gzip or plain, bounded in bytes and time.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { codeOf, messageOf, OutsideError } from '../../../lib/errors.ts'
import { exportsOf, fromJson } from './json.ts'
import type { ResourceExport } from './points.ts'
import { fromProtobuf } from './protobuf.ts'

export interface ReceiverOptions {
  host: string
  port: number
  /** Of an export, after it was unpacked. */
  bytesMax: number
  token?: string | undefined
  onExport(exported: ResourceExport[]): void
}

export interface Receiver {
  /** The port it listens on. */
  port: number
  close(): Promise<void>
}

const PATH = '/v1/metrics'
const REQUEST_MS_MAX = 10_000
const CONNECTIONS_MAX = 200

/** Starts listening. @throws OutsideError when the port is taken or may not be used. */
export async function openReceiver(options: ReceiverOptions): Promise<Receiver> {
  const { createServer } = await import('node:http')
  const server: Server = createServer({ requestTimeout: REQUEST_MS_MAX }, (request, response) => {
    void answer(request, response, options)
  })
  server.maxConnections = CONNECTIONS_MAX
  // It ends with the process that samples.
  server.unref()
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(options, error)))
    server.listen(options.port, options.host, resolve)
  })
  server.on('error', () => {})
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function cannotListen({ host, port }: ReceiverOptions, error: unknown): OutsideError {
  const isTaken = codeOf(error) === 'EADDRINUSE'
  return new OutsideError('otlp', `cannot listen on ${host}:${port}: ${messageOf(error)}`, {
    retryable: isTaken,
    hint: isTaken
      ? 'another receiver has this port: end it, or set `port` here and OTEL_EXPORTER_OTLP_METRICS_ENDPOINT there'
      : 'set `host` and `port` to what this process may listen on',
    cause: error,
  })
}

async function answer(request: IncomingMessage, response: ServerResponse, options: ReceiverOptions): Promise<void> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  const isJson = type === 'application/json'
  const refuse = (status: number, message: string): void => {
    // What is still on its way is not read.
    response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(`${message}\n`)
  }
  if (request.url?.split('?')[0] !== PATH) return refuse(404, `metrics are received at ${PATH}`)
  if (request.method !== 'POST') return refuse(405, 'metrics are sent by POST')
  if (!isAllowed(request, options.token)) return refuse(401, 'the header authorization must be "Bearer TOKEN"')
  if (!isJson && type !== 'application/x-protobuf')
    return refuse(415, 'set OTEL_EXPORTER_OTLP_PROTOCOL to http/protobuf or http/json')
  let exported: ResourceExport[]
  try {
    const bytes = await bodyOf(request, options.bytesMax)
    exported = isJson ? fromJson(bytes.toString('utf8')) : exportsOf(fromProtobuf(bytes))
  } catch (error) {
    const isTooLarge = error instanceof TooLarge || codeOf(error) === 'ERR_BUFFER_TOO_LARGE'
    return isTooLarge
      ? refuse(413, `an export may have ${options.bytesMax} bytes`)
      : refuse(400, `this is no export of metrics: ${messageOf(error)}`)
  }
  options.onExport(exported)
  // An empty message says that all was taken.
  response.writeHead(200, { 'content-type': type }).end(isJson ? '{}' : '')
}

function isAllowed(request: IncomingMessage, token: string | undefined): boolean {
  if (token === undefined) return true
  const [given, wanted] = [Buffer.from(request.headers.authorization ?? ''), Buffer.from(`Bearer ${token}`)]
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

class TooLarge extends Error {}

async function bodyOf(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const body = await rawBodyOf(request, bytesMax)
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (encoding === 'identity' || encoding === '') return body
  if (encoding !== 'gzip') throw new Error(`the encoding ${encoding} is not read; gzip is`)
  return promisify(gunzip)(body, { maxOutputLength: bytesMax })
}

/** By events: leaving a loop over the request would end the connection before anything could be answered. */
function rawBodyOf(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= bytesMax) chunks.push(chunk)
      else reject(new TooLarge())
    })
    request.once('end', () => resolve(Buffer.concat(chunks)))
    request.once('close', () => reject(new Error('the sender went away')))
    request.once('error', reject)
  })
}
