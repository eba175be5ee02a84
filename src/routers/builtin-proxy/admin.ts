// The admin side: HTTP over a Unix socket that only its owner may open.
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { z } from 'zod'
import { poll } from '../../lib/deadline.ts'
import { messageOf } from '../../lib/errors.ts'
import type { VersionCounters } from '../../plan/signal.ts'
import { AS_FORMER } from './admin-client.ts'
import { installedBuild } from './build.ts'
import type { Build } from './build.ts'
import { sumCounters } from './figures.ts'
import { upgradeSchema } from './handing-over.ts'
import type { HandingOver } from './handing-over.ts'
import type { Keeping } from './keeping.ts'
import { metricsText } from './metrics.ts'
import type { ProxyPaths } from './paths.ts'
import type { Predecessors } from './predecessors.ts'
import type { Proxy } from './proxy.ts'
import type { OutOfTurn } from './routing.ts'
import { tune } from './server.ts'
import { settingsSchema } from './settings.ts'
import type { Switching } from './switching.ts'

export interface AdminParts {
  proxy: Proxy
  keeping: Keeping
  switching: Switching
  predecessors: Predecessors
  handingOver: HandingOver
  /** The public side. */
  server: Server
  paths: ProxyPaths
  /** Port clients connect to. */
  port: number
  shutdown(): void
}

/** What `GET /health` gives. */
export interface ProxyHealth extends OutOfTurn {
  pid: number
  /** The process that starts another one when this one dies; null when it was killed itself. */
  keeperPid: number | null
  port: number
  startedAt: number
  build: Build
  settings: Proxy['settings']
  held: number
  /** Of the last second or two; `refused` since the start: errors that clients saw because the shield's bound was reached. */
  shield: { requests: number; shielded: number; refused: number }
  /** Processes that made way and still answer what is under way. */
  retired: number[]
  /** Why the last upgrade did not come about. */
  upgradeFailure: string | null
}

const BODY_BYTES_MAX = 1 << 20
const DRAIN_MS_MAX = 3_600_000
/** A question comes at once and whole. */
const QUESTION_TIMEOUT_MS = 5000
const CONNECTIONS_MAX = 256
/** Longer than a conductor waits between two looks at the figures: its connection is there when a way back needs it. */
const KEPT_MS = 60_000
const startedAt = Date.now()

type Reply = { status: number; body: unknown }
type Route = (parts: AdminParts, request: IncomingMessage, url: URL) => Reply | Promise<Reply>

/** A question that makes no sense: answered with what is wrong. */
class BadQuestion extends Error {}

const ROUTES: Record<string, Route> = {
  'GET /table': ({ proxy }) => ok(proxy.routing.table),
  'GET /counters': async (parts) => ok(await countersOf(parts)),
  'GET /health': (parts) => ok(healthOf(parts)),
  'GET /metrics': async (parts) => ok(await metricsOf(parts)),
  'PUT /table': changing(async ({ switching }, body) => {
    const result = await switching.to(body)
    return 'problem' in result ? refusal(422, result.problem) : ok(result.table)
  }),
  'PUT /settings': changing(async ({ proxy, keeping, paths, server }, body) => {
    proxy.configure(read(settingsSchema, body))
    tune(server, proxy.settings)
    await keeping.write(paths.settings, JSON.stringify(proxy.settings))
    return ok(proxy.settings)
  }),
  'POST /drain': async (parts, request, url) => {
    const version = url.searchParams.get('version') ?? ''
    const timeoutMs = Math.min(Number(url.searchParams.get('timeoutMs') ?? 10_000), DRAIN_MS_MAX)
    if (!(timeoutMs >= 0)) return refusal(422, 'timeoutMs is no number')
    const gone = new AbortController()
    request.socket.once('close', () => gone.abort())
    const empty = async (): Promise<true | null> =>
      isForSuccessor(parts, url) || (await inFlightAt(parts, version)) === 0 ? true : null
    const drained = (await poll(empty, { everyMs: 5, timeoutMs, signal: gone.signal })) === true
    return isForSuccessor(parts, url) ? ASK_AGAIN : ok({ drained })
  },
  'POST /upgrade': changing(async ({ handingOver }, body) => {
    const wanted = read(upgradeSchema, body)
    try {
      await handingOver.upgrade(wanted)
      return ok({})
    } catch (error) {
      return refusal(409, messageOf(error))
    }
  }),
  'POST /hand-over': async ({ handingOver }) => ok(await handingOver.handOver()),
  'POST /retire': ({ handingOver }) => {
    handingOver.retire()
    return ok({})
  },
  'POST /farewell': async ({ predecessors }, request) => {
    const { pid, counters } = read(farewellSchema, await bodyOf(request))
    predecessors.farewell(pid, counters as unknown as VersionCounters[])
    return ok({})
  },
  'POST /shutdown': ({ shutdown }) => {
    setImmediate(shutdown)
    return ok({})
  },
}

