// One keep-alive client of a load: one request at a time, each ending told exactly once.
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { codeOf, messageOf } from '../../../lib/errors.ts'
import { AnswerReader, NoHttpError } from './answer-reader.ts'

/** Where the requests go: one address, whatever names it has. */
export interface Target {
  /** Address that was found to take connections. */
  host: string
  port: number
  /** Null: plain HTTP. */
  tls: { servername: string; ca?: string[] } | null
}

/** A request, byte for byte. */
export interface RequestBytes {
  bytes: Uint8Array
  isHead: boolean
}

/** Why there was no whole answer. `local`: this machine had no port or file handle left, which says nothing about the service. */
export type Failure = 'refused' | 'reset' | 'timed-out' | 'no-http' | 'tls' | 'local'

/** How one request ended: an HTTP status, or why there is none. */
export type Ending = { status: number } | { failure: Failure; detail: string }

/** A server may close what has been idle for longer; the request that meets the closing would be lost by nobody's fault. */
const IDLE_MS_MAX = 1000
const LOCAL = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM'])

/** What is read is looked at before the next read: all clients of a thread share one buffer. */
const readBuffer = Buffer.allocUnsafe(65_536)

export class Client {
  /** Moment the request under way was due and was sent, by `performance.now()`. */
  dueAt = 0
  sentAt = 0
  isBusy = false
  readonly #target: Target
  readonly #onEnding: (client: Client, ending: Ending) => void
  #socket: Socket | null = null
  readonly #reader = new AnswerReader()
  #idleSince = 0
  #trouble: Error | null = null

  constructor(target: Target, onEnding: (client: Client, ending: Ending) => void) {
    this.#target = target
    this.#onEnding = onEnding
  }

  send({ bytes, isHead }: RequestBytes, dueAt: number, now: number): void {
    this.dueAt = dueAt
    this.sentAt = now
    this.isBusy = true
    this.#reader.expect(isHead)
    if (this.#socket && now - this.#idleSince > IDLE_MS_MAX) this.#drop()
    this.#socket ??= this.#open()
    this.#socket.write(bytes)
  }

  /** Gives up on the request under way. */
  timeOut(): void {
    this.#drop()
    this.#end({ failure: 'timed-out', detail: 'no whole answer in time' })
  }

  close(): void {
    this.isBusy = false
    this.#drop()
  }

  #open(): Socket {
    const { host, port, tls } = this.#target
    const onread = { buffer: readBuffer, callback: (bytes: number) => this.#onBytes(socket, bytes) }
    const where = { host, port, onread }
    this.#trouble = null
    const socket: Socket = tls ? connectTls({ ...where, ...tls } as ConnectionOptions) : connectTcp(where)
    socket.setNoDelay(true)
    socket.on('error', (error) => (this.#trouble = error))
    socket.on('close', () => {
      if (this.#socket !== socket) return
      this.#socket = null
      if (!this.isBusy) return
      if (this.#reader.end()) this.#end({ status: this.#reader.status })
      else this.#end(failureOf(this.#trouble))
    })
    return socket
  }

  #onBytes(socket: Socket, bytes: number): boolean {
    if (this.#socket !== socket) return false
    try {
      if (!this.#reader.push(readBuffer.subarray(0, bytes))) return true
    } catch (error) {
      if (!(error instanceof NoHttpError)) throw error
      this.#drop()
      if (this.isBusy) this.#end({ failure: 'no-http', detail: error.message })
      return false
    }
    if (this.#reader.isLast) this.#drop()
    this.#end({ status: this.#reader.status })
    return true
  }

  #drop(): void {
    const socket = this.#socket
    this.#socket = null
    socket?.destroy()
  }

  #end(ending: Ending): void {
    this.isBusy = false
    this.#idleSince = performance.now()
    this.#onEnding(this, ending)
  }
}

/** What a connection's error means for the request that was on it. */
function failureOf(error: Error | null): { failure: Failure; detail: string } {
  if (error === null) return { failure: 'reset', detail: 'the connection was closed before the answer was whole' }
  const code = codeOf(error) ?? ''
  const detail = messageOf(error).slice(0, 200)
  if (LOCAL.has(code)) return { failure: 'local', detail }
  if (code === 'ECONNREFUSED') return { failure: 'refused', detail }
  return { failure: /CERT|SSL|TLS/.test(code) || /certificate/i.test(detail) ? 'tls' : 'reset', detail }
}
