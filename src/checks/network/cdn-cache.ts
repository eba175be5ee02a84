// Whether a cache in front of a site keeps what it should, for as long as it should, and nothing else.
import { z } from 'zod'
import type { HttpAnswer } from '../../lib/http-request.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified, worstStatus, type Outcome, type Status } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { publicUrl, timeoutMs, url } from '../fields.ts'
import { allWordsOf, find, propose, SURE } from '../words.ts'
import { siteOf } from './addresses.ts'
import { asking, caFile, requestHeaders, secretsOf, withoutValues, withPlainHeaders, type Ask } from './asking.ts'
import { cacheControl, cacheUse, mayBeShared, secondsOf } from './cdn-cache/cache-status.ts'

const ADDRESSES_MAX = 20

const schema = z.strictObject({
  url: url('http', 'https').describe('address that a cache should keep'),
  uncached: z
    .array(z.string().min(1))
    .max(ADDRESSES_MAX)
    .default([])
    .describe('addresses, or paths of the same host, that no cache may keep, as "/api/me"'),
  hit: z.boolean().default(true).describe('whether the answer must come from a cache when it is asked for again'),
  requestsMax: z
    .number()
    .int()
    .min(2)
    .max(20)
    .default(4)
    .describe('how often it is asked for until a cache has it; an edge has several machines'),
  maxAgeSecondsMin: z.number().nonnegative().optional().describe('max-age of Cache-Control, at least'),
  maxAgeSecondsMax: z.number().nonnegative().optional().describe('max-age of Cache-Control, at most'),
  sharedMaxAgeSecondsMin: z
    .number()
    .nonnegative()
    .optional()
    .describe('s-maxage of Cache-Control (where there is none, max-age), at least'),
  headers: requestHeaders,
  caFile,
  timeoutMs: timeoutMs(10_000).describe('how long to wait for each answer'),
})

type Options = z.infer<typeof schema>

interface Finding {
  status: Status
  /** In words, with what it rests on. */
  says: string
  /** What was asked and seen, a line each. */
  seen: string[]
}

export const cdnCache = defineCheck({
  id: 'cdn-cache',
  summary: 'asks twice and tells from the headers whether a cache keeps what it should, and nothing else',
  options: schema,
  example: { url: 'https://shop.internal/app.js', uncached: ['/api/me'], maxAgeSecondsMin: 3600 },
  failingExample: { url: 'http://127.0.0.1:8080/', maxAgeSecondsMin: 60 },
  secretFields: ['url', 'uncached', 'headers'],
  remedy: 'correct Cache-Control at the origin or the rules of the CDN, and purge what was kept by mistake',

  recognise(item) {
    const words = allWordsOf(item)
    const claim = find(
      words,
      /\bCDN\b[^.\n]{0,40}\b(?:cach(?:e[sd]?|ing)|serv(?:es|ing|ed)|hits?|works?|working|deliver\w*)\b|\bcache (?:headers?|hits?)\b[^.\n]{0,40}\b(?:CDN|set|correct|present|configured|assets|verified)\b|\bCache-Control\b[^.\n]{0,40}\b(?:set|correct|present|configured|headers?)\b|\b(?:static (?:assets|files)|assets)\b[^.\n]{0,40}\bcached\b/i,
    )
    if (!claim || item.thresholds.length > 0) return null
    if (
      /\b(?:if|not|never|purg\w*|invalidat\w*|clear\w*|flush\w*|redis|memcached|rates?|ratio|users?|browser|upload\w*|monitor\w*|optional)\b/i.test(
        words,
      )
    )
      return null
    // What a CDN keeps is a file: where none is named there is nothing to ask for.
    const site = siteOf(item)
    if (!site || site.sure === SURE.assumed) return null
    return propose(site.sure ?? SURE.said, { url: site.url }, [claim, ...site.quotes], site.remark)
  },

  describe(options) {
    const { maxAgeSecondsMin: min, maxAgeSecondsMax: max, sharedMaxAgeSecondsMin: shared } = options
    const parts = [
      options.hit ? `kept by a cache within ${plural(options.requestsMax, 'request')}` : '',
      min === undefined ? '' : `max-age at least ${min} s`,
      max === undefined ? '' : `max-age at most ${max} s`,
      shared === undefined ? '' : `s-maxage at least ${shared} s`,
      options.uncached.length > 0 ? `${options.uncached.map(publicUrl).join(', ')} kept by none` : '',
    ]
    return `${publicUrl(options.url)}: ${parts.filter(Boolean).join(', ')}`
  },

  run: (options, context) =>
    asking(options, context, async (ask) => {
      const addresses = [options.url, ...options.uncached]
      const secrets = addresses.flatMap((address) =>
        URL.canParse(address, options.url)
          ? secretsOf({ url: new URL(address, options.url).href, headers: options.headers })
          : [],
      )
      const askPlainly: Ask = async (request) => {
        const asked = await ask(request)
        return asked.answer ? { answer: withPlainHeaders(asked.answer, secrets) } : asked
      }
      const findings = [await kept(options, askPlainly)]
      for (const path of options.uncached) findings.push(await notKept(options, path, askPlainly))
      return withoutValues(together(findings), secrets)
    }),
})

