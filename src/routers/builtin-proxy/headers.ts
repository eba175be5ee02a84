// What of a message's head belongs to one connection only and is not passed on (RFC 9110, 7.6.1).
import type { IncomingMessage } from 'node:http'
import type { ProxySettings } from './settings.ts'

/** The head of a request, ready to be sent to a backend. */
export interface ForwardHead {
  /** Name, value, name, value, ... */
  headers: string[]
  cookie: string | undefined
  /** Value of the preview header. */
  preview: string | undefined
  /** A body follows. */
  hasBody: boolean
  /** Declared length of the body; null when it comes in chunks. */
  bodyBytes: number | null
  /** Why it cannot be forwarded; null when it can. */
  problem: string | null
}

const OF_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  // Answered here: Node sends `100 Continue` by itself.
  'expect',
])

const FORWARDED = new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'])

/** Reads a request's raw headers once: passes on what may be passed on, says who asks and keeps what the choice needs. */
export function forwardHead(request: IncomingMessage, settings: ProxySettings): ForwardHead {
  const raw = request.rawHeaders
  const head: ForwardHead = {
    headers: [],
    cookie: undefined,
    preview: undefined,
    hasBody: false,
    bodyBytes: 0,
    problem: null,
  }
  const forwarded: Partial<Record<string, string>> = {}
  let host: string | undefined
  let named: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase()
    const value = raw[i + 1] ?? ''
    if (OF_CONNECTION.has(name)) {
      if (name === 'connection') named = named.concat(namesIn(value))
      if (name === 'transfer-encoding') [head.hasBody, head.bodyBytes] = [true, null]
      continue
    }
    if (FORWARDED.has(name)) {
      forwarded[name] = forwarded[name] === undefined ? value : `${forwarded[name]}, ${value}`
      continue
    }
    if (name === 'host') {
      if (host !== undefined) head.problem = 'two host headers'
      host = value
    } else if (name === 'content-length' && head.bodyBytes !== null) {
      head.bodyBytes = Number(value)
      head.hasBody = head.bodyBytes > 0
    } else if (name === 'cookie') head.cookie = value
    else if (name === settings.previewHeader) head.preview = value
    head.headers.push(name, value)
  }
  if (named.length > 0) head.headers = without(head.headers, named)
  pushForwarded(head.headers, request, host, settings.trustForwarded ? forwarded : {})
  if (request.url?.charCodeAt(0) !== 47) head.problem = 'the request target must be a path'
  return head
}

/** The headers of an answer that a client gets, plus which version gave it. */
export function responseHeaders(raw: readonly (Buffer | string)[], added: readonly string[]): string[] {
  const headers: string[] = []
  let named: string[] = []
  let chunked = false
  for (let i = 0; i < raw.length; i += 2) {
    const name = textOf(raw[i])
    const lower = name.toLowerCase()
    if (OF_CONNECTION.has(lower)) {
      if (lower === 'connection') named = named.concat(namesIn(textOf(raw[i + 1])))
      if (lower === 'transfer-encoding') chunked = true
      continue
    }
    headers.push(name, textOf(raw[i + 1]))
  }
  if (chunked) named.push('content-length')
  const kept = named.length > 0 ? without(headers, named) : headers
  for (const text of added) kept.push(text)
  return kept
}

function pushForwarded(
  headers: string[],
  request: IncomingMessage,
  host: string | undefined,
  before: Partial<Record<string, string>>,
): void {
  const address = request.socket.remoteAddress ?? 'unknown'
  const chain = before['x-forwarded-for']
  headers.push('x-forwarded-for', chain ? `${chain}, ${address}` : address)
  headers.push('x-forwarded-proto', before['x-forwarded-proto'] ?? 'http')
  const forwardedHost = before['x-forwarded-host'] ?? host
  if (forwardedHost !== undefined) headers.push('x-forwarded-host', forwardedHost)
}

/** Header names in a `Connection` value; `keep-alive` and `close` are no names. `content-length` and `host` cannot be named away. */
function namesIn(value: string): string[] {
  if (value === 'keep-alive' || value === 'close') return []
  return value
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => !['', 'close', 'keep-alive', 'upgrade', 'content-length', 'host'].includes(name))
}

function without(headers: readonly string[], names: readonly string[]): string[] {
  const kept: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? ''
    if (!names.includes(name.toLowerCase())) kept.push(name, headers[i + 1] ?? '')
  }
  return kept
}

function textOf(part: Buffer | string | undefined): string {
  return part === undefined ? '' : typeof part === 'string' ? part : part.toString('latin1')
}
