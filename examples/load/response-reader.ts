// Reads HTTP/1.1 answers off a connection, as little as a load generator needs and no less: an answer counts only when it is whole.

/** One whole answer. */
export interface Answer {
  status: number
  /** Value of the watched header (which version answered), or null. */
  version: string | null
  /** The server closes the connection after this answer. */
  close: boolean
}

const HEAD_BYTES_MAX = 65_536

type Mode = 'head' | 'length' | 'chunk-size' | 'chunk' | 'trailer' | 'until-close'

export class ResponseReader {
  #mode: Mode = 'head'
  #rest: Buffer = Buffer.alloc(0)
  #bytesLeft = 0
  #answer: Answer | null = null
  readonly #versionPattern: RegExp
  readonly #onAnswer: (answer: Answer) => void

  readonly #headOnly: boolean

  /**
   * @param versionHeader header, in lower case, that names the version.
   * @param headOnly answers to HEAD: they declare a body that does not come.
   */
  constructor(versionHeader: string, headOnly: boolean, onAnswer: (answer: Answer) => void) {
    this.#versionPattern = new RegExp(`\r\n${versionHeader}: *([^\r]*)`, 'i')
    this.#headOnly = headOnly
    this.#onAnswer = onAnswer
  }

  /** Takes bytes as they come. @throws Error when they are no HTTP. */
  push(chunk: Buffer): void {
    let data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    this.#rest = Buffer.alloc(0)
    while (data.length > 0) {
      const used = this.#consume(data)
      if (used === 0) {
        if (data.length > HEAD_BYTES_MAX) throw new Error('no end of a line or head in 64 KiB')
        this.#rest = data
        return
      }
      data = data.subarray(used)
    }
  }

  /** The connection has ended: true when that was the proper end of an answer without a length. */
  end(): boolean {
    if (this.#mode !== 'until-close') return false
    this.#finish()
    return true
  }

  /** Bytes consumed; 0 when more are needed. */
  #consume(data: Buffer): number {
    switch (this.#mode) {
      case 'head':
        return this.#readHead(data)
      case 'length':
      case 'chunk':
        return this.#readBody(data)
      case 'chunk-size':
        return this.#readChunkSize(data)
      case 'trailer':
        return this.#readTrailer(data)
      case 'until-close':
        return data.length
    }
  }

  #readHead(data: Buffer): number {
    const end = data.indexOf('\r\n\r\n')
    if (end === -1) return 0
    const head = data.toString('latin1', 0, end)
    const status = Number(head.slice(9, 12))
    if (!head.startsWith('HTTP/1.') || !(status >= 100 && status <= 599)) throw new Error('no HTTP answer')
    if (status < 200) return end + 4
    this.#answer = {
      status,
      version: this.#versionPattern.exec(head)?.[1] ?? null,
      close: /\r\nconnection: *close/i.test(head),
    }
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)
    if (this.#headOnly || status === 204 || status === 304) this.#finish()
    else if (/\r\ntransfer-encoding: *chunked/i.test(head)) this.#mode = 'chunk-size'
    else if (length) this.#expect('length', Number(length[1]))
    else this.#mode = 'until-close'
    return end + 4
  }

  #readBody(data: Buffer): number {
    const used = Math.min(data.length, this.#bytesLeft)
    this.#bytesLeft -= used
    if (this.#bytesLeft === 0) {
      if (this.#mode === 'length') this.#finish()
      else this.#mode = 'chunk-size'
    }
    return used
  }

  #readChunkSize(data: Buffer): number {
    const end = data.indexOf('\r\n')
    if (end === -1) return 0
    const size = Number.parseInt(data.toString('latin1', 0, end), 16)
    if (!(size >= 0)) throw new Error('no chunk size')
    // The line end behind a chunk is read with it.
    if (size === 0) this.#mode = 'trailer'
    else this.#expect('chunk', size + 2)
    return end + 2
  }

  #readTrailer(data: Buffer): number {
    const end = data.indexOf('\r\n')
    if (end === -1) return 0
    if (end === 0) this.#finish()
    return end + 2
  }

  #expect(mode: 'length' | 'chunk', bytes: number): void {
    this.#mode = mode
    this.#bytesLeft = bytes
    if (bytes === 0) this.#finish()
  }

  #finish(): void {
    const answer = this.#answer
    this.#mode = 'head'
    this.#answer = null
    if (answer) this.#onAnswer(answer)
  }
}
