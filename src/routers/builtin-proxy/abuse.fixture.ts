// For tests: requests that two parsers could read differently, as bytes. Each is followed on its connection by an honest `GET /next`.

export interface AbusiveRequest {
  name: string
  bytes: string
  /** What a backend sees of it, as `METHOD target body`; null: nothing, the client is refused. */
  seen: string[] | null
  /** Its head can only be read in one way: a backend has begun with it when its body turns out to be none, and is cut off. */
  begins: boolean
}

/** The rest of a POST with `headers` and `body`. */
function post(headers: string, body: string): string {
  return `POST /a HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n${body}`
}

function get(headers: string): string {
  return `GET /a HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n`
}

const CHUNKED = 'transfer-encoding: chunked'
const HIDDEN = 'GET /hidden HTTP/1.1\r\nhost: x\r\n\r\n'

/** Of which none may reach a backend. */
const REFUSED: Record<string, string> = {
  'Content-Length and Transfer-Encoding': post(`content-length: 5\r\n${CHUNKED}`, `0\r\n\r\n${HIDDEN}`),
  'Transfer-Encoding and Content-Length': post(`${CHUNKED}\r\ncontent-length: 5`, `0\r\n\r\n${HIDDEN}`),
  'Content-Length 0 and Transfer-Encoding': post(`content-length: 0\r\n${CHUNKED}`, `0\r\n\r\n`),
  'two Content-Lengths': post('content-length: 4\r\ncontent-length: 5', 'abcde'),
  'two equal Content-Lengths': post('content-length: 5\r\ncontent-length: 5', 'abcde'),
  'a list of Content-Lengths': post('content-length: 5, 5', 'abcde'),
  'a Content-Length with a plus': post('content-length: +5', 'abcde'),
  'a Content-Length with a minus': post('content-length: -5', 'abcde'),
  'a Content-Length in hexadecimal': post('content-length: 0x5', 'abcde'),
  'a Content-Length with a letter': post('content-length: 5a', 'abcde'),
  'a Content-Length with a space inside': post('content-length: 1 1', 'abcdefghijk'),
  'a Content-Length with a fraction': post('content-length: 5.0', 'abcde'),
  'a Content-Length beyond 64 bits': post('content-length: 18446744073709551621', 'abcde'),
  'a Content-Length beyond every limit': post('content-length: 9007199254740993', 'abcde'),
  'an empty Content-Length': post('content-length:', ''),
  'a Content-Length in quotes': post('content-length: "5"', 'abcde'),
  'an unknown transfer coding': post('transfer-encoding: xchunked', '0\r\n\r\n'),
  'identity and chunked': post('transfer-encoding: identity, chunked', '0\r\n\r\n'),
  'identity alone': post('transfer-encoding: identity', HIDDEN),
  'gzip and chunked': post('transfer-encoding: gzip, chunked', '0\r\n\r\n'),
  'chunked that is not last': post('transfer-encoding: chunked, gzip', '0\r\n\r\n'),
  'chunked twice': post('transfer-encoding: chunked, chunked', '0\r\n\r\n'),
  'two Transfer-Encodings': post(`${CHUNKED}\r\n${CHUNKED}`, '0\r\n\r\n'),
  'two Transfer-Encodings, the first unknown': post(`transfer-encoding: x\r\n${CHUNKED}`, '0\r\n\r\n'),
  'two Transfer-Encodings, the second unknown': post(`${CHUNKED}\r\ntransfer-encoding: x`, '0\r\n\r\n'),
  'chunked with a vertical tab': post('transfer-encoding: \x0bchunked', '0\r\n\r\n'),
  'chunked in quotes': post('transfer-encoding: "chunked"', '0\r\n\r\n'),
  'an empty Transfer-Encoding': post('transfer-encoding:', HIDDEN),
  'Transfer-Encoding with a space before the colon': post('transfer-encoding : chunked', '0\r\n\r\n'),
  'Content-Length with a tab before the colon': post('content-length\t: 5', 'abcde'),
  'Transfer-Encoding in HTTP/1.0': `POST /a HTTP/1.0\r\nhost: x\r\n${CHUNKED}\r\n\r\n0\r\n\r\n`,
  'a folded header': get('x-a: one\r\n two'),
  'a folded Transfer-Encoding': post('transfer-encoding:\r\n chunked', '0\r\n\r\n'),
  'a header that begins with a space': `GET /a HTTP/1.1\r\n host: x\r\n\r\n`,
  'a bare line feed between headers': 'GET /a HTTP/1.1\r\nhost: x\nx-a: b\r\n\r\n',
  'a bare line feed after the request line': 'GET /a HTTP/1.1\nhost: x\r\n\r\n',
  'bare line feeds everywhere': 'GET /a HTTP/1.1\nhost: x\n\n',
  'a bare carriage return in a header': get('x-a: one\rtransfer-encoding: chunked'),
  'a bare carriage return in the request line': 'GET /a HTTP/1.1\rhost: x\r\n\r\n',
  'a NUL in a header': get('x-a: one\0two'),
  'a NUL in a header name': get('x-\0a: one'),
  'a control character in a header': get('x-a: \x01'),
  'a header without a colon': get('x-a'),
  'a header without a name': get(': one'),
  'a header name with a space': get('x a: one'),
  'a header name in brackets': get('(x): one'),
  'two Hosts': get('host: y'),
  'two equal Hosts': get('host: x'),
  'no Host': 'GET /a HTTP/1.1\r\n\r\n',
  'an absolute target': 'GET http://elsewhere/a HTTP/1.1\r\nhost: x\r\n\r\n',
  'an authority as target': 'CONNECT elsewhere:443 HTTP/1.1\r\nhost: x\r\n\r\n',
  'a target that is no path': 'GET a HTTP/1.1\r\nhost: x\r\n\r\n',
  'a target that is a star': 'OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n',
  'a space in the target': 'GET /a b HTTP/1.1\r\nhost: x\r\n\r\n',
  'a control character in the target': 'GET /a\x01 HTTP/1.1\r\nhost: x\r\n\r\n',
  'no version': 'GET /a\r\nhost: x\r\n\r\n',
  'HTTP/0.9': 'GET /a\r\n',
  'HTTP/2.0 in plain': 'GET /a HTTP/2.0\r\nhost: x\r\n\r\n',
  'HTTP/1.2': 'GET /a HTTP/1.2\r\nhost: x\r\n\r\n',
  'a version in lower case': 'GET /a http/1.1\r\nhost: x\r\n\r\n',
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'an unknown method': 'FROB /a HTTP/1.1\r\nhost: x\r\n\r\n',
  'a method in lower case': 'get /a HTTP/1.1\r\nhost: x\r\n\r\n',
  TLS: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'one header of 20 kB': get(`x-a: ${'a'.repeat(20_000)}`),
  '300 headers': get(Array.from({ length: 300 }, (_, i) => `x-${i}: a`).join('\r\n')),
  '10,000 headers': get(Array.from({ length: 10_000 }, () => 'a: b').join('\r\n')),
  'a target of 20 kB': `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
}

/** Of which a backend may see the beginning, and its end never. */
const CUT_OFF: Record<string, string> = {
  'chunked with much white space behind it': post('transfer-encoding: chunked \t', '0\r\n\r\n'),
  'a chunk size that is no number': post(CHUNKED, 'x\r\nhello\r\n0\r\n\r\n'),
  'a chunk size with a sign': post(CHUNKED, '-5\r\nhello\r\n0\r\n\r\n'),
  'a chunk size with 0x': post(CHUNKED, '0x5\r\nhello\r\n0\r\n\r\n'),
  'a chunk size beyond 64 bits': post(CHUNKED, '10000000000000005\r\nhello\r\n0\r\n\r\n'),
  'a chunk size with a bare line feed': post(CHUNKED, '5\nhello\r\n0\r\n\r\n'),
  'a chunk with a bare line feed in its extension': post(CHUNKED, `5;a\nhello\r\n0\r\n\r\n${HIDDEN}`),
  'a chunk longer than it says': post(CHUNKED, '2\r\nhello\r\n0\r\n\r\n'),
}

/** What can only be read in one way, however unusual it is. */
const PASSED: Record<string, [string, string[]]> = {
  'an ordinary body': [post('content-length: 5', 'hello'), ['POST /a hello']],
  'a Content-Length with zeros in front': [post('content-length: 005', 'hello'), ['POST /a hello']],
  'a body that looks like a request': [post(`content-length: ${HIDDEN.length}`, HIDDEN), [`POST /a ${HIDDEN}`]],
  'a body with GET': [
    `GET /a HTTP/1.1\r\nhost: x\r\ncontent-length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    [`GET /a ${HIDDEN}`],
  ],
  'chunks with a body that looks like a request': [
    post(CHUNKED, `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`),
    [`POST /a ${HIDDEN}`],
  ],
  'chunked in capitals': [post('TRANSFER-ENCODING: CHUNKED', '5\r\nhello\r\n0\r\n\r\n'), ['POST /a hello']],
  'chunked with a space on either side': [
    post('transfer-encoding: \tchunked ', '5\r\nhello\r\n0\r\n\r\n'),
    ['POST /a hello'],
  ],
  'a chunk with extensions': [post(CHUNKED, '5;a=b;c="d"\r\nhello\r\n0;x\r\n\r\n'), ['POST /a hello']],
  'trailers that look like framing': [
    post(CHUNKED, '5\r\nhello\r\n0\r\nx-content-length: 9\r\n\r\n'),
    ['POST /a hello'],
  ],
  'Content-Length named as a header of the connection': [
    post('connection: content-length, keep-alive\r\ncontent-length: 5', 'hello'),
    ['POST /a hello'],
  ],
  'Host named as a header of the connection': [get('connection: host, keep-alive'), ['GET /a ']],
  'several requests at once': [
    get('x: 1') + get('x: 2') + post('content-length: 2', 'hi'),
    ['GET /a ', 'GET /a ', 'POST /a hi'],
  ],
  'an empty line before the request': [`\r\n${get('x: 1')}`, ['GET /a ']],
  'HTTP/1.0 that stays': ['GET /a HTTP/1.0\r\nconnection: keep-alive\r\n\r\n', ['GET /a ']],
  'dots and percents in the target': [
    'GET /../%2e%2e/a?%00#b HTTP/1.1\r\nhost: x\r\n\r\n',
    ['GET /../%2e%2e/a?%00#b '],
  ],
  'two slashes in front': ['GET //elsewhere/a HTTP/1.1\r\nhost: x\r\n\r\n', ['GET //elsewhere/a ']],
  'bytes beyond ASCII in a header': [get('x-a: \xe4\xff'), ['GET /a ']],
}

export const ABUSIVE_REQUESTS: readonly AbusiveRequest[] = [
  ...Object.entries(REFUSED).map(([name, bytes]) => ({ name, bytes, seen: null, begins: false })),
  ...Object.entries(CUT_OFF).map(([name, bytes]) => ({ name, bytes, seen: null, begins: true })),
  ...Object.entries(PASSED).map(([name, [bytes, seen]]) => ({ name, bytes, seen, begins: false })),
]
