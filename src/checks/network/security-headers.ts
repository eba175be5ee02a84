// Whether a page is sent with the headers by which browsers protect who reads it, and without telling versions.
import { z } from 'zod'
import type { HttpAnswer } from '../../lib/http-request.ts'
import { failed, passed, unverified } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { listOf, oneOrMore, publicUrl, timeoutMs, url } from '../fields.ts'
import { allWordsOf, find, propose, SURE } from '../words.ts'
import { asking, caFile, requestHeaders, secretsOf, withoutValues, withPlainHeaders } from './asking.ts'
import { siteOf } from './addresses.ts'
import { policyComplaints, restrictsFrames, UNSAFE } from './security-headers/content-security-policy.ts'

const REDIRECTS_MAX = 5
const DAY_S = 86_400
const POLICIES = ['no-referrer', 'same-origin', 'strict-origin', 'strict-origin-when-cross-origin']
/** Headers that name what runs behind them. */
const TELLING = ['server', 'x-powered-by', 'x-aspnet-version', 'x-aspnetmvc-version', 'x-generator']

const schema = z.strictObject({
  url: url('http', 'https').describe('page to ask for'),
  headers: requestHeaders,
  status: oneOrMore(z.number().int().min(100).max(599))
    .optional()
    .describe('status code, or list of codes, of the page; none: any below 400'),
  hsts: z.boolean().default(true).describe('whether Strict-Transport-Security is wanted'),
  hstsMaxAgeDaysMin: z.number().nonnegative().default(180).describe('how long it must last'),
  hstsSubDomains: z.boolean().default(false).describe('whether it must have includeSubDomains'),
  hstsPreload: z.boolean().default(false).describe('whether it must have preload'),
  contentSecurityPolicy: z.boolean().default(true).describe('whether a Content-Security-Policy is wanted'),
  unsafeAllowed: z
    .array(z.enum(UNSAFE))
    .default([])
    .describe('what the Content-Security-Policy may allow: unsafe-inline, unsafe-eval'),
  policyDirectives: z
    .array(z.string().regex(/^[a-z-]+$/i))
    .default([])
    .describe('directives that the Content-Security-Policy must have, as "frame-ancestors"'),
  contentTypeOptions: z.boolean().default(true).describe('whether X-Content-Type-Options: nosniff is wanted'),
  frameProtection: z.boolean().default(true).describe('whether X-Frame-Options or frame-ancestors is wanted'),
  referrerPolicy: z
    .union([z.literal(false), z.array(z.string()).min(1)])
    .default(POLICIES)
    .describe('values of Referrer-Policy that are right; false: none wanted'),
  permissionsPolicy: z.boolean().default(false).describe('whether a Permissions-Policy is wanted'),
  versionsHidden: z
    .boolean()
    .default(true)
    .describe('whether Server, X-Powered-By and their like must tell no version'),
  absent: z.array(z.string()).default([]).describe('headers that must not be there, as "X-Powered-By"'),
  caFile,
  timeoutMs: timeoutMs(10_000).describe('how long to wait for the whole answer'),
})

type Options = z.infer<typeof schema>

export const securityHeaders = defineCheck({
  id: 'security-headers',
  summary: 'judges the security headers of a page: HSTS, CSP, nosniff, frames, referrer, versions told',
  options: schema,
  example: { url: 'https://shop.internal/', hstsMaxAgeDaysMin: 365, absent: ['X-Powered-By'] },
  failingExample: { url: 'http://127.0.0.1:8080/' },
  secretFields: ['url', 'headers'],
  remedy: 'set the headers in the web server or in the middleware of the application',

  recognise(item) {
    const words = allWordsOf(item)
    const claim = find(
      words,
      /\b(?:HTTP )?security[- ]headers?\b|\bHSTS\b(?: headers?)?|\bStrict-Transport-Security\b|\bX-(?:Frame|Content-Type)-Options\b|\b(?:CSP|Content[- ]Security[- ]Policy) headers?\b/i,
    )
    const done = find(
      words,
      /\b(?:configured|set|present|enabled|implemented|in place|active|applied|added|sent|returned|correct|verified|works?|working|valid|ok|good)\b/i,
    )
    if (!claim || !done) return null
    if (
      /\b(?:if|not|no|never|missing|optional|preload(?:ed)?|requires?|document\w*|review|plan\w*|report-only)\b/i.test(
        words,
      )
    )
      return null
    const site = siteOf(item)
    return site && propose(site.sure ?? SURE.said, { url: site.url }, [claim, done, ...site.quotes], site.remark)
  },

  describe(options) {
    const { referrerPolicy } = options
    const subDomains = options.hstsSubDomains ? ' with includeSubDomains' : ''
    const wanted = [
      options.hsts ? `Strict-Transport-Security for at least ${options.hstsMaxAgeDaysMin} days${subDomains}` : '',
      options.contentSecurityPolicy ? 'Content-Security-Policy' : '',
      options.contentTypeOptions ? 'X-Content-Type-Options' : '',
      options.frameProtection ? 'protection from frames' : '',
      referrerPolicy ? `Referrer-Policy ${referrerPolicy.join(' or ')}` : '',
      options.permissionsPolicy ? 'Permissions-Policy' : '',
      options.versionsHidden ? 'no versions told' : '',
      ...options.absent.map((name) => `no ${name}`),
    ]
    return `headers of ${publicUrl(options.url)}: ${wanted.filter(Boolean).join(', ')}`
  },

  run: (options, context) =>
    asking(options, context, async (ask) => {
      const { url: address, headers } = options
      const place = publicUrl(address)
      const { answer, problem } = await ask({ url: address, headers, redirectsMax: REDIRECTS_MAX })
      const secrets = secretsOf({ url: address, headers })
      const outcome = answer
        ? judge(options, withPlainHeaders(answer, secrets))
        : unverified(`${place}: ${problem}`, { remedy: 'see that the page can be reached from here' })
      return withoutValues(outcome, secrets)
    }),
})

