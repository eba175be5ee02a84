// Servers that mean harm, for tests: answers without end, redirects without end, silence, dribble, escapes for terminals, broken HTTP,
// a certificate that nobody trusts. On loopback, ports of their own, gone with `stop`.
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** An escape that clears the screen, colours, and sets a window's title. */
export const ANSI = '\u001b[2J\u001b[31mred\u001b[0m\u001b]0;title\u0007\u0000\u009b1m'
/** What it says: more than any test reads. */
const ENDLESS_BYTES = 10_000_000_000

export interface HostileServer {
  /** `http://127.0.0.1:PORT`; every path below a route's name behaves like the route, so that APIs can be asked below it. */
  url: string
  /** The same over TLS, with a certificate of its own that nobody trusts; null where there is no openssl to make it with. */
  tlsUrl: string | null
  /** Speaks no HTTP: `http://127.0.0.1:PORT`. */
  garbageUrl: string
  stop(): Promise<void>
}

/**
 * Routes: `/endless` (10 GB of x), `/endless-json` (a JSON list without end), `/redirects` (to itself, for ever), `/silent` (never answers),
 * `/drip` (one byte now and then), `/ansi` (escapes in text/plain), `/ansi-json` (escapes in strings of JSON), `/not-json`,
 * `/500` (an error page), `/401`, `/echo` (sends back the request's headers and body).
 */
export async function startHostile(): Promise<HostileServer> {
  const plain = createServer(behave)
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-hostile-'))
  const identity = hasOpenssl() ? selfSigned(directory) : null
  if (!identity) console.warn('SKIPPED: nothing is asked over TLS, for want of the openssl program')
  const secure = createTlsServer(identity ? { key: identity[0], cert: identity[1] } : {}, behave)
  const garbage = createTcpServer((socket) => {
    // What is not read is never known to have ended.
    socket.on('error', () => {}).resume()
    socket.end(`\u0000\u0001 NOT HTTP ${ANSI}\r\n\r\n`)
  })
  const ports = await Promise.all([plain, secure, garbage].map(portOf))
  return {
    url: `http://127.0.0.1:${ports[0]}`,
    tlsUrl: identity ? `https://127.0.0.1:${ports[1]}` : null,
    garbageUrl: `http://127.0.0.1:${ports[2]}`,
    async stop() {
      for (const server of [plain, secure] as Server[]) server.closeAllConnections()
      await Promise.all([plain, secure, garbage].map((server) => new Promise((done) => server.close(done))))
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export function hasOpenssl(): boolean {
  return spawnSync('openssl', ['version']).status === 0
}

/** Key and certificate (for 127.0.0.1 and localhost, 30 days) in PEM, made by openssl in `directory`. */
export function selfSigned(directory: string, days = 30): [key: Buffer, cert: Buffer] {
  const [keyFile, certFile] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  execFileSync('openssl', [...made, '-keyout', keyFile, '-out', certFile, '-days', String(days), ...subject], {
    stdio: 'ignore',
  })
  return [readFileSync(keyFile), readFileSync(certFile)]
}

async function portOf(server: ReturnType<typeof createTcpServer>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function behave(request: IncomingMessage, response: ServerResponse): void {
  response.on('error', () => {})
  const route = /^\/([\w-]*)/.exec(request.url ?? '/')?.[1]
  switch (route) {
    case 'endless':
      return pour(response, 'text/plain', 'x'.repeat(65_536))
    case 'endless-json':
      response.setHeader('content-type', 'application/json')
      response.write('[0')
      return pour(response, 'application/json', ',1'.repeat(32_768))
    case 'redirects':
      return void response.writeHead(302, { location: `${request.url?.split('?')[0]}?${Math.random()}` }).end()
    case 'silent':
      return
    case 'drip': {
      const timer = setInterval(() => response.write('.'), 200)
      return void response.on('close', () => clearInterval(timer))
    }
    case 'ansi':
      return void response.writeHead(200, { 'content-type': 'text/plain' }).end(ANSI)
    case 'ansi-json':
      return void response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ status: ANSI, message: ANSI, error: ANSI, data: ANSI }))
    case 'not-json':
      return void response.writeHead(200, { 'content-type': 'application/json' }).end('<html>oops</html>')
    case '500':
      return void response.writeHead(500).end(`internal error ${ANSI}`)
    case '401':
      return void response.writeHead(401).end('who are you?')
    case 'echo':
      return echo(request, response)
    default:
      response.writeHead(404).end('nothing here')
  }
}

function pour(response: ServerResponse, type: string, block: string): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': type, 'content-length': ENDLESS_BYTES })
  const write = (): void => {
    while (!response.destroyed && response.write(block));
  }
  response.on('drain', write)
  write()
}

function echo(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() }))
  })
}
