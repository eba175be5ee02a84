// HTTP load over keep-alive connections. `runLoad` works in this process, `startLoad` in one of its own.
import { fork } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Connection } from './connection.ts'
import { LoadTally } from './tally.ts'
import type { LoadResult } from './tally.ts'

export type { LoadResult } from './tally.ts'

export interface LoadOptions {
  /** `http://127.0.0.1:8080/path`. */
  url: string
  /** Keep-alive connections. */
  connections: number
  /** Ends after so many requests. */
  requests?: number
  /** Ends after so long. */
  durationMs?: number
  /** Open loop: requests are due at this rate whether or not earlier ones are answered; without it each connection goes on at once. */
  requestsPerSecond?: number
  /** @default GET */
  method?: string
  headers?: Record<string, string>
  body?: string
  /** @default 10000 */
  timeoutMs?: number
  /** Response header that names the version. @default x-gonogo-version */
  versionHeader?: string
}

/** Pause after a failed request: a refused connection must not become a busy loop. */
const FAILED_PAUSE_MS = 10

/**
 * Sends load until one of the limits is reached or the signal aborts; requests under way are waited for.
 * @throws Error when the options name no end and there is no signal.
 */
export function runLoad(options: LoadOptions, signal?: AbortSignal, tally = new LoadTally()): Promise<LoadResult> {
  if (options.requests === undefined && options.durationMs === undefined && !signal)
    throw new Error('a load without requests, durationMs or a signal would never end')
  const connectionOptions = connectionOptionsOf(options)
  const begun = performance.now()
  const endsAt = begun + (options.durationMs ?? Number.POSITIVE_INFINITY)
  const requestsMax = options.requests ?? Number.POSITIVE_INFINITY
  const everyMs = options.requestsPerSecond ? 1000 / options.requestsPerSecond : 0
  let begunRequests = 0

  /** The moment the next request is due, or null when there is none. */
  function nextDue(): number | null {
    const now = performance.now()
    if (signal?.aborted || begunRequests >= requestsMax || now >= endsAt) return null
    const due = everyMs === 0 ? now : begun + begunRequests * everyMs
    if (due >= endsAt) return null
    begunRequests++
    return due
  }

  function drive(connection: Connection, finished: () => void): void {
    const due = nextDue()
    if (due === null) {
      connection.close()
      return finished()
    }
    const send = (): void => {
      // Timers are early by up to a millisecond: a request is as old as the earlier of its due time and its sending.
      const from = Math.min(due, performance.now())
      connection.send((ending) => {
        tally.count(ending, performance.now() - from)
        if ('failed' in ending) setTimeout(() => drive(connection, finished), FAILED_PAUSE_MS)
        else drive(connection, finished)
      })
    }
    const waitMs = due - performance.now()
    if (waitMs > 1) setTimeout(send, waitMs)
    else send()
  }

  const clients = Array.from({ length: options.connections }, () => {
    const connection = new Connection(connectionOptions)
    return new Promise<void>((resolve) => drive(connection, resolve))
  })
  return Promise.all(clients).then(() => tally.result())
}

/** A load run in a process of its own. */
export interface LoadProcess {
  pid: number
  /** What it has seen so far. */
  progress(): Promise<LoadResult>
  /** Lets it come to its end by itself. */
  finished: Promise<LoadResult>
  /** Ends it after the requests under way. */
  stop(): Promise<LoadResult>
}

export type LoadMessage = { type: 'start'; options: LoadOptions } | { type: 'stop' } | { type: 'progress' }
export type LoadReply = { type: 'progress' | 'finished'; result: LoadResult }

/** Starts a load process; it ends with this one. */
export function startLoad(options: LoadOptions): LoadProcess {
  const script = fileURLToPath(new URL(`./process${extname(fileURLToPath(import.meta.url))}`, import.meta.url))
  const child = fork(script, { stdio: 'inherit' })
  const waiting: ((result: LoadResult) => void)[] = []
  const finished = new Promise<LoadResult>((resolve, reject) => {
    child.on('message', (message) => {
      const reply = message as LoadReply
      if (reply.type === 'finished') {
        resolve(reply.result)
        child.disconnect()
      }
      for (const answer of waiting.splice(0)) answer(reply.result)
    })
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`the load process ended with ${code}`)))
  })
  // Asked for only by some callers; a failure shows to those.
  finished.catch(() => {})
  const tell = (message: LoadMessage): void => void (child.connected && child.send(message))
  tell({ type: 'start', options })
  return {
    pid: child.pid ?? 0,
    progress: () =>
      new Promise((resolve, reject) => {
        finished.then(resolve, reject)
        waiting.push(resolve)
        tell({ type: 'progress' })
      }),
    finished,
    stop: () => {
      tell({ type: 'stop' })
      return finished
    },
  }
}

function connectionOptionsOf(options: LoadOptions): ConstructorParameters<typeof Connection>[0] {
  const url = new URL(options.url)
  const body = options.body ?? ''
  const headers = {
    host: url.host,
    ...(body ? { 'content-length': String(Buffer.byteLength(body)) } : {}),
    ...options.headers,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `${options.method ?? 'GET'} ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 80),
    requestBytes: Buffer.from(head + body),
    versionHeader: options.versionHeader ?? 'x-gonogo-version',
    headOnly: options.method === 'HEAD',
    timeoutMs: options.timeoutMs ?? 10_000,
  }
}
