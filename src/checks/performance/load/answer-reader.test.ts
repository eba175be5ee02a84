import { describe, expect, it } from 'vitest'
import { AnswerReader } from './answer-reader.ts'

/** Statuses of the answers in a text that arrives so many bytes at once, each asked for before. */
function read(answers: readonly string[], bytesAtOnce: number, isHead = false): { status: number; isLast: boolean }[] {
  const reader = new AnswerReader()
  return answers.map((text) => {
    reader.expect(isHead)
    const bytes = Buffer.from(text, 'latin1')
    let isWhole = false
    for (let at = 0; at < bytes.length; at += bytesAtOnce) {
      if (isWhole) throw new Error('whole too early')
      // As on a connection: what was handed over is overwritten by what comes next.
      const chunk = Buffer.from(bytes.subarray(at, at + bytesAtOnce))
      isWhole = reader.push(chunk)
      chunk.fill(0)
    }
    if (!isWhole && !reader.end()) throw new Error('not whole')
    return { status: reader.status, isLast: reader.isLast }
  })
}

const ANSWERS = [
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  'HTTP/1.1 503 No\r\ntransfer-encoding: gzip, Chunked\r\ncontent-length: 4\r\n\r\n3;x="y"\r\nabc\r\n0A\r\n0123456789\r\n0\r\ntrailer: x\r\n\r\n',
  'HTTP/1.1 200\r\ncontent-length: 0\r\nconnection: keep-alive, Upgrade\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\ncontent-length: 500\r\n\r\n',
  'HTTP/1.1 204 Empty\r\nConnection: close\r\n\r\n',
  'HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx',
  'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 1\r\n\r\nx',
  'HTTP/1.1 200 OK\r\n\r\nall until the end',
]

describe('answers', () => {
  it.each([1, 2, 3, 7, 10_000])('are read whole, %i bytes at once', (bytesAtOnce) => {
    expect(read(ANSWERS, bytesAtOnce)).toEqual([
      { status: 200, isLast: false },
      { status: 503, isLast: false },
      { status: 200, isLast: false },
      { status: 304, isLast: false },
      { status: 204, isLast: true },
      { status: 200, isLast: true },
      { status: 200, isLast: false },
      { status: 200, isLast: true },
    ])
  })

  it('to HEAD have no body, whatever they declare', () => {
    const declared = ['content-length: 5', 'transfer-encoding: chunked', 'server: x']
    const answers = declared.map((field) => `HTTP/1.1 200 OK\r\n${field}\r\n\r\n`)
    expect(read(answers, 100, true).map(({ status }) => status)).toEqual([200, 200, 200])
  })

  it('that are cut short are not whole', () => {
    for (const text of ['', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'])
      expect(() => read([text], 100)).toThrow('not whole')
  })
})

it.each([
  ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n'],
  ['another protocol without line ends', 'SSH-2.0-OpenSSH'],
  ['a status that is none', 'HTTP/1.1 abc OK\r\n\r\n'],
  ['a switch of protocols', 'HTTP/1.1 101 Switching\r\n\r\n'],
  ['interim answers without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(50)],
  ['a head without end', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(10_000)}`],
  ['a huge head', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(10_000)}\r\n`],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx'],
  ['a negative length', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n'],
  ['a length beyond all numbers', `HTTP/1.1 200 OK\r\ncontent-length: ${'9'.repeat(40)}\r\n\r\n`],
  ['a chunk of no size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n'],
  ['a chunk beyond all numbers', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${'f'.repeat(40)}\r\n`],
  ['a chunk size without end', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${'0'.repeat(9000)}`],
  ['trailers without end', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n${'x: y\r\n'.repeat(10_000)}`],
  ['more than the answer', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n\r\n'],
])('%s is no HTTP', (_, text) => {
  for (const bytesAtOnce of [10, 100_000])
    expect(() => read([text], bytesAtOnce)).toThrow(expect.objectContaining({ name: 'NoHttpError' }))
})

it('bytes that nobody asked for are no answer', () => {
  expect(() => new AnswerReader().push(Buffer.from('HTTP/1.1 200 OK\r\n\r\n'))).toThrow(/nobody asked/)
})
