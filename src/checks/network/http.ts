// One HTTP request and what the answer must be like.
import { z } from 'zod'
import { excerpt } from '../../lib/excerpt.ts'
import type { HttpAnswer } from '../../lib/http-request.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type Recognise } from '../check.ts'
import { publicUrl, timeoutMs, url } from '../fields.ts'
import { allWordsOf, find, isPlaceholder, propose, sentenceOf, SURE } from '../words.ts'
import { asking, caFile, issuedIn, requestHeaders, secretsOf, without, withoutValues } from './asking.ts'
import { complaintsAbout, expectedAnswer, phrasesOf } from './expected-answer.ts'

const REDIRECTS_MAX = 5

const schema = z.strictObject({
  url: url('http', 'https').describe('address to ask; user and password in it become basic authentication'),
  method: z.enum(['GET', 'HEAD', 'POST', 'OPTIONS']).default('GET').describe('request method'),
  headers: requestHeaders,
  userAgent: z.string().optional().describe('User-Agent to send'),
  body: z.string().optional().describe('request body, for POST'),
  ...expectedAnswer,
  followRedirects: z.boolean().default(false).describe(`whether up to ${REDIRECTS_MAX} redirects are followed`),
  caFile,
  timeoutMs: timeoutMs(10_000).describe('how long to wait for the whole answer'),
})

type Options = z.infer<typeof schema>

/** Said of an address, these are no claim that it answers. */
const ELSE =
  /\b(?:configur\w+|implement\w*|document\w*|secured?|protected|rate[- ]limit\w*|throttl\w+|disabled|removed|deprecated|not|no longer|never|if|see|POST|PUT|PATCH|DELETE)\b/i
/** A path in code, or a well-known one in plain words. */
const PATH = /^(?:GET |HEAD )?(\/[\w.~/-]*)$/
const KNOWN_PATH =
  /(?<![\w/.:-])\/(?:api\/(?:v\d+\/)?)?(?:health\w*|ready\w*|live\w*|status|ping|metrics|version)(?:\/[\w-]+)?(?![\w/])/i

/** Asked of an address without its host; null where several are named, or it is the path of a file. */
function pathOf(item: Parameters<Recognise>[0]): string | null {
  const coded = item.code.flatMap((span) => PATH.exec(span.trim())?.[1] ?? [])
  const paths = [...new Set(coded.length > 0 ? coded : [find(sentenceOf(item), KNOWN_PATH) ?? []].flat())]
  const [path, ...others] = paths
  if (!path || others.length > 0 || /^\/(?:etc|var|usr|opt|home|tmp|srv|mnt|data|root|bin|dev|proc)\b/.test(path))
    return null
  return /\.(?:sh|log|conf|env|db|sqlite|service|py)$/.test(path) ? null : path
}

export const http = defineCheck({
  id: 'http',
  summary: 'asks an HTTP address and judges status, headers, body and time of the answer',
  options: schema,
  example: { url: 'https://shop.internal/health', json: { status: 'ok' }, responseTimeMsMax: 500 },
  failingExample: { url: 'http://127.0.0.1:1/health' },
  secretFields: ['url', 'headers', 'body'],
  remedy: 'see that the service runs, that this machine may reach it, and what its log says of this request',

  recognise(item) {
    const words = allWordsOf(item)
    if (ELSE.test(words) || /\s(?:-X\s*|--request[ =])(?!GET|HEAD)|\s(?:-d|--data\S*|-F)\s/.test(words)) return null
    const claim = find(
      words,
      /\b(?:health\w*|respond\w*|reachable|accessible|available|returns?\s+(?:HTTP\s+)?[1-5]\d\d|up and running|running|live|loads?|answers?|online|200(?: OK)?|works?|working|exposed)\b/i,
    )
    if (!claim) return null
    const status = /\breturns?\s+(?:an?\s+)?(?:HTTP\s+)?(?:status\s+)?(?:code\s+)?([1-5]\d\d)\b/i.exec(words)?.[1]
    const slowest = item.thresholds.find(
      ({ unit, operator, aggregate, value }) =>
        unit === 'ms' && operator.startsWith('<') && !aggregate && value !== null,
    )
    const rest = {
      ...(status ? { status: Number(status) } : {}),
      ...(slowest?.value ? { responseTimeMsMax: slowest.value } : {}),
    }
    const address = find(words, /https?:\/\/[^\s`"'<>)\]]+/i)?.replace(/[.,;:]+$/, '')
    if (address) {
      if (isPlaceholder(address) || !URL.canParse(address)) return null
      return propose(SURE.said, { url: address, ...rest }, [address, claim])
    }
    const path = pathOf(item)
    if (!path) return null
    const remark = `no host in the words: set BASE_URL to where the release answers`
    return propose(SURE.likely, { url: `\${env:BASE_URL}${path}`, ...rest }, [path, claim], remark)
  },

  describe: (options) => `${options.method} ${publicUrl(options.url)}: ${phrasesOf(options).join(', ')}`,

  run: (options, context) =>
    asking(options, context, async (ask) => {
      const { url: address, method, body, followRedirects, userAgent } = options
      const headers = { ...(userAgent === undefined ? {} : { 'user-agent': userAgent }), ...options.headers }
      const redirectsMax = followRedirects ? REDIRECTS_MAX : 0
      const { answer, problem, isOwn } = await ask({
        url: address,
        method,
        headers,
        redirectsMax,
        ...(body === undefined ? {} : { body }),
      })
      if (!answer)
        return withoutValues(
          (isOwn ? unverified : failed)(`${method} ${publicUrl(address)}: ${problem}`),
          secretsOf({ url: address, headers, body }),
        )
      const secrets = [...secretsOf({ url: address, headers, body }), ...issuedIn(answer.text)]
      return withoutValues(await judge(options, answer, without(secrets)), secrets)
    }),
})

async function judge(options: Options, answer: HttpAnswer, clean: (text: string) => string): Promise<Outcome> {
  const responseTimeMs = Math.round(answer.responseTimeMs * 10) / 10
  const extra = {
    measurements: [
      { name: 'response time', value: responseTimeMs, unit: 'ms' },
      { name: 'status', value: answer.status, unit: 'count' },
    ],
    evidence: [
      {
        name: 'response',
        mediaType: 'text/plain' as const,
        content: `status ${answer.status}\n\n${excerpt(clean(answer.text))}`,
      },
    ],
  }
  const seen = `${publicUrl(options.url)} answered ${answer.status} in ${responseTimeMs} ms`
  const { wrong, unknown } = await complaintsAbout(answer, options, clean)
  if (wrong.length > 0) return failed(`${seen}: ${wrong.join('; ')}`, extra)
  return unknown.length > 0 ? unverified(`${seen}; ${unknown.join('; ')}`, extra) : passed(seen, extra)
}
