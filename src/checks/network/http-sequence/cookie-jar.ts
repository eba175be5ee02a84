// Cookies between the requests of one sequence, kept and sent as a browser would: to whom they belong, no others.

interface Cookie {
  name: string
  value: string
  /** Host it belongs to; its subdomains too unless `hostOnly`. */
  domain: string
  hostOnly: boolean
  path: string
  secure: boolean
}

const COOKIES_MAX = 100
const CHARS_MAX = 4096

/** Cookies of one sequence. */
export class CookieJar {
  #cookies: Cookie[] = []

  /** Takes the `set-cookie` headers of an answer from `from`. What a host may not set for another is left out. */
  take(headers: readonly string[], from: URL): void {
    for (const header of headers.slice(0, COOKIES_MAX)) {
      const cookie = header.length <= CHARS_MAX ? parsed(header, from) : null
      if (!cookie) continue
      const { name, domain, path, ended } = cookie
      this.#cookies = this.#cookies.filter((one) => one.name !== name || one.domain !== domain || one.path !== path)
      if (!ended && this.#cookies.length < COOKIES_MAX) this.#cookies.push(cookie)
    }
  }

  /** The `cookie` header for a request to `to`; empty where it has none. */
  headerFor(to: URL): string {
    return this.#for(to)
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
  }

  /** The value a request to `to` would send, or undefined. */
  valueFor(name: string, to: URL): string | undefined {
    return this.#for(to).find((cookie) => cookie.name === name)?.value
  }

  /** Every value it ever could send: none of them is to be shown. */
  values(): string[] {
    return this.#cookies.map(({ value }) => value)
  }

  #for(to: URL): Cookie[] {
    const isSafe = to.protocol === 'https:' || /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(to.hostname)
    return this.#cookies
      .filter(({ domain, hostOnly, path, secure }) => {
        const isHost = to.hostname === domain || (!hostOnly && to.hostname.endsWith(`.${domain}`))
        return isHost && isBelow(to.pathname, path) && (isSafe || !secure)
      })
      .toSorted((a, b) => b.path.length - a.path.length)
  }
}

function parsed(header: string, from: URL): (Cookie & { ended: boolean }) | null {
  const [pair = '', ...attributes] = header.split(';')
  const at = pair.indexOf('=')
  if (at < 1) return null
  const [name, value] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
  const told = new Map(
    attributes.map((part) => {
      const [key = '', ...rest] = part.split('=')
      return [key.trim().toLowerCase(), rest.join('=').trim()]
    }),
  )
  const domain = told.get('domain')?.toLowerCase().replace(/^\./, '') ?? ''
  const isForeign = domain !== '' && domain !== from.hostname && !from.hostname.endsWith(`.${domain}`)
  // A whole top-level domain is nobody's.
  if (isForeign || (domain !== '' && domain !== from.hostname && !domain.includes('.'))) return null
  const path = told.get('path')
  const age = told.get('max-age')
  const expires = Date.parse(told.get('expires') ?? '')
  return {
    name,
    value,
    domain: domain || from.hostname,
    hostOnly: domain === '',
    path: path?.startsWith('/') ? path : folderOf(from.pathname),
    secure: told.has('secure'),
    ended: age === undefined ? expires <= Date.now() : Number(age) <= 0,
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}
