// The peer: undici's `dispatch` streamed to node:http by hand, and nothing else: no retry, no counters, no cookies, no limits.
// `bare.ts PORT_90 PORT_10`; prints its port.
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'
import type { Dispatcher } from 'undici'

const [most, few] = process.argv.slice(2).map((port) => new Pool(`http://127.0.0.1:${port}`, { connections: 256 }))
const dropped = new Set(['connection', 'keep-alive', 'transfer-encoding'])

function keep(raw: readonly (Buffer | string)[]): string[] {
  const headers: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    const name = String(raw[i])
    if (!dropped.has(name.toLowerCase())) headers.push(name, String(raw[i + 1]))
  }
  return headers
}

function relayTo(response: ServerResponse): Dispatcher.DispatchHandler {
  let resume: (() => void) | undefined
  return {
    onConnect: () => {},
    onHeaders(status, headers, resumeBackend, text) {
      resume = resumeBackend
      response.writeHead(status, text, keep(headers))
      return true
    },
    onData(chunk) {
      if (response.write(chunk)) return true
      response.once('drain', () => resume?.())
      return false
    },
    onComplete: () => void response.end(),
    onError: () => response.destroy(),
  }
}

const server = createServer((request, response) => {
  const pool = Math.random() < 0.9 ? most : few
  const method = request.method as Dispatcher.HttpMethod
  pool?.dispatch({ path: request.url ?? '/', method, headers: keep(request.rawHeaders) }, relayTo(response))
})
server.listen(0, '127.0.0.1', 1024, () => console.log((server.address() as AddressInfo).port))
