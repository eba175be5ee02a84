// The admin side: HTTP over a Unix socket that only its owner may open.
import { chmodSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { messageOf } from '../../lib/errors.ts'
import { poll } from '../../lib/deadline.ts'
import type { Keeping } from './keeping.ts'
import type { Proxy } from './proxy.ts'
import type { ProxyPaths } from './paths.ts'
import { settingsSchema } from './settings.ts'
import { switchTo } from './switching.ts'

export interface AdminParts {
  proxy: Proxy
  keeping: Keeping
  paths: ProxyPaths
  /** Port clients connect to. */
  port: number
  shutdown(): void
}

/** What `GET /health` gives. */
export interface ProxyHealth {
  pid: number
  port: number
  startedAt: number
  settings: Proxy['settings']
  held: number
  ejected: string[]
}

const BODY_BYTES_MAX = 1 << 20
const DRAIN_MS_MAX = 3_600_000
const startedAt = Date.now()

type Reply = { status: number; body: unknown }
type Route = (parts: AdminParts, request: IncomingMessage, url: URL) => Reply | Promise<Reply>

const ROUTES: Record<string, Route> = {
  'GET /table': ({ proxy }) => ok(proxy.routing.table),
  'GET /counters': ({ proxy }) => ok(proxy.tallies.snapshot()),
  'GET /health': (parts) => ok(healthOf(parts)),
  'PUT /table': async ({ proxy, keeping, paths }, request) => {
    const result = await switchTo(proxy, keeping, paths.table, await bodyOf(request))
    return 'problem' in result ? { status: 422, body: { error: result.problem } } : ok(result.table)
  },
  'PUT /settings': async ({ proxy, keeping, paths }, request) => {
    const settings = settingsSchema.safeParse(JSON.parse(await bodyOf(request)))
    if (!settings.success) return { status: 422, body: { error: settings.error.message } }
    proxy.configure(settings.data)
    await keeping.write(paths.settings, JSON.stringify(proxy.settings))
    return ok(proxy.settings)
  },
  'POST /drain': async ({ proxy }, request, url) => {
    const version = url.searchParams.get('version') ?? ''
    const timeoutMs = Math.min(Number(url.searchParams.get('timeoutMs') ?? 10_000), DRAIN_MS_MAX)
    if (!(timeoutMs >= 0)) return { status: 422, body: { error: 'timeoutMs is no number' } }
    const gone = new AbortController()
    request.socket.once('close', () => gone.abort())
    const empty = (): true | null => (proxy.tallies.inFlight(version) === 0 ? true : null)
    return ok({ drained: (await poll(empty, { everyMs: 5, timeoutMs, signal: gone.signal })) === true })
  },
  'POST /shutdown': ({ shutdown }) => {
    setImmediate(shutdown)
    return ok({})
  },
}

/** Listens on the admin socket. The process holds the lock: a socket that is there already belongs to nobody. */
export async function listenAdmin(parts: AdminParts): Promise<Server> {
  const server = createServer((request, response) => {
    reply(parts, request, response).catch((error: unknown) => {
      parts.proxy.log(`admin: ${messageOf(error)}`)
      if (!response.headersSent) send(response, { status: 500, body: { error: messageOf(error) } })
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(parts.paths.adminSocket, resolve)
  })
  chmodSync(parts.paths.adminSocket, 0o600)
  return server
}

async function reply(parts: AdminParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://router')
  const route = ROUTES[`${request.method} ${url.pathname}`]
  send(response, route ? await route(parts, request, url) : { status: 404, body: { error: 'no such route' } })
}

function send(response: ServerResponse, { status, body }: Reply): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

function ok(body: unknown): Reply {
  return { status: 200, body }
}

function healthOf({ proxy, port }: AdminParts): ProxyHealth {
  return {
    pid: process.pid,
    port,
    startedAt,
    settings: proxy.settings,
    held: proxy.held.size,
    ejected: proxy.routing
      .upstreams()
      .filter((upstream) => !upstream.healthy)
      .map((upstream) => upstream.backend.id),
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) throw new Error(`the body is larger than ${BODY_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
