// What an answer says of caches on its way: whether one gave it, and whether one may keep it. Each maker of caches has a header of its own.

type Headers = Readonly<Record<string, string>>

/** `hit`: a cache gave it; `miss`: it was fetched; `bypass`: caches are to leave it alone; null: nothing is said. */
export type CacheUse = 'hit' | 'miss' | 'bypass' | null

/** Headers in which a word tells, in lower case. */
const WORDS = [
  'cf-cache-status',
  'x-cache',
  'x-cache-status',
  'x-proxy-cache',
  'x-vercel-cache',
  'x-nextjs-cache',
  'x-fastcgi-cache',
  'x-litespeed-cache',
  'x-srcache-fetch-status',
  'x-rack-cache',
  'cdn-cache',
  'server-timing',
]
const HIT = /(?<![a-z])(?:(?:tcp_|mem_|ims_)*hit|stale|revalidated|updating|fresh)(?![a-z])/
const BYPASS = /(?<![a-z])(?:bypass|dynamic|pass|uncacheable|no-?cache)(?![a-z])/
const MISS = /(?<![a-z])(?:(?:tcp_)*(?:miss|refresh_miss)|expired|prerender)(?![a-z])/

/** What the headers say, and the header that says it. */
export function cacheUse(headers: Headers): { use: CacheUse; says: string | null } {
  const told = [standard(headers), ...WORDS.map((name) => byWord(headers, name)), byCount(headers), byAge(headers)]
  const uses = told.filter((one) => one !== null)
  // Of several caches one that had it is enough.
  const best = (['hit', 'bypass', 'miss'] as const).flatMap((use) => uses.filter((one) => one.use === use))[0]
  return best ?? { use: null, says: null }
}

type Told = { use: 'hit' | 'miss' | 'bypass'; says: string } | null

function shown(name: string, value: string): string {
  return `${name}: ${value.slice(0, 120)}`
}

/** RFC 9211: one member for each cache, `hit` or `fwd=` among its parameters. */
function standard(headers: Headers): Told {
  const value = headers['cache-status']
  if (value === undefined) return null
  const says = shown('cache-status', value)
  const parameters = value.toLowerCase().slice(0, 8192).split(/[;,]/)
  if (parameters.some((part) => /^\s*hit(?:\s*=\s*\?1)?\s*$/.test(part))) return { use: 'hit', says }
  if (parameters.some((part) => /^\s*fwd\s*=\s*(?:bypass|method)\s*$/.test(part))) return { use: 'bypass', says }
  return parameters.some((part) => /^\s*fwd\s*=/.test(part)) ? { use: 'miss', says } : null
}

function byWord(headers: Headers, name: string): Told {
  const value = headers[name]
  // A timing header speaks of much else: only what it says of a cache counts.
  const text = (name === 'server-timing' ? /cdn-cache; ?desc="?\w+/i.exec(value ?? '')?.[0] : value)?.toLowerCase()
  if (value === undefined || text === undefined) return null
  const says = shown(name, value)
  if (HIT.test(text)) return { use: 'hit', says }
  if (BYPASS.test(text)) return { use: 'bypass', says }
  return MISS.test(text) ? { use: 'miss', says } : null
}

/** `X-Cache-Hits: 0, 3` counts; `X-Varnish: 32770 3` has two numbers where the answer was kept. */
function byCount(headers: Headers): Told {
  const { 'x-cache-hits': hits, 'x-varnish': varnish } = headers
  if (hits !== undefined && /^[\d,\s]+$/.test(hits))
    return {
      use: hits.split(',').some((count) => Number(count) > 0) ? 'hit' : 'miss',
      says: shown('x-cache-hits', hits),
    }
  if (varnish !== undefined && /^\d+(?:\s+\d+)?$/.test(varnish.trim()))
    return { use: /\d\s+\d/.test(varnish) ? 'hit' : 'miss', says: shown('x-varnish', varnish) }
  return null
}

/** An age of 0 says nothing: it may have been kept this very second. */
function byAge(headers: Headers): Told {
  const seconds = /^\s*(\d{1,10})/.exec(headers.age ?? '')?.[1]
  return seconds !== undefined && Number(seconds) > 0 ? { use: 'hit', says: shown('age', seconds) } : null
}

/** Cache-Control: its directives in lower case, those without a value with an empty one. */
export function cacheControl(headers: Headers): Map<string, string> {
  const parts = (headers['cache-control'] ?? '').toLowerCase().slice(0, 8192).split(',')
  const pairs = parts.map((part) => part.trim().split(/\s*=\s*/)).filter(([name]) => name)
  return new Map(pairs.map(([name = '', value = '']) => [name, value.replaceAll('"', '')]))
}

/** Seconds of a directive, or null where it has none. */
export function secondsOf(control: ReadonlyMap<string, string>, name: string): number | null {
  const value = control.get(name)
  return value !== undefined && /^\d{1,12}$/.test(value) ? Number(value) : null
}

/** Whether shared caches may keep it by what is said, may not, or nothing is said. */
export function mayBeShared(control: ReadonlyMap<string, string>): boolean | null {
  if (['no-store', 'private', 'no-cache'].some((name) => control.has(name))) return false
  const seconds = secondsOf(control, 's-maxage') ?? secondsOf(control, 'max-age')
  if (seconds !== null) return seconds > 0
  return control.has('public') ? true : null
}
