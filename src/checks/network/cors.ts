// Which origins a server lets read its answers, asked as a browser asks: with an Origin, and by preflight.
import { z } from 'zod'
import type { HttpAnswer } from '../../lib/http-request.ts'
import { failed, passed, unverified } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { publicUrl, timeoutMs, url } from '../fields.ts'
import { allWordsOf, find, propose, SURE } from '../words.ts'
import { siteOf } from './addresses.ts'
import { asking, caFile, requestHeaders, secretsOf, withoutValues, type Ask } from './asking.ts'

const ORIGINS_MAX = 20

const origin = z
  .string()
  .refine(
    (text) => text === 'null' || text.includes('${') || (URL.canParse(text) && new URL(text).origin === text),
    'not an origin, as "https://shop.internal"',
  )

const schema = z.strictObject({
  url: url('http', 'https').describe('address that is asked'),
  method: z
    .enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
    .default('GET')
    .describe('method the preflight asks for'),
  headers: requestHeaders,
  allowedOrigins: z.array(origin).max(ORIGINS_MAX).default([]).describe('origins that must be let in'),
  refusedOrigins: z
    .array(origin)
    .max(ORIGINS_MAX)
    .default(['https://origin.invalid', 'null'])
    .describe('origins that must not be let in'),
  anyOrigin: z.boolean().default(false).describe('whether "*" is right: everybody may read, without credentials'),
  credentials: z
    .boolean()
    .optional()
    .describe('whether allowed origins must be, or must not be, let in with credentials'),
  methods: z.array(z.string()).default([]).describe('methods the preflight must allow, besides `method`'),
  requestHeaders: z
    .array(z.string())
    .default([])
    .describe('request headers the preflight must allow, as "authorization"'),
  preflight: z.boolean().default(true).describe('whether the preflight is asked too'),
  caFile,
  timeoutMs: timeoutMs(10_000).describe('how long to wait for each answer'),
})

type Options = z.infer<typeof schema>

interface Grant {
  origin: string
  /** `GET` or `preflight`. */
  asked: string
  status: number
  allowed: string | undefined
  credentials: boolean
  methods: string[]
  headers: string[]
}

export const cors = defineCheck({
  id: 'cors',
  summary: 'asks with allowed and with strange origins which of them a server lets in',
  options: schema,
  example: {
    url: 'https://api.shop.internal/orders',
    allowedOrigins: ['https://shop.internal'],
    requestHeaders: ['authorization'],
    credentials: true,
  },
  failingExample: { url: 'http://127.0.0.1:8080/', allowedOrigins: ['https://shop.internal'] },
  secretFields: ['url', 'headers'],
  remedy: "correct the list of origins in the server's CORS settings: name them, echo no others, no * with credentials",

  recognise(item) {
    const words = allWordsOf(item)
    const claim = find(
      words,
      /\bCORS\b(?: (?:origins?|headers?|polic(?:y|ies)|settings|configuration|whitelist|allowlist))?/i,
    )
    const done = find(
      words,
      /\b(?:configured|restrict(?:ed|s)|limited|set|correct(?:ly)?|works?|working|enabled|verified|allow(?:s|ed)?|blocks?|rejects?|locked down|in place|enforced)\b/i,
    )
    if (!claim || !done) return null
    if (
      /\b(?:if|when|errors?|disabled|not|none|never|optional|document\w*|review|should)\b|\bwhitelist(?:ing)? \w+ keys?\b/i.test(
        words,
      )
    )
      return null
    // Which address stands for the API and which for an origin cannot be told from the words alone.
    const site = /https?:\/\//.test(words) ? originsOf(words) : siteOf(item)
    if (!site) return null
    const { url: address, quotes, remark, ...rest } = site
    const sure = 'sure' in rest && rest.sure !== undefined ? rest.sure : SURE.said
    const allowed = 'allowedOrigins' in rest ? { allowedOrigins: rest.allowedOrigins } : {}
    return propose(sure, { url: address, ...allowed }, [claim, done, ...quotes], remark)
  },

  describe(options) {
    const parts = [
      ...options.allowedOrigins.map((name) => `${name} is let in`),
      ...options.refusedOrigins.map((name) => `${name} is not`),
      options.methods.length > 0 ? `methods ${options.methods.join(', ')}` : '',
      options.requestHeaders.length > 0 ? `headers ${options.requestHeaders.join(', ')}` : '',
      options.credentials === undefined ? '' : `${options.credentials ? 'with' : 'without'} credentials`,
    ]
    return `CORS of ${publicUrl(options.url)}: ${parts.filter(Boolean).join(', ')}`
  },

  run: (options, context) =>
    asking(options, context, async (ask) => {
      const outcome = await compare(options, ask)
      return withoutValues(outcome, secretsOf({ url: options.url, headers: options.headers }))
    }),
})

/** "only `https://shop.internal`": the words name who is let in, not where. */
function originsOf(words: string) {
  const found = [...new Set(words.match(/https?:\/\/[\w.-]+(?::\d+)?/gi) ?? [])]
  const isOnly = /\b(?:only|restricted to|limited to|allow(?:s|ed)?)\b/i.test(words)
  const allowedOrigins = found.map((address) => new URL(address).origin)
  if (!isOnly || found.length > ORIGINS_MAX || /example\.|your|<|\*/i.test(words)) return null
  const remark = 'no address of the API in the words: set BASE_URL to where the release answers'
  return { url: '${env:BASE_URL}/', sure: SURE.likely, allowedOrigins, quotes: found, remark }
}

