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
      if (name === 'transfer-encoding') readCoding(head, value, request)
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
    } else if (name === 'cookie') head.cookie = head.cookie === undefined ? value : `${head.cookie}; ${value}`
    else if (name === settings.previewHeader) head.preview = value
    head.headers.push(name, value)
  }
  if (named.length > 0) head.headers = without(head.headers, named)
  if (request.httpVersionMajor !== 1) head.problem = 'only HTTP/1.0 and HTTP/1.1 are spoken here'
  if (host === undefined) {
    if (request.httpVersionMinor > 0) head.problem = 'there is no host header'
    // HTTP/1.0 may come without. Left out, every backend would see its own address.
    head.headers.push('host', addressOf(request))
  }
  pushForwarded(head.headers, request, host, settings.trustForwarded ? forwarded : {})
  if (request.url?.charCodeAt(0) !== 47) head.problem = 'the request target must be a path'
  return head
}

/** A body in chunks, and in no other coding: of a backend's own view of `gzip, chunked` nothing can be known here. */
function readCoding(head: ForwardHead, value: string, request: IncomingMessage): void {
  if (value.toLowerCase() !== 'chunked' || head.bodyBytes === null || request.httpVersionMinor < 1)
    head.problem = `the transfer coding ${JSON.stringify(value)} is not taken`
  head.hasBody = true
  head.bodyBytes = null
}

function addressOf({ socket }: IncomingMessage): string {
  const address = socket.localAddress ?? 'localhost'
  return `${address.includes(':') ? `[${address}]` : address}:${socket.localPort}`
}

/** The head of an answer, ready to be sent to a client. */
export interface AnswerHead {
  /** Name, value, name, value, ... */
  list: string[]
  /** Declared length of the body; -1 when it is not declared. */
  bodyBytes: number
  isEventStream: boolean
}

/**
 * The headers of an answer that a client gets, and `added` ones.
 * @param versionHeader what only the router says: a backend's own header of this name is dropped.
 */
export function responseHeaders(
  raw: readonly (Buffer | string)[],
  versionHeader: string | null,
  added: readonly string[],
): AnswerHead {
  const head: AnswerHead = { list: [], bodyBytes: -1, isEventStream: false }
  let named: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    const name = textOf(raw[i])
    const lower = name.toLowerCase()
    const value = textOf(raw[i + 1])
    if (OF_CONNECTION.has(lower)) {
      if (lower === 'connection') named = named.concat(namesIn(value))
      continue
    }
    if (lower === versionHeader) continue
    if (lower === 'content-length') head.bodyBytes = Number(value)
    else if (lower === 'content-type') head.isEventStream = value.startsWith('text/event-stream')
    head.list.push(name, value)
  }
  if (named.length > 0) head.list = without(head.list, named)
  for (const text of added) head.list.push(text)
  return head
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
