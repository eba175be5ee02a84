// Requests of a load: what the options say, made whole, and as the bytes that go over the wire.
import type { RequestBytes } from './client.ts'

/** A request with everything that options leave out filled in; all of one load go to the same origin. */
export interface LoadRequest {
  method: string
  url: URL
  headers: Readonly<Record<string, string>>
  body: string
  weight: number
}

/** User and password of an address as the header they become. */
export function authorizationOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  const pair = `${decoded(username)}:${decoded(password)}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A request as it goes over the wire. */
export function bytesOf({ method, url, headers, body }: LoadRequest): RequestBytes {
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  const own = { host: url.host, 'user-agent': 'gonogo', accept: '*/*' }
  const missing = Object.entries(own).filter(([name]) => !names.has(name))
  const length: [string, string][] =
    body !== '' || method === 'POST' || method === 'PUT' || method === 'PATCH'
      ? [['content-length', String(Buffer.byteLength(body))]]
      : []
  const lines = [...missing, ...Object.entries(headers), ...length].map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `${method} ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`
  return { bytes: Buffer.from(head + body), isHead: method === 'HEAD' }
}

/** Whether a name and a value make one header line and nothing else; lengths and connections are the generator's business. */
export function isHeader(name: string, value: string): boolean {
  if (/^(?:content-length|transfer-encoding|connection|expect|upgrade)$/i.test(name)) return false
  return /^[\w!#$%&'*+.^`|~-]+$/.test(name) && !/[\r\n\0]/.test(value)
}