async function compare(options: Options, ask: Ask) {
  const place = publicUrl(options.url)
  const cannot = (why: string) =>
    unverified(`${place}: ${why}`, {
      remedy: 'give an address that answers this machine, with the headers it asks for',
    })
  const method = options.method === 'HEAD' ? 'HEAD' : 'GET'
  const plain = await ask({ url: options.url, method, headers: options.headers })
  if (plain.problem !== undefined) return cannot(plain.problem)
  // An address that is only posted to answers 404 or 405 here; its preflight still tells.
  const isReadable = plain.answer.status < 400
  if (!isReadable && (!options.preflight || plain.answer.status >= 500 || plain.answer.status === 429))
    return cannot(`answered ${plain.answer.status} without any origin: what it grants cannot be told`)
  const grants: Grant[] = []
  for (const name of [...options.allowedOrigins, ...options.refusedOrigins])
    for (const asked of [...(isReadable ? [method] : []), ...(options.preflight ? ['preflight'] : [])]) {
      const { answer, problem } = await ask(request(options, name, asked))
      if (problem !== undefined) return cannot(problem)
      if (answer.status >= 500 || answer.status === 429) return cannot(`answered ${answer.status} to ${name}`)
      grants.push(grantOf(answer, name, asked))
    }
  return judge(options, grants, plain.answer, place)
}

function request(options: Options, name: string, asked: string): Parameters<Ask>[0] {
  const { url: address } = options
  if (asked !== 'preflight')
    return { url: address, method: asked as 'GET' | 'HEAD', headers: { ...options.headers, origin: name } }
  const wanted = options.requestHeaders.map((header) => header.toLowerCase()).toSorted()
  // A browser sends a preflight bare: without cookies, without authorization.
  const headers = {
    origin: name,
    'access-control-request-method': options.method,
    ...(wanted.length > 0 ? { 'access-control-request-headers': wanted.join(',') } : {}),
  }
  const bare = new URL(address)
  bare.username = ''
  bare.password = ''
  return { url: bare.href, method: 'OPTIONS', headers }
}

function grantOf({ status, headers }: HttpAnswer, name: string, asked: string): Grant {
  const list = (header: string): string[] =>
    (headers[header] ?? '')
      .slice(0, 8192)
      .toLowerCase()
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean)
  return {
    origin: name,
    asked,
    status,
    allowed: headers['access-control-allow-origin']?.slice(0, 500),
    credentials: headers['access-control-allow-credentials'] === 'true',
    methods: list('access-control-allow-methods'),
    headers: list('access-control-allow-headers'),
  }
}

function judge(options: Options, grants: readonly Grant[], plain: HttpAnswer, place: string) {
  const content = JSON.stringify({ withoutOrigin: plain.status, grants }, null, 1).slice(0, 32_768)
  const extra = { evidence: [{ name: 'grants', mediaType: 'application/json' as const, content }] }
  const wrong = grants.flatMap((grant) =>
    options.allowedOrigins.includes(grant.origin) ? deniedTo(grant, options) : grantedTo(grant, options),
  )
  const starred = grants.some(({ allowed, credentials }) => allowed === '*' && credentials)
  if (starred) wrong.push('"*" is granted together with credentials')
  if (wrong.length > 0) return failed(`${place}: ${[...new Set(wrong)].slice(0, 12).join('; ')}`, extra)
  const { length } = options.allowedOrigins
  const whom =
    length === 0 ? 'no origin but its own' : `the ${length === 1 ? 'origin' : `${length} origins`} that it should`
  return passed(`${place} lets in ${whom}${options.anyOrigin ? '' : ', and refused the others'}`, extra)
}

/** What an allowed origin misses. */
function deniedTo(grant: Grant, options: Options): string[] {
  const who = `${grant.origin} (${grant.asked})`
  const isStar = grant.allowed === '*'
  if (grant.asked === 'preflight' && (grant.status < 200 || grant.status > 299))
    return [`${who}: the preflight is answered ${grant.status}, which browsers take for a no`]
  if (grant.allowed !== grant.origin && !isStar)
    return [`${who} is not let in (Access-Control-Allow-Origin ${grant.allowed ?? 'is missing'})`]
  const wrong: string[] = []
  if (isStar && !options.anyOrigin) wrong.push(`${who}: "*" lets in everybody`)
  if (options.credentials === true && (!grant.credentials || isStar)) wrong.push(`${who} is let in without credentials`)
  if (options.credentials === false && grant.credentials) wrong.push(`${who} is let in with credentials`)
  if (grant.asked !== 'preflight') return wrong
  const isOpen = (list: readonly string[]): boolean => list.includes('*') && options.credentials !== true
  const methods = [options.method, ...options.methods].filter(
    // These need no leave.
    (name) =>
      !/^(?:GET|HEAD|POST)$/.test(name) && !grant.methods.includes(name.toLowerCase()) && !isOpen(grant.methods),
  )
  const headers = options.requestHeaders
    .map((name) => name.toLowerCase())
    // "*" does not stand for authorization.
    .filter((name) => !grant.headers.includes(name) && (name === 'authorization' || !isOpen(grant.headers)))
  if (methods.length > 0) wrong.push(`${who} may not use ${methods.join(', ')}`)
  if (headers.length > 0) wrong.push(`${who} may not send ${headers.join(', ')}`)
  return wrong
}

/** What a refused origin was given. */
function grantedTo(grant: Grant, { anyOrigin }: Options): string[] {
  const isGranted = grant.allowed === grant.origin || (grant.allowed === '*' && !anyOrigin)
  return isGranted
    ? [`${grant.origin} is let in (${grant.asked}: ${grant.allowed}${grant.credentials ? ', with credentials' : ''})`]
    : []
}
