// One HTTP request: a bounded answer, few redirects, and nothing secret sent to another host. Everything that asks over HTTP asks here.
import type { Dispatcher } from 'undici'

export interface HttpRequest {
  /** http or https; user and password in it become basic authentication. */
  url: string
  /** @default 'GET' */
  method?: Dispatcher.HttpMethod
  headers?: Readonly<Record<string, string>>
  body?: string | Buffer
  /** @default 8 MiB */
  bytesMax?: number
  /** What becomes of a longer answer: an error, or its beginning. @default 'refuse' */
  beyond?: 'refuse' | 'cut'
  /** Redirects that are followed, of GET and HEAD only: what a POST did is not done again elsewhere. @default 3 */
  redirectsMax?: number
  /** Certificate authorities to trust, all of them: see `trustOptions`. */
  ca?: string[]
  /** Unix socket to ask at, whatever host the URL names. */
  socketPath?: string
}

export interface HttpAnswer {
  status: number
  /** Names in lower case. One that came several times is joined by ", "; cookies stand in `cookies`. */
  headers: Record<string, string>
  /** `set-cookie` headers as they came. */
  cookies: string[]
  body: Buffer
  /** The body as UTF-8. */
  text: string
  /** Whether there was more of the body. */
  truncated: boolean
  /** To the last byte that was read, redirects included. */
  responseTimeMs: number
  /** Address that answered at last, without user and password. */
  url: string
  /** Every redirect that was followed. */
  redirects: { status: number; location: string }[]
}

const REDIRECTS_MAX = 3
const BYTES_MAX = 8 << 20
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]

/** @throws Error when nothing came, too much came, or the redirects do not end. */
export async function httpRequest(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const { ca, socketPath } = request
  const undici = await import('undici')
  if (!ca && !socketPath) return follow(request, undici.request, undefined, signal)
  const agent = new undici.Agent({ connect: { ...(ca ? { ca } : {}), ...(socketPath ? { socketPath } : {}) } })
  try {
    return await follow(request, undici.request, agent, signal)
  } finally {
    await agent.destroy()
  }
}

async function follow(
  request: HttpRequest,
  send: typeof import('undici').request,
  dispatcher: Dispatcher | undefined,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const { method = 'GET', redirectsMax = REDIRECTS_MAX, bytesMax = BYTES_MAX, beyond = 'refuse' } = request
  const first = new URL(request.url)
  const redirects: HttpAnswer['redirects'] = []
  const startedAt = performance.now()
  let target = first
  for (;;) {
    const isOwn = target.origin === first.origin
    const address = withoutUser(target)
    const response = await send(address, {
      method,
      headers: { ...authentication(isOwn ? first : target), ...(isOwn ? request.headers : {}) },
      body: request.body ?? null,
      signal,
      ...(dispatcher ? { dispatcher } : {}),
    })
    const { statusCode: status } = response
    const [location] = [response.headers.location ?? []].flat()
    const isFollowed = redirectsMax > 0 && (method === 'GET' || method === 'HEAD')
    if (!REDIRECTS.includes(status) || location === undefined || !isFollowed) {
      const { body, truncated } = await readBody(response.body, bytesMax, beyond)
      const responseTimeMs = performance.now() - startedAt
      const cookies = [response.headers['set-cookie'] ?? []].flat()
      const headers = joined(response.headers)
      const text = body.toString('utf8')
      return { status, headers, cookies, body, text, truncated, responseTimeMs, url: address.href, redirects }
    }
    await response.body.dump({ limit: 65_536, signal })
    if (redirects.length >= redirectsMax) throw new Error(`more than ${redirectsMax} redirects`)
    target = redirected(location, target)
    redirects.push({ status, location: withoutUser(target).href })
  }
}

function joined(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value ?? []].flat().join(', ')]))
}

function redirected(location: string, from: URL): URL {
  if (!URL.canParse(location, from.href)) throw new Error('redirects to what is no address')
  const target = new URL(location, from)
  if (target.protocol !== 'http:' && target.protocol !== 'https:') throw new Error(`redirects to ${target.protocol}`)
  return target
}

function authentication({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

function withoutUser(url: URL): URL {
  const plain = new URL(url)
  plain.username = ''
  plain.password = ''
  plain.hash = ''
  return plain
}

async function readBody(
  stream: AsyncIterable<Buffer>,
  bytesMax: number,
  beyond: 'refuse' | 'cut',
): Promise<{ body: Buffer; truncated: boolean }> {
  const chunks: Buffer[] = []
  let bytes = 0
  // Leaving the loop early destroys the body, and the connection with it.
  for await (const chunk of stream) {
    bytes += chunk.length
    if (bytes > bytesMax && beyond === 'refuse') throw new Error(`answered with more than ${bytesMax} bytes`)
    chunks.push(chunk)
    if (bytes > bytesMax) break
  }
  return { body: Buffer.concat(chunks).subarray(0, bytesMax), truncated: bytes > bytesMax }
}
