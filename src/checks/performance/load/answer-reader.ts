// Reads one HTTP/1.1 answer at a time off a connection: as little as a load generator needs, and an answer counts only when it is whole.

const HEAD_BYTES_MAX = 32_768
const LINE_BYTES_MAX = 4096
const INTERIM_MAX = 10
const CHUNK_DIGITS_MAX = 12

/** What is no HTTP, or more of it than can be meant. */
export class NoHttpError extends Error {
  override readonly name = 'NoHttpError'
}

type Mode = 'head' | 'length' | 'chunk' | 'chunk-size' | 'trailer' | 'until-close' | 'whole'

const FIELDS = /\r\n(content-length|transfer-encoding|connection)[ \t]*:[ \t]*([^\r\n]*)/gi

export class AnswerReader {
  status = 0
  /** Whether nothing may follow on this connection. */
  isLast = false
  #mode: Mode = 'whole'
  #hasNoBody = false
  #rest: Buffer | null = null
  #bytesLeft = 0
  #interims = 0
  #trailerBytes = 0

  /** A request was sent; answers to HEAD declare a body that does not come. */
  expect(hasNoBody: boolean): void {
    this.#mode = 'head'
    this.#hasNoBody = hasNoBody
    this.#rest = null
    this.#interims = 0
    this.#trailerBytes = 0
  }

  /**
   * Takes bytes as they come; they may be overwritten afterwards.
   * @returns whether the answer is whole.
   * @throws NoHttpError
   */
  push(chunk: Buffer): boolean {
    if (this.#mode === 'whole') throw new NoHttpError('bytes that nobody asked for')
    let data = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk
    this.#rest = null
    for (;;) {
      const used = this.#consume(data)
      if (this.#isWhole()) {
        if (used < data.length) throw new NoHttpError('more bytes than the answer has')
        return true
      }
      if (used === data.length) return false
      if (used === 0) {
        const bytesMax = this.#mode === 'head' ? HEAD_BYTES_MAX : LINE_BYTES_MAX
        if (data.length > bytesMax) throw new NoHttpError(`no end of a line or head in ${bytesMax} bytes`)
        this.#rest = Buffer.from(data)
        return false
      }
      data = data.subarray(used)
    }
  }

  /** The connection has ended. @returns whether that was the proper end of the answer. */
  end(): boolean {
    if (this.#mode !== 'until-close') return false
    this.#mode = 'whole'
    return true
  }

  #isWhole(): boolean {
    return this.#mode === 'whole'
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
      default:
        return data.length
    }
  }

  #readHead(data: Buffer): number {
    const end = data.indexOf('\r\n\r\n')
    if (end === -1) {
      // Garbage without line ends is told at once, not when 32 KiB of it have come.
      if (!isHttp(data.toString('latin1', 0, 7))) throw new NoHttpError('no HTTP answer')
      return 0
    }
    if (end > HEAD_BYTES_MAX) throw new NoHttpError(`a head of more than ${HEAD_BYTES_MAX} bytes`)
    const head = data.toString('latin1', 0, end)
    const status = Number(head.slice(9, 12))
    if (!isHttp(head.slice(0, 7)) || !(status >= 100 && status <= 599)) throw new NoHttpError('no HTTP answer')
    if (status === 101) throw new NoHttpError('switches to a protocol that nobody asked for')
    if (status < 200) {
      if (++this.#interims > INTERIM_MAX) throw new NoHttpError(`more than ${INTERIM_MAX} interim answers`)
      return end + 4
    }
    this.status = status
    this.#readFields(head)
    return end + 4
  }

  /** How long the body is, and whether it is the last of the connection (RFC 9112, 6.3 and 9.3). */
  #readFields(head: string): void {
    let length: string | null = null
    let coding: string | null = null
    this.isLast = head[7] === '0'
    for (const [, name = '', value = ''] of head.matchAll(FIELDS)) {
      // Told apart by their length: cheaper than writing each in small letters.
      if (name.length === 14) {
        if (length !== null && length !== value) throw new NoHttpError('two lengths')
        length = value.trim()
      } else if (name.length === 17) coding = coding === null ? value : `${coding},${value}`
      else if (/\bclose\b/i.test(value)) this.isLast = true
      else if (/\bkeep-alive\b/i.test(value)) this.isLast = false
    }
    if (this.#hasNoBody || this.status === 204 || this.status === 304) this.#mode = 'whole'
    else if (coding !== null) {
      if (!/(?:^|,)[ \t]*chunked[ \t]*$/i.test(coding)) this.#untilClose()
      else this.#mode = 'chunk-size'
    } else if (length !== null) {
      if (!/^\d{1,15}$/.test(length)) throw new NoHttpError('a length that is no number')
      this.#expectBytes('length', Number(length))
    } else this.#untilClose()
  }

  #untilClose(): void {
    this.#mode = 'until-close'
    this.isLast = true
  }

  #readBody(data: Buffer): number {
    const used = Math.min(data.length, this.#bytesLeft)
    this.#bytesLeft -= used
    if (this.#bytesLeft === 0) this.#mode = this.#mode === 'length' ? 'whole' : 'chunk-size'
    return used
  }

  #readChunkSize(data: Buffer): number {
    const end = data.indexOf('\r\n')
    if (end === -1) return 0
    const digits = /^([\da-f]+)[ \t]*(?:;|$)/i.exec(data.toString('latin1', 0, end))?.[1] ?? ''
    if (digits === '' || digits.length > CHUNK_DIGITS_MAX) throw new NoHttpError('no chunk size')
    const bytes = Number.parseInt(digits, 16)
    // The line end behind a chunk is read with it.
    if (bytes === 0) this.#mode = 'trailer'
    else this.#expectBytes('chunk', bytes + 2)
    return end + 2
  }

  #readTrailer(data: Buffer): number {
    const end = data.indexOf('\r\n')
    if (end === -1) return 0
    this.#trailerBytes += end + 2
    if (this.#trailerBytes > HEAD_BYTES_MAX) throw new NoHttpError('trailers without end')
    if (end === 0) this.#mode = 'whole'
    return end + 2
  }

  #expectBytes(mode: 'length' | 'chunk', bytes: number): void {
    this.#mode = bytes === 0 ? 'whole' : mode
    this.#bytesLeft = bytes
  }
}

/** Whether a text of up to seven characters begins as the version of HTTP/1 does. */
function isHttp(start: string): boolean {
  return start === 'HTTP/1.'.slice(0, start.length)
}
