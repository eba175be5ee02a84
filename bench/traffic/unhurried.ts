// A keep-alive client that sends its request piece by piece and reads as slowly as it is told; `Connection` of the load tool sends whole ones.
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Ending } from '../../examples/load/connection.ts'
import { ResponseReader } from '../../examples/load/response-reader.ts'
import { pause } from '../../src/lib/deadline.ts'

export interface Piece {
  bytes: Buffer
  /** After it. */
  pauseMs: number
}

/** So many bytes, then a pause. */
export interface Reading {
  bytes: number
  pauseMs: number
}

interface Link {
  socket: Socket
  /** Of the exchange under way. */
  end: ((ending: Ending) => void) | null
}

export class UnhurriedClient {
  readonly #host: string
  readonly #port: number
  readonly #reading: Reading | null
  #link: Link | null = null

  constructor({ host, port, reading = null }: { host: string; port: number; reading?: Reading | null }) {
    this.#host = host
    this.#port = port
    this.#reading = reading
  }

  /** One request; `version` of its answer is the header `x-received`. */
  async exchange(pieces: Iterable<Piece>, timeoutMs: number): Promise<Ending> {
    const link = (this.#link ??= this.#open())
    let isOver = false
    const ended = new Promise<Ending>((resolve) => {
      link.end = (ending) => {
        isOver = true
        link.end = null
        resolve(ending)
      }
    })
    const late = { failed: 'timed-out', detail: `no whole answer in ${timeoutMs} ms` } as const
    const timer = setTimeout(() => this.#drop(link, late), timeoutMs)
    let isSent = true
    for (const { bytes, pauseMs } of pieces) {
      if (!isOver && !link.socket.write(bytes)) await Promise.race([drained(link.socket), ended])
      if (!isOver && pauseMs > 0) await Promise.race([pause(pauseMs), ended])
      if (isOver) isSent = false
    }
    const ending = await ended
    clearTimeout(timer)
    // Answered before it was sent: what is left of it must not be taken for the next request.
    if (!isSent || 'failed' in ending || ending.close) this.#drop(link, late)
    return ending
  }

  close(): void {
    this.#link?.socket.destroy()
  }

  #drop(link: Link, ending: Ending): void {
    if (this.#link === link) this.#link = null
    link.end?.(ending)
    link.socket.destroy()
  }

  #open(): Link {
    const link: Link = { socket: this.#connect((chunk) => push(chunk)), end: null }
    const reader = new ResponseReader('x-received', false, (answer) => link.end?.(answer))
    const push = (chunk: Buffer): void => {
      try {
        reader.push(chunk)
      } catch (error) {
        this.#drop(link, { failed: 'no-http', detail: (error as Error).message })
      }
    }
    let failure: Ending = { failed: 'reset', detail: 'the connection was closed' }
    link.socket.on('error', (error: NodeJS.ErrnoException) => {
      failure = { failed: error.code === 'ECONNREFUSED' ? 'refused' : 'reset', detail: error.message }
    })
    link.socket.on('close', () => {
      if (!reader.end()) this.#drop(link, failure)
    })
    return link
  }

  #connect(push: (chunk: Buffer) => void): Socket {
    const where = { host: this.#host, port: this.#port, noDelay: true }
    if (!this.#reading) return connect(where).on('data', push)
    const { bytes, pauseMs } = this.#reading
    const buffer = Buffer.alloc(bytes)
    const socket: Socket = connect({
      ...where,
      onread: {
        buffer,
        callback(count) {
          push(Buffer.from(buffer.subarray(0, count)))
          setTimeout(() => socket.resume(), pauseMs)
          return false
        },
      },
    })
    return socket
  }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => void socket.once('drain', resolve))
}
