// A stand-in for an API over HTTP, for tests: answers that are given to it by path, in JSON.
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ApiRequest {
  method: string
  /** Path and query. */
  url: URL
  headers: IncomingHttpHeaders
  body: string
}

export interface ApiAnswer {
  status?: number
  headers?: Readonly<Record<string, string>>
  /** Sent as it is where it is text or bytes, else as JSON. */
  body?: unknown
}

export interface JsonApi {
  url: string
  /** What was asked, in order. */
  requests: ApiRequest[]
  stop(): Promise<void>
}

/** Answers with what `answer` gives; undefined is 404 with a message. */
export async function startJsonApi(
  answer: (request: ApiRequest) => ApiAnswer | undefined | Promise<ApiAnswer | undefined>,
): Promise<JsonApi> {
  const requests: ApiRequest[] = []
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', async () => {
      const request = {
        method: incoming.method ?? 'GET',
        url: new URL(incoming.url ?? '/', 'http://127.0.0.1'),
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString(),
      }
      requests.push(request)
      const {
        status = 200,
        headers = {},
        body = {},
      } = (await answer(request)) ?? {
        status: 404,
        body: { message: 'Not Found' },
      }
      const isPlain = typeof body === 'string' || Buffer.isBuffer(body)
      response.writeHead(status, { ...(isPlain ? {} : { 'content-type': 'application/json' }), ...headers })
      response.end(isPlain ? body : JSON.stringify(body))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async stop() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