function judge(options: Options, answer: HttpAnswer) {
  const place = publicUrl(answer.url)
  const { status, headers } = answer
  const lines = Object.entries(headers)
    .filter(([name]) => !/cookie|authorization|token/.test(name))
    .map(([name, value]) => `${name}: ${value.slice(0, 2000)}`)
  const content = [`status ${status}`, ...lines].join('\n').slice(0, 16_384)
  const extra = { evidence: [{ name: 'headers', mediaType: 'text/plain' as const, content }] }
  const isRight = options.status === undefined ? status < 400 : listOf(options.status).includes(status)
  if (!isRight)
    return unverified(`${place} answered ${status}: the headers of that say nothing of the page`, {
      ...extra,
      remedy: 'give a page that this machine may see, or state its status',
    })
  const wrong = [
    ...transport(options, answer),
    ...policy(options, headers),
    ...plainHeaders(options, headers),
    ...versions(options, headers),
  ]
  return wrong.length > 0
    ? failed(`${place}: ${wrong.join('; ')}`, extra)
    : passed(`${place} has the security headers that are wanted`, extra)
}

function transport(options: Options, { headers, url: address }: HttpAnswer): string[] {
  if (!options.hsts) return []
  if (!address.startsWith('https:'))
    return ['it is asked over http, where browsers do not heed Strict-Transport-Security']
  const value = headers['strict-transport-security']
  if (value === undefined) return ['Strict-Transport-Security is missing']
  // Of several headers the first counts.
  const parts = (value.split(',')[0] ?? '').split(';').map((part) => part.trim().toLowerCase())
  const seconds = Number(parts.flatMap((part) => /^max-age\s*=\s*"?(\d+)"?$/.exec(part)?.[1] ?? [])[0] ?? Number.NaN)
  const days = Math.floor(seconds / DAY_S)
  const wrong: string[] = []
  if (Number.isNaN(seconds)) wrong.push('Strict-Transport-Security has no max-age')
  else if (seconds < options.hstsMaxAgeDaysMin * DAY_S)
    wrong.push(`Strict-Transport-Security lasts ${days} days, at least ${options.hstsMaxAgeDaysMin} wanted`)
  if (options.hstsSubDomains && !parts.includes('includesubdomains'))
    wrong.push('Strict-Transport-Security has no includeSubDomains')
  if (options.hstsPreload && !parts.includes('preload')) wrong.push('Strict-Transport-Security has no preload')
  return wrong
}

function policy(options: Options, headers: HttpAnswer['headers']): string[] {
  if (!options.contentSecurityPolicy) return []
  const value = headers['content-security-policy']
  if (value !== undefined) return policyComplaints(value, options.unsafeAllowed, options.policyDirectives)
  return headers['content-security-policy-report-only'] === undefined
    ? ['Content-Security-Policy is missing']
    : ['Content-Security-Policy is only reported, not enforced']
}

function plainHeaders(options: Options, headers: HttpAnswer['headers']): string[] {
  const wrong: string[] = []
  const given = (name: string): string => (headers[name] ?? '').trim().toLowerCase()
  if (options.contentTypeOptions && given('x-content-type-options') !== 'nosniff')
    wrong.push('X-Content-Type-Options: nosniff is missing')
  const isFramed =
    /^(?:deny|sameorigin)$/.test(given('x-frame-options')) || restrictsFrames(given('content-security-policy'))
  if (options.frameProtection && !isFramed)
    wrong.push('nothing keeps it out of frames of others (X-Frame-Options or frame-ancestors)')
  // A list is for older browsers: the last that is known counts.
  const referrer = given('referrer-policy').split(',').at(-1)?.trim() ?? ''
  if (options.referrerPolicy && !options.referrerPolicy.map((value) => value.toLowerCase()).includes(referrer))
    wrong.push(referrer === '' ? 'Referrer-Policy is missing' : `Referrer-Policy is ${referrer.slice(0, 80)}`)
  if (options.permissionsPolicy && given('permissions-policy') === '') wrong.push('Permissions-Policy is missing')
  return wrong
}

function versions(options: Options, headers: HttpAnswer['headers']): string[] {
  const told = options.versionsHidden ? TELLING.filter((name) => /\d/.test(headers[name] ?? '')) : []
  const unwanted = options.absent.filter((name) => headers[name.toLowerCase()] !== undefined)
  return [
    ...told.map((name) => `${name} tells a version: ${headers[name]?.slice(0, 80)}`),
    ...unwanted.map((name) => `${name} should not be there`),
  ]
}
