// One HTTP request of a source: a bounded answer, few redirects, and nothing secret sent to another host.
export interface TextRequest {
  url: string
  /** @default 'GET' */
  method?: 'GET' | 'POST'
  headers?: Readonly<Record<string, string>>
  body?: string
  /** @default 8 MiB */
  bytesMax?: number
}

export interface TextAnswer {
  status: number
  text: string
}

/** Redirects that are followed, of GET only: what a POST did is not done again elsewhere. */
const REDIRECTS_MAX = 3
const BYTES_MAX = 8 << 20

/** @throws Error when nothing came, too much came, or the redirects do not end. */
export async function fetchText(request: TextRequest, signal: AbortSignal): Promise<TextAnswer> {
  const { method = 'GET', bytesMax = BYTES_MAX } = request
  const undici = await import('undici')
  const first = new URL(request.url)
  let target = first
  for (let redirects = 0; ; redirects++) {
    const isOwn = target.origin === first.origin
    const response = await undici.request(withoutUser(target), {
      method,
      headers: { ...authentication(isOwn ? first : target), ...(isOwn ? request.headers : {}) },
      body: request.body ?? null,
      signal,
    })
    const { statusCode: status, body, headers } = response
    const location = Array.isArray(headers.location) ? headers.location[0] : headers.location
    if (![301, 302, 303, 307, 308].includes(status) || location === undefined || method !== 'GET')
      return { status, text: await readBody(body, bytesMax) }
    await body.dump({ limit: 65_536, signal })
    if (redirects >= REDIRECTS_MAX) throw new Error(`more than ${REDIRECTS_MAX} redirects`)
    target = redirected(location, target)
  }
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

async function readBody(body: AsyncIterable<Buffer>, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  // Leaving the loop early destroys the body, and the connection with it.
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > bytesMax) throw new Error(`answered with more than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
