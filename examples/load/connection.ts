// One keep-alive client: sends a request, waits for the whole answer, sends the next on the same connection.
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { ResponseReader } from './response-reader.ts'
import type { Answer } from './response-reader.ts'

/** How one request ended: answered, or why it was not. */
export type Ending = Answer | { failed: 'refused' | 'reset' | 'timed-out' | 'no-http'; detail: string }

export interface ConnectionOptions {
  host: string
  port: number
  /** The request, byte for byte. */
  requestBytes: Buffer
  /** Header, in lower case, that names the version that answered. */
  versionHeader: string
  /** Answers come without their body: the method is HEAD. */
  headOnly: boolean
  timeoutMs: number
}

export class Connection {
  readonly #options: ConnectionOptions
  #socket: Socket | null = null
  #done: ((ending: Ending) => void) | null = null
  #closing = false

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  /** Sends the request once; `done` is called exactly once. A second call must wait for the first to be done. */
  send(done: (ending: Ending) => void): void {
    this.#done = done
    const socket = this.#socket ?? this.#open()
    socket.setTimeout(this.#options.timeoutMs)
    socket.write(this.#options.requestBytes)
  }

  close(): void {
    this.#closing = true
    this.#socket?.destroy()
  }

  #open(): Socket {
    const { host, port, timeoutMs, versionHeader, headOnly } = this.#options
    const socket = connect({ host, port, noDelay: true })
    const reader = new ResponseReader(versionHeader, headOnly, (answer) => {
      if (answer.close) this.#drop(socket)
      this.#end(answer)
    })
    let detail = 'the connection was closed'
    let refused = false
    socket.on('data', (chunk) => {
      try {
        reader.push(chunk)
      } catch (error) {
        this.#drop(socket)
        this.#end({ failed: 'no-http', detail: (error as Error).message })
      }
    })
    socket.on('timeout', () => {
      if (!this.#done) return
      this.#drop(socket)
      this.#end({ failed: 'timed-out', detail: `no whole answer in ${timeoutMs} ms` })
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      detail = error.message
      refused = error.code === 'ECONNREFUSED'
    })
    socket.on('close', () => {
      if (this.#socket !== socket) return
      this.#socket = null
      if (!reader.end()) this.#end({ failed: refused ? 'refused' : 'reset', detail })
    })
    this.#socket = socket
    return socket
  }

  #drop(socket: Socket): void {
    if (this.#socket === socket) this.#socket = null
    socket.destroy()
  }

  #end(ending: Ending): void {
    const done = this.#done
    this.#done = null
    if (done && !this.#closing) done(ending)
  }
}
