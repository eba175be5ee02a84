// All clients of one router: who asks and asks, who is slow, who uploads, who keeps a WebSocket open.
import { createHash, randomBytes } from 'node:crypto'
import { WebSocket } from 'ws'
import { Connection } from '../../examples/load/connection.ts'
import type { Ending } from '../../examples/load/connection.ts'
import { pause } from '../../src/lib/deadline.ts'
import { monotonicMs } from './clock.ts'
import type { Tally } from './seen.ts'
import { UnhurriedClient } from './unhurried.ts'
import type { Piece } from './unhurried.ts'

export interface CrowdOptions {
  port: number
  connections: number
  /** Clients that drip what they send and read slowly. */
  slow?: number
  /** Clients that upload, together `uploadShare` of all requests. */
  uploading?: number
  sockets?: number
  /** Asks for nothing until it is told to go on. */
  isPaused?: boolean
}

const HOST = '127.0.0.1'
const TIMEOUT_MS = 10_000
const UNHURRIED_TIMEOUT_MS = 30_000
/** After a failed request: a refused connection must not become a busy loop. */
const FAILED_PAUSE_MS = 10
const UPLOAD_SHARE = 0.05
const PIECE_BYTES = 16 * 1024
const DRIP = { pieces: 6, pauseMs: 25 }
const READING = { bytes: 2048, pauseMs: 10 }
const SLOW_BODY_BYTES = 4096
const ECHO_EVERY_MS = 100
const ECHO_TIMEOUT_MS = 10_000

export class Crowd {
  readonly #options: CrowdOptions
  readonly #tally: Tally
  #isPaused: boolean
  #isOver = false
  #goOn: (() => void)[] = []

  constructor(options: CrowdOptions, tally: Tally) {
    this.#options = options
    this.#tally = tally
    this.#isPaused = options.isPaused ?? false
  }

