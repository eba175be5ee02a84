// A relay in front of a bucket server that refuses requests whose AWS signature is not right, as the real one does and moto does not.
import { createHash, createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request as send, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface SignatureCheck {
  endpoint: string
  /** `PUT /bucket/key`, of requests that were let through. */
  passed: string[]
}

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/**
 * @param secret of the only user it knows.
 * @param busy whether a request that is right is answered "slow down" instead, as by a server under load.
 */
export async function startSignatureCheck(
  endpoint: string,
  secret: string,
  busy: () => boolean = () => false,
): Promise<SignatureCheck> {
  const passed: string[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    if (signatureOf(request, body, secret) !== /Signature=(\w+)/.exec(request.headers.authorization ?? '')?.[1])
      return void response.writeHead(403).end('<Error><Code>SignatureDoesNotMatch</Code></Error>')
    if (busy()) return void response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>')
    passed.push(`${request.method} ${request.url}`)
    const { method, headers } = request
    const onward = send(`${endpoint}${request.url}`, { method: method ?? 'GET', headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    onward.end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, passed }
}

/** Signature Version 4, of the headers that the client says it signed. */
function signatureOf({ method, url = '/', headers }: IncomingMessage, body: Buffer, secret: string): string {
  const [, scope = '', signed = ''] =
    /Credential=[^/]+\/(\S+?), ?SignedHeaders=(\S+?),/.exec(headers.authorization ?? '') ?? []
  const { pathname, searchParams } = new URL(url, 'http://host')
  const query = [...searchParams]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .toSorted()
  const hash = String(headers['x-amz-content-sha256'] ?? sha256(body))
  if (hash !== 'UNSIGNED-PAYLOAD' && !hash.startsWith('STREAMING') && hash !== sha256(body)) return 'wrong body'
  const lines = signed.split(';').map(
    (name) =>
      `${name}:${String(headers[name] ?? '')
        .trim()
        .replaceAll(/ +/g, ' ')}\n`,
  )
  const canonical = [method, pathname, query.join('&'), lines.join(''), signed, hash].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n')
  const key = scope.split('/').reduce<string | Buffer>((previous, part) => hmac(previous, part), `AWS4${secret}`)
  return hmac(key, toSign).toString('hex')
}