const farewellSchema = z.object({ pid: z.int(), counters: z.array(z.looseObject({ version: z.string() })) })

/** Listens on a socket at `path`. */
export async function listenAdmin(path: string, parts: AdminParts): Promise<Server> {
  const server = createServer((request, response) => {
    answer(parts, request, response).catch((error: unknown) => {
      const asked = error instanceof BadQuestion
      if (!asked) parts.proxy.log(`admin: ${messageOf(error)}`)
      if (!response.headersSent) send(response, refusal(asked ? 422 : 500, messageOf(error)))
    })
  })
  server.headersTimeout = QUESTION_TIMEOUT_MS
  server.requestTimeout = QUESTION_TIMEOUT_MS
  server.keepAliveTimeout = KEPT_MS
  server.maxConnections = CONNECTIONS_MAX
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  server.on('error', (error) => parts.proxy.log(`admin: ${messageOf(error)}`))
  return server
}

async function answer(parts: AdminParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = URL.parse(request.url ?? '/', 'http://router')
  const route = url && ROUTES[`${request.method} ${url.pathname}`]
  const reply = !route
    ? refusal(404, 'no such route')
    : isForSuccessor(parts, url)
      ? ASK_AGAIN
      : await route(parts, request, url)
  // The next question is for the successor.
  if (parts.handingOver.state !== 'serving') response.setHeader('connection', 'close')
  send(response, reply)
}

/**
 * Who connected while this process served, and asks after it has made way, means the one who serves: a table taken here would be said to
 * be in force and be nowhere.
 */
function isForSuccessor({ handingOver }: AdminParts, url: URL): boolean {
  return handingOver.state === 'retired' && !url.searchParams.has(AS_FORMER)
}

/** Text goes out as it is, all else as JSON. */
function send(response: ServerResponse, { status, body }: Reply): void {
  const [type, text] =
    typeof body === 'string' ? ['text/plain; version=0.0.4', body] : ['application/json', JSON.stringify(body)]
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

function ok(body: unknown): Reply {
  return { status: 200, body }
}

function refusal(status: number, error: string): Reply {
  return { status, body: { error } }
}

/** Asked again, it is the successor who answers. */
const ASK_AGAIN = refusal(503, 'the proxy is just being upgraded; ask again')

/**
 * From the moment in which the files are the successor's, though clients may still be ours, only the successor changes anything here. Looked
 * at when the question is here as a whole.
 */
function changing(change: (parts: AdminParts, body: string) => Promise<Reply>): Route {
  return async (parts, request, url) => {
    const body = await bodyOf(request)
    const isOurs = parts.handingOver.state === 'serving' || url.searchParams.has(AS_FORMER)
    return isOurs ? change(parts, body) : ASK_AGAIN
  }
}

async function countersOf({ proxy, predecessors }: AdminParts): Promise<VersionCounters[]> {
  const former = await predecessors.counters()
  return sumCounters([proxy.tallies.snapshot(), former])
}

async function inFlightAt(parts: AdminParts, version: string): Promise<number> {
  const { proxy, predecessors } = parts
  if (predecessors.pids.length === 0) return proxy.tallies.inFlight(version)
  return (await countersOf(parts)).find((counters) => counters.version === version)?.inFlight ?? 0
}

async function metricsOf(parts: AdminParts): Promise<string> {
  const { routing, held } = parts.proxy
  const backends = routing.upstreams().map(({ backend: { id, version }, healthy }) => ({ id, version, healthy }))
  return metricsText({ table: routing.table, counters: await countersOf(parts), held: held.size, backends })
}

function healthOf({ proxy, port, predecessors, handingOver }: AdminParts): ProxyHealth {
  return {
    pid: process.pid,
    keeperPid: process.connected ? process.ppid : null,
    port,
    startedAt,
    build: installedBuild(),
    settings: proxy.settings,
    held: proxy.held.size,
    ...proxy.routing.outOfTurn(),
    shield: { ...proxy.shielding.recent, refused: proxy.shielding.refused },
    retired: predecessors.pids,
    upgradeFailure: handingOver.failure,
  }
}

function read<T>(schema: z.ZodType<T>, json: string): T {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    throw new BadQuestion(`not JSON: ${messageOf(error)}`)
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new BadQuestion(z.prettifyError(result.error))
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) throw new BadQuestion(`the body is larger than ${BODY_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
