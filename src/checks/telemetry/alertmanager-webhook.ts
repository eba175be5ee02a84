// A receiver of notifications of our own, for as long as a test alert is on its way. What comes in is bounded, and trusted with nothing.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { objectOf, objectsOf, textOf } from '../instrument.ts'

const BODY_BYTES_MAX = 1 << 20
const CONNECTIONS_MAX = 32

export interface Webhook {
  /** Name of the receiver whose notification held the alert; never settles where none comes. */
  arrived: Promise<string>
  close(): Promise<void>
}

/**
 * Listens until an alert comes whose labels are the wanted ones.
 * @throws the system's error when it cannot listen there
 */
export async function openWebhook(
  { host, port }: { host: string; port: number },
  isWanted: (labels: Readonly<Record<string, unknown>>) => boolean,
  signal: AbortSignal,
): Promise<Webhook> {
  const { promise: arrived, resolve } = Promise.withResolvers<string>()
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request)
    const alerts = objectsOf(objectOf(body).alerts) ?? []
    if (alerts.some(({ labels }) => isWanted(objectOf(labels))))
      resolve(textOf(objectOf(body).receiver) || 'a receiver')
    response.writeHead(body === null ? 400 : 200).end()
  }
  const server = createServer((request, response) => {
    request.on('error', () => {})
    response.on('error', () => {})
    void answer(request, response)
  })
  server.maxConnections = CONNECTIONS_MAX
  server.listen(port, host)
  await once(server, 'listening', { signal })
  return {
    arrived,
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

/** The JSON of a POST; null where it is none, or too long. */
async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > BODY_BYTES_MAX) return null
      chunks.push(chunk)
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown
  } catch {
    return null
  }
}