function together(findings: readonly Finding[]): Outcome {
  const status = worstStatus(findings.map((finding) => finding.status))
  const told = findings.filter((finding) => finding.status === status).map(({ says }) => says)
  const content = findings
    .flatMap(({ seen }) => seen)
    .join('\n')
    .slice(0, 32_768)
  const extra = { evidence: [{ name: 'answers', mediaType: 'text/plain' as const, content }] }
  const summary = told.slice(0, 8).join('; ')
  if (status === 'failed') return failed(summary, extra)
  if (status === 'passed') return passed(summary, extra)
  return unverified(summary, {
    ...extra,
    remedy: 'see that it can be reached, and have the cache say what it did (Age, X-Cache, Cache-Status)',
  })
}

async function kept(options: Options, ask: Ask): Promise<Finding> {
  const place = publicUrl(options.url)
  const seen: string[] = []
  const uses: string[] = []
  for (let count = 0; count < options.requestsMax; count++) {
    const { answer, problem } = await ask({ url: options.url, headers: options.headers })
    if (problem !== undefined) return { status: 'unverified', says: `${place}: ${problem}`, seen }
    seen.push(lineOf(place, answer))
    if (answer.status >= 400) return { status: 'unverified', says: `${place} answered ${answer.status}`, seen }
    const wrong = ageComplaints(options, answer)
    if (wrong.length > 0) return { status: 'failed', says: `${place}: ${wrong.join('; ')}`, seen }
    const { use, says } = cacheUse(answer.headers)
    if (use === 'hit' && answer.cookies.length > 0)
      return { status: 'failed', says: `${place}: a cache gives everybody the same cookies (${says})`, seen }
    if (!options.hit) return { status: 'passed', says: `${place} may be kept as it should be`, seen }
    // The first answer may come from a cache too; what was asked for before is no less kept.
    if (use === 'hit' && count > 0) return { status: 'passed', says: `${place} comes from a cache (${says})`, seen }
    if (use !== null && count > 0) uses.push(says ?? use)
  }
  return uses.length > 0
    ? {
        status: 'failed',
        says: `${place} did not come from a cache in ${plural(options.requestsMax, 'request')} (${uses.at(-1)})`,
        seen,
      }
    : { status: 'unverified', says: `${place}: no header says whether a cache had it`, seen }
}

function ageComplaints(options: Options, { headers }: HttpAnswer): string[] {
  const { maxAgeSecondsMin: min, maxAgeSecondsMax: max, sharedMaxAgeSecondsMin: shared } = options
  const control = cacheControl(headers)
  const seconds = secondsOf(control, 'max-age')
  const sharedSeconds = secondsOf(control, 's-maxage') ?? seconds
  const wrong: string[] = []
  const said = seconds === null ? 'Cache-Control has no max-age' : `max-age is ${seconds} s`
  if (min !== undefined && !(seconds !== null && seconds >= min)) wrong.push(`${said}, at least ${min} s wanted`)
  if (max !== undefined && !(seconds !== null && seconds <= max)) wrong.push(`${said}, at most ${max} s wanted`)
  if (shared !== undefined && !(sharedSeconds !== null && sharedSeconds >= shared))
    wrong.push(
      `${sharedSeconds === null ? 'Cache-Control has no s-maxage' : `caches keep it ${sharedSeconds} s`}, at least ${shared} s wanted`,
    )
  if (options.hit && mayBeShared(control) === false)
    wrong.push(`Cache-Control forbids caches to keep it (${headers['cache-control']?.slice(0, 120)})`)
  return wrong
}

async function notKept(options: Options, path: string, ask: Ask): Promise<Finding> {
  const seen: string[] = []
  if (!URL.canParse(path, options.url))
    return { status: 'unverified', says: `${path.slice(0, 80)} is no address`, seen }
  const target = new URL(path, options.url)
  const place = publicUrl(target.href)
  const isOwn = target.origin === new URL(options.url).origin
  let answer: HttpAnswer | undefined
  for (let count = 0; count < 2; count++) {
    const asked = await ask({ url: target.href, headers: isOwn ? options.headers : {} })
    if (asked.problem !== undefined) return { status: 'unverified', says: `${place}: ${asked.problem}`, seen }
    answer = asked.answer
    seen.push(lineOf(place, answer))
    const { use, says } = cacheUse(answer.headers)
    if (use === 'hit') return { status: 'failed', says: `${place} comes from a cache (${says})`, seen }
  }
  const { headers = {}, status = 0 } = answer ?? {}
  if (status >= 500) return { status: 'unverified', says: `${place} answered ${status}`, seen }
  const isShared = mayBeShared(cacheControl(headers))
  if (isShared === true)
    return {
      status: 'failed',
      says: `${place} may be kept (Cache-Control: ${headers['cache-control']?.slice(0, 120)})`,
      seen,
    }
  if (isShared === false || cacheUse(headers).use !== null)
    return { status: 'passed', says: `${place} is kept by none`, seen }
  return { status: 'unverified', says: `${place}: no header says whether a cache keeps it`, seen }
}

/** What of an answer tells of caches. */
function lineOf(place: string, { status, headers }: HttpAnswer): string {
  const told = ['cache-control', 'age', 'vary', 'via', 'expires'].filter((name) => headers[name] !== undefined)
  const values = told.map((name) => `${name}: ${headers[name]?.slice(0, 200)}`)
  return [`${place} ${status}`, ...values, cacheUse(headers).says ?? 'no word of a cache'].join(' | ')
}
