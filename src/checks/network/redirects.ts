// Where somebody lands who goes to an address: each hop is looked at, as http to https or www to the bare name.
import { z } from 'zod'
import { plural } from '../../lib/plural.ts'
import { failed, passed, type Outcome } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { listOf, oneOrMore, publicUrl, timeoutMs, url } from '../fields.ts'
import { allWordsOf, find, hostsOf, isPlaceholder, propose, SURE } from '../words.ts'
import { asking, caFile, requestHeaders, secretsOf, withoutValues, type Ask } from './asking.ts'

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]
const PERMANENT: readonly number[] = [301, 308]

const schema = z.strictObject({
  url: url('http', 'https').describe('address to start at'),
  to: url('http', 'https').optional().describe('address where it must end'),
  via: z.array(url('http', 'https')).max(20).optional().describe('every address on the way there, in order'),
  permanent: z.boolean().default(true).describe('whether every redirect must be permanent (301 or 308)'),
  secure: z.boolean().default(true).describe('whether it must end at https, and never leave it'),
  hopsMax: z.number().int().min(1).max(20).default(3).describe('redirects at most'),
  status: oneOrMore(z.number().int().min(100).max(599))
    .optional()
    .describe('status code, or list of codes, at the end; none: any below 400'),
  headers: requestHeaders,
  caFile,
  timeoutMs: timeoutMs(10_000).describe('how long to wait for each answer'),
})

type Options = z.infer<typeof schema>

interface Hop {
  status: number
  from: URL
  to: URL
}

interface Way {
  hops: Hop[]
  /** Status at the end; null where there is none. */
  status: number | null
  /** Why it goes no further. */
  problem: string | null
}