  /** Resolves when it was stopped and every request is answered. */
  async run(): Promise<void> {
    const { connections, slow = 0, uploading = 0, sockets = 0 } = this.#options
    const times = <T>(count: number, make: (index: number) => T): T[] =>
      Array.from({ length: count }, (_, i) => make(i))
    await Promise.all([
      ...times(connections, () => this.#asks()),
      ...times(slow, (index) => this.#isSlow(index)),
      ...times(uploading, (index) => this.#uploads(index)),
      ...times(sockets, () => this.#keepsOpen()),
    ])
  }

  pause(): void {
    this.#isPaused = true
  }

  goOn(): void {
    this.#isPaused = false
    for (const resume of this.#goOn.splice(0)) resume()
  }

  stop(): void {
    this.#isOver = true
    this.goOn()
  }

  /** Waits while it is paused. False: it is over. */
  async #mayAsk(): Promise<boolean> {
    while (this.#isPaused && !this.#isOver) await new Promise<void>((resolve) => void this.#goOn.push(resolve))
    return !this.#isOver
  }

  #asks(): Promise<void> {
    const { port } = this.#options
    const requestBytes = Buffer.from(`GET / HTTP/1.1\r\nhost: ${HOST}:${port}\r\n\r\n`)
    const connection = new Connection({
      host: HOST,
      port,
      requestBytes,
      versionHeader: 'x-gonogo-version',
      headOnly: false,
      timeoutMs: TIMEOUT_MS,
    })
    return new Promise((resolve) => {
      const next = (): void => {
        if (this.#isOver) {
          connection.close()
          return resolve()
        }
        if (this.#isPaused) return void this.#goOn.push(next)
        const begunAt = monotonicMs()
        connection.send((ending) => {
          this.#tally.count('get', ending, begunAt)
          if ('failed' in ending) setTimeout(next, FAILED_PAUSE_MS)
          else next()
        })
      }
      next()
    })
  }

  async #isSlow(index: number): Promise<void> {
    const { port } = this.#options
    const client = new UnhurriedClient({ host: HOST, port, reading: READING })
    const upload = uploadOf(SLOW_BODY_BYTES)
    for (let round = index; await this.#mayAsk(); round++) {
      const begunAt = monotonicMs()
      if (round % 2 === 0) {
        const head = Buffer.from(`GET /large HTTP/1.1\r\nhost: ${HOST}:${port}\r\nx-slow: ${'x'.repeat(200)}\r\n\r\n`)
        const ending = await client.exchange(dripped(head), UNHURRIED_TIMEOUT_MS)
        this.#tally.count('slow', ending, begunAt)
        if ('failed' in ending) await pause(FAILED_PAUSE_MS)
      } else {
        const id = `slow-${index}-${round}`
        const head = uploadHead(port, id, upload)
        const ending = await client.exchange(dripped(Buffer.concat([head, upload.body])), UNHURRIED_TIMEOUT_MS)
        this.#tally.count('slow-upload', ending, begunAt, { id, problem: problemWith(ending, upload) })
        if ('failed' in ending) await pause(FAILED_PAUSE_MS)
      }
    }
    client.close()
  }

  /** From 1 KB to 1 MB, more small ones than large ones, every second one in chunks. */
  async #uploads(index: number): Promise<void> {
    const { port } = this.#options
    const client = new UnhurriedClient({ host: HOST, port })
    for (let round = 0; await this.#mayAsk();) {
      if (this.#tally.seen.requests.upload >= UPLOAD_SHARE * this.#tally.all) {
        await pause(1)
        continue
      }
      const upload = uploads[(index * 7 + round) % uploads.length] ?? uploadOf(1024)
      const isChunked = round % 2 === 1
      const id = `${index}-${round}`
      const head = uploadHead(port, id, upload, isChunked)
      const begunAt = monotonicMs()
      const ending = await client.exchange(inPieces(head, upload.body, isChunked), UNHURRIED_TIMEOUT_MS)
      this.#tally.count('upload', ending, begunAt, { id, problem: problemWith(ending, upload) })
      if ('failed' in ending) await pause(FAILED_PAUSE_MS)
      round++
    }
    client.close()
  }

  /** Asks stable by name, whoever has the traffic: nothing that is done to the candidate is a reason to break it. */
  async #keepsOpen(): Promise<void> {
    while (!this.#isOver) {
      const why = await this.#echoes()
      if (this.#isOver) return
      this.#tally.seen.sockets.broken.push({ at: monotonicMs(), why })
      await pause(ECHO_EVERY_MS)
    }
  }

  /** Why it ended. */
  #echoes(): Promise<string> {
    const { sockets } = this.#tally.seen
    const socket = new WebSocket(`ws://${HOST}:${this.#options.port}/`, { headers: { 'x-gonogo-version': 'v1' } })
    let sent = 0
    let back = 0
    let lastAt = monotonicMs()
    let why = ''
    const timer = setInterval(() => {
      if (this.#isOver) return socket.close()
      if (monotonicMs() - lastAt > ECHO_TIMEOUT_MS) {
        why = 'no echo'
        return socket.terminate()
      }
      if (socket.readyState === WebSocket.OPEN) socket.send(`message ${++sent}`)
    }, ECHO_EVERY_MS)
    socket.on('open', () => sockets.open++)
    socket.on('message', (data: Buffer) => {
      lastAt = monotonicMs()
      sockets.echoes++
      if (data.toString() === `message ${++back}`) return
      why = 'another echo'
      socket.terminate()
    })
    socket.on('error', (error) => (why = error.message))
    return new Promise((resolve) => {
      socket.on('close', (code) => {
        clearInterval(timer)
        resolve(why || `closed with ${code}`)
      })
    })
  }
}

interface Upload {
  body: Buffer
  /** As the backend answers it. */
  received: string
}

function uploadOf(bytes: number): Upload {
  const body = randomBytes(bytes)
  return { body, received: `${bytes}-${createHash('sha1').update(body).digest('hex')}` }
}

const uploads = Array.from({ length: 48 }, (_, i) => uploadOf(Math.round(1024 * 1024 ** ((i / 47) ** 2))))

function problemWith(ending: Ending, { received }: Upload): string | null {
  if ('failed' in ending || ending.version === received) return null
  return `sent ${received}, the backend got ${ending.version}`
}

function uploadHead(port: number, id: string, { body }: Upload, isChunked = false): Buffer {
  const length = isChunked ? 'transfer-encoding: chunked' : `content-length: ${body.length}`
  return Buffer.from(`POST / HTTP/1.1\r\nhost: ${HOST}:${port}\r\nx-upload-id: ${id}\r\n${length}\r\n\r\n`)
}

function* inPieces(head: Buffer, body: Buffer, isChunked: boolean): Iterable<Piece> {
  yield { bytes: head, pauseMs: 0 }
  for (let at = 0; at < body.length; at += PIECE_BYTES) {
    const part = body.subarray(at, at + PIECE_BYTES)
    const bytes = isChunked
      ? Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')])
      : part
    yield { bytes, pauseMs: 0 }
  }
  if (isChunked) yield { bytes: Buffer.from('0\r\n\r\n'), pauseMs: 0 }
}

function* dripped(bytes: Buffer): Iterable<Piece> {
  const size = Math.ceil(bytes.length / DRIP.pieces)
  for (let at = 0; at < bytes.length; at += size)
    yield { bytes: bytes.subarray(at, at + size), pauseMs: at + size < bytes.length ? DRIP.pauseMs : 0 }
}
