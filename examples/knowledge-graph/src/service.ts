// The HTTP service around the graph: transport, faults, metrics, and an end that loses no request.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createCounters, type Counters } from './counters.ts'
import { openDatabase } from './database.ts'
import type { Dependency } from './dependency.ts'
import { createDurations, EXPOSITION_TYPE, type Durations } from './durations.ts'
import { takeLonger, type Faults } from './faults.ts'
import { openGraph } from './graph.ts'
import { answer, type Answer, type RouteContext } from './routes.ts'

export interface ServiceOptions {
  databasePath: string
  /** `v1`, `v2`, ...: from 2 on confidences are explained. */
  version: string
  host: string
  /** 0: any free one. */
  port: number
  faults: Faults
  /** What else an answer needs; null: nothing. */
  dependency: Dependency | null
  log(message: string): void
}

export interface Service {
  port: number
  /** Stops accepting, answers what is in flight, ends idle connections, closes the database. */
  close(): Promise<void>
}

const BODY_BYTES_MAX = 64 * 1024
/** Requests still in flight after this are cut off. */
const CLOSE_TIMEOUT_MS = 10_000
/** Above the proxy's own, so that it is never this side that ends an idle connection under a request. */
const KEEP_ALIVE_MS = 65_000

/** The number in `v2`, `2.1.0`; 1 where there is none. */
export function majorOf(version: string): number {
  return Number(/^v?(\d+)/.exec(version)?.[1] ?? 1)
}

/** @throws Error when the database cannot be opened or the port is taken. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const database = openDatabase(options.databasePath)
  const context: RouteContext = {
    graph: openGraph(database),
    version: options.version,
    explains: majorOf(options.version) >= 2,
    now: Date.now,
  }
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS })
  const counters = createCounters(server)
  const durations = createDurations(options.version)
  let closing = false
  server.on('request', (request, response) => {
    const answered = counters.begin()
    const begunAt = performance.now()
    response.once('close', () => {
      answered(response.statusCode)
      if (isFromUser(request)) durations.observe(response.statusCode, performance.now() - begunAt)
    })
    void handle(request, { ...context, counters, durations }, options)
      .then((result) => send(response, result, options.version, closing))
      .catch(() => response.destroy())
  })
  try {
    await listen(server, options)
  } catch (error) {
    database.close()
    throw error
  }
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      closing = true
      await closeServer(server)
      options.faults.stop()
      database.close()
    },
  }
}

interface Surroundings extends RouteContext {
  counters: Counters
  durations: Durations
}

async function handle(request: IncomingMessage, context: Surroundings, options: ServiceOptions): Promise<Answer> {
  const { faults, dependency, log } = options
  const fault = faults.current()
  if (fault?.kind === 'latency') await sleep(fault.amount)
  // Prometheus asks a part that knows nothing of faults: what fails must not hide that it fails.
  if (fault?.kind === 'errors' && !isScrape(request) && Math.random() < fault.amount)
    return { status: 500, body: { error: 'planted fault: errors' } }
  try {
    const body = await readBody(request)
    if (body === null) return { status: 413, body: { error: `more than ${BODY_BYTES_MAX} bytes` } }
    const url = new URL(`http://service${request.url ?? '/'}`)
    if (url.pathname === '/metrics') return metrics(request, context)
    const begunAt = performance.now()
    const isAnswered = !dependency || !isFromUser(request) || (await dependency.ask())
    const result: Answer = isAnswered
      ? answer({ method: request.method ?? 'GET', url, body }, context)
      : { status: 502, body: { error: 'what this service depends on did not answer' } }
    if (fault?.kind === 'slower') await takeLonger(begunAt, fault.amount)
    return result
  } catch (error) {
    log(`error: ${request.method} ${request.url}: ${(error as Error).message}`)
    return { status: request.url === '/health' ? 503 : 500, body: { error: 'the request could not be answered' } }
  }
}

/** Health checks and looks at the metrics are not counted among what users were answered, and need no dependency. */
function isFromUser({ url }: IncomingMessage): boolean {
  return !/^\/(?:health|metrics)(?:$|\?)/.test(url ?? '')
}

/** JSON, or what Prometheus scrapes where that is asked for. */
function metrics(request: IncomingMessage, { version, counters, durations, graph }: Surroundings): Answer {
  if (isScrape(request)) return { status: 200, body: durations.exposition() }
  return { status: 200, body: { version, ...counters.snapshot(), database: { lockWaitMs: graph.lockWaitMs() } } }
}

function isScrape({ url, headers }: IncomingMessage): boolean {
  return url === '/metrics' && /text\/plain|openmetrics/.test(headers.accept ?? '')
}

/** The body as text, or null when it is too long (the rest is read and thrown away). */
async function readBody(request: IncomingMessage): Promise<string | null> {
  if (request.method === 'GET' || request.method === 'HEAD') return ''
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk)
  }
  return bytes > BODY_BYTES_MAX ? null : Buffer.concat(chunks).toString('utf8')
}

function send(response: ServerResponse, { status, body }: Answer, version: string, closing: boolean): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  response.writeHead(status, {
    'content-type': typeof body === 'string' ? EXPOSITION_TYPE : 'application/json',
    'content-length': Buffer.byteLength(text),
    'x-version': version,
    ...(closing ? { connection: 'close' } : {}),
  })
  response.end(text)
}

function listen(server: Server, { port, host }: ServiceOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve())
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cutOff = setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT_MS)
    server.close(() => {
      clearTimeout(cutOff)
      resolve()
    })
    server.closeIdleConnections()
  })
}