export const redirects = defineCheck({
  id: 'redirects',
  summary: 'follows redirects hop by hop: where they end, whether they are permanent, secure and few',
  options: schema,
  example: { url: 'http://www.shop.internal/', to: 'https://shop.internal/', hopsMax: 2 },
  failingExample: { url: 'http://127.0.0.1:1/', to: 'https://127.0.0.1:1/' },
  secretFields: ['url', 'to', 'via', 'headers'],
  remedy:
    'correct the redirect in the web server or load balancer: straight to the address at the end, with 301 or 308',

  recognise(item) {
    const words = allWordsOf(item)
    if (
      /\b(?:if|not|never|URIs?|callback|oauth|after (?:login|logging)|log(?:ged)? ?in|traffic|output|users?|configure|set up|port)\b/i.test(
        words,
      )
    )
      return null
    const addresses = [...new Set(words.match(/https?:\/\/[^\s`"'<>)\]]+/gi) ?? [])].map((text) =>
      text.replace(/[.,;:]+$/, ''),
    )
    if (addresses.some((text) => isPlaceholder(text) || !URL.canParse(text))) return null
    const claim = find(words, /\bredirect(?:s|ed|ing|ion)?(?: (?:permanently )?(?:to|from)\b)?/i)
    if (!claim) return null
    const [from, to, ...others] = addresses
    if (from && to && others.length === 0)
      return propose(SURE.named, { url: from, to, ...(to.startsWith('https') ? {} : { secure: false }) }, [
        from,
        claim,
        to,
      ])
    const upgrade = find(words, /\bHTTP\b(?!S)[^.\n]{0,40}\bHTTPS\b|\bHTTPS\b[^.\n]{0,20}\bredirect\w*/i)
    const wish =
      /\b(?:enabled|works?|working|configured|verified|active|in place|redirects|redirected|enforced|redirection)\b/i.exec(
        words,
      )?.[0]
    if (!upgrade || !wish) return null
    const [host, ...hosts] = hostsOf(item)
    if (hosts.length > 0) return null
    if (host) return propose(SURE.named, { url: `http://${host}/` }, [upgrade, host])
    const remark = 'no host in the words: set PUBLIC_HOST to the name people type'
    return propose(SURE.assumed, { url: 'http://${env:PUBLIC_HOST}/' }, [upgrade], remark)
  },

  describe(options) {
    const parts = [
      options.to === undefined ? 'ends somewhere else' : `ends at ${publicUrl(options.to)}`,
      options.via === undefined ? '' : `by way of ${options.via.map(publicUrl).join(', ') || 'nothing else'}`,
      `at most ${plural(options.hopsMax, 'hop')}`,
      options.permanent ? 'all permanent' : '',
      options.secure ? 'secure' : '',
    ]
    return `redirects of ${publicUrl(options.url)}: ${parts.filter(Boolean).join(', ')}`
  },

  run: (options, context) =>
    asking(options, context, async (ask) => {
      const outcome = judge(options, await follow(options, ask))
      const values = [options.to ?? '', ...(options.via ?? [])].flatMap((address) => secretsOf({ url: address }))
      return withoutValues(outcome, [...secretsOf({ url: options.url, headers: options.headers }), ...values])
    }),
})

async function follow(options: Options, ask: Ask): Promise<Way> {
  const first = new URL(options.url)
  const seen = new Set<string>()
  const hops: Hop[] = []
  for (let at = first; ;) {
    const where = publicUrl(at.href)
    const end = (problem: string, status: number | null = null): Way => ({ hops, status, problem })
    if (seen.has(at.href)) return end(`it goes round in circles at ${where}`)
    seen.add(at.href)
    // What is meant for the first host is told to no other.
    const headers = at.origin === first.origin ? options.headers : {}
    const { answer, problem } = await ask({ url: at.href, headers, bytesMax: 65_536 })
    if (problem !== undefined) return end(hops.length === 0 ? problem : `${where}: ${problem}`)
    const { status } = answer
    if (!REDIRECTS.includes(status)) return { hops, status, problem: null }
    const { location } = answer.headers
    if (location === undefined) return end(`${where} answered ${status} without saying where to`, status)
    if (!URL.canParse(location, at.href)) return end(`${where} leads to what is no address`, status)
    const to = new URL(location, at)
    if (to.protocol !== 'http:' && to.protocol !== 'https:') return end(`${where} leads to ${to.protocol}`, status)
    if (hops.length >= options.hopsMax) return end(`it does not end after ${plural(options.hopsMax, 'redirect')}`)
    hops.push({ status, from: at, to })
    at = to
  }
}

function judge(options: Options, { hops, status, problem }: Way): Outcome {
  const chain = hops.map((hop) => `${hop.status} ${publicUrl(hop.from.href)} -> ${publicUrl(hop.to.href)}`)
  const content = [...chain, problem ?? `${status} at the end`].join('\n').slice(0, 16_384)
  const extra = {
    measurements: [{ name: 'redirects', value: hops.length, unit: 'count' }],
    evidence: [{ name: 'hops', mediaType: 'text/plain' as const, content }],
  }
  const start = publicUrl(options.url)
  const end = hops.at(-1)?.to ?? new URL(options.url)
  const wrong = problem === null ? complaints(options, hops, end, status ?? 0) : [problem]
  const seen = `${start} ends at ${publicUrl(end.href)} after ${plural(hops.length, 'redirect')}`
  return wrong.length > 0
    ? failed(`${problem === null ? seen : start}: ${wrong.join('; ')}`, extra)
    : passed(seen, extra)
}

function complaints(options: Options, hops: readonly Hop[], end: URL, status: number): string[] {
  const { to, via } = options
  const wrong: string[] = []
  if (hops.length === 0 && to === undefined) wrong.push(`it does not redirect (${status})`)
  if (to !== undefined && !isSame(end, to))
    wrong.push(publicUrl(to) === publicUrl(end.href) ? 'another query wanted' : `${publicUrl(to)} wanted`)
  const between = hops.slice(0, -1).map((hop) => hop.to)
  if (via && (via.length !== between.length || via.some((address, at) => !isSame(between[at] as URL, address))))
    wrong.push(
      `by way of ${between.map(({ href }) => publicUrl(href)).join(', ') || 'nothing else'}, ${via.map(publicUrl).join(', ') || 'nothing else'} wanted`,
    )
  const passing = hops.filter((hop) => !PERMANENT.includes(hop.status))
  if (options.permanent && passing.length > 0)
    wrong.push(`not permanent: ${passing.map((hop) => `${hop.status} of ${publicUrl(hop.from.href)}`).join(', ')}`)
  if (options.secure && end.protocol !== 'https:') wrong.push('it does not end at https')
  const leaving = hops.find((hop) => hop.from.protocol === 'https:' && hop.to.protocol === 'http:')
  if (options.secure && leaving) wrong.push(`${publicUrl(leaving.from.href)} leads from https back to http`)
  const isRight = options.status === undefined ? status < 400 : listOf(options.status).includes(status)
  if (!isRight) wrong.push(`the end answered ${status}`)
  return wrong
}

/** The same but for what browsers do not send. */
function isSame(found: URL, wanted: string): boolean {
  const [a, b] = [new URL(found), new URL(wanted)]
  for (const address of [a, b]) {
    address.hash = ''
    address.username = ''
    address.password = ''
  }
  return a.href === b.href
}
