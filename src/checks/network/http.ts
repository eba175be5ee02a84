// One HTTP request and what the answer must be like.
import { z } from 'zod'
import { withDeadline } from '../../lib/deadline.ts'
import { messageOf } from '../../lib/errors.ts'
import { excerpt } from '../../lib/excerpt.ts'
import { httpRequest, type HttpAnswer } from '../../lib/http-request.ts'
import { parsePath, valueAt } from '../../lib/json-path.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type Recognise } from '../check.ts'
import { listOf, oneOrMore, publicUrl, timeoutMs, url } from '../fields.ts'
import { look } from '../look.ts'
import { allWordsOf, find, isPlaceholder, propose, sentenceOf, SURE } from '../words.ts'
import { trustOptions } from '../../lib/trust.ts'

const BODY_BYTES_MAX = 1 << 20
const REDIRECTS_MAX = 5

const schema = z.strictObject({
  url: url('http', 'https').describe('address to ask; user and password in it become basic authentication'),
  method: z.enum(['GET', 'HEAD', 'POST', 'OPTIONS']).default('GET').describe('request method'),
  headers: z.record(z.string(), z.string()).default({}).describe('request headers; values are treated as secrets'),
  body: z.string().optional().describe('request body, for POST'),
  status: oneOrMore(z.number().int().min(100).max(599))
    .default(200)
    .describe('status code, or list of codes, that is right'),
  bodyContains: z.string().optional().describe('text that must occur in the body'),
  json: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .default({})
    .describe('path into a JSON body ("checks.database", "items.0.id") to the value that must stand there'),
  responseTimeMsMax: z.number().positive().optional().describe('longest time to the last byte of the answer'),
  followRedirects: z.boolean().default(false).describe(`whether up to ${REDIRECTS_MAX} redirects are followed`),
  caFile: z.string().optional().describe('PEM file of a certificate authority to trust beside the usual ones'),
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
  summary: 'asks an HTTP address and judges status, body and time of the answer',
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

  describe(options) {
    const bounds = [
      `status ${listOf(options.status).join(' or ')}`,
      options.bodyContains === undefined ? '' : `body contains "${options.bodyContains}"`,
      ...Object.entries(options.json).map(([path, value]) => `${path} is ${JSON.stringify(value)}`),
      options.responseTimeMsMax === undefined ? '' : `within ${options.responseTimeMsMax} ms`,
    ]
    return `${options.method} ${publicUrl(options.url)}: ${bounds.filter(Boolean).join(', ')}`
  },

  run: (options, context) =>
    look(context, async () => {
      const { url: address, method, headers, body, followRedirects, caFile } = options
      let trust: ReturnType<typeof trustOptions>
      try {
        trust = trustOptions(caFile, context.directory)
      } catch (error) {
        return unverified(`certificate authority: ${messageOf(error)}`)
      }
      try {
        const signal = withDeadline(options.timeoutMs, context.signal)
        const redirectsMax = followRedirects ? REDIRECTS_MAX : 0
        const asked = { url: address, method, headers, bytesMax: BODY_BYTES_MAX, beyond: 'cut' as const, redirectsMax }
        return judge(
          options,
          await httpRequest({ ...asked, ...trust, ...(body === undefined ? {} : { body }) }, signal),
        )
      } catch (error) {
        const answerless = (error as Error).name === 'TimeoutError'
        const why = answerless ? `no whole answer within ${options.timeoutMs} ms` : messageOf(error)
        return failed(`${method} ${publicUrl(address)}: ${why}`)
      }
    }),
})

function judge(options: Options, answer: HttpAnswer): Outcome {
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
        content: `status ${answer.status}\n\n${excerpt(answer.text)}`,
      },
    ],
  }
  const seen = `${publicUrl(options.url)} answered ${answer.status} in ${responseTimeMs} ms`
  const wrong = complaints(options, answer)
  if (wrong.length === 0) return passed(seen, extra)
  const needsBody = options.bodyContains !== undefined || Object.keys(options.json).length > 0
  if (answer.truncated && needsBody)
    return unverified(`${seen}; the body is over ${BODY_BYTES_MAX} bytes and was not read whole`, extra)
  return failed(`${seen}: ${wrong.join('; ')}`, extra)
}

/** Everything that is not as it should be, in words. */
function complaints(options: Options, answer: HttpAnswer): string[] {
  const wrong: string[] = []
  const statuses = listOf(options.status)
  if (!statuses.includes(answer.status)) wrong.push(`status ${statuses.join(' or ')} wanted`)
  if (options.bodyContains !== undefined && !answer.text.includes(options.bodyContains))
    wrong.push(`the body does not contain "${options.bodyContains}"`)
  if (options.responseTimeMsMax !== undefined && answer.responseTimeMs > options.responseTimeMsMax)
    wrong.push(`at most ${options.responseTimeMsMax} ms wanted`)
  return [...wrong, ...jsonComplaints(options.json, answer.text)]
}

function jsonComplaints(expected: Options['json'], body: string): string[] {
  if (Object.keys(expected).length === 0) return []
  let document: unknown
  try {
    document = JSON.parse(body)
  } catch {
    return ['the body is not JSON']
  }
  return Object.entries(expected).flatMap(([path, value]) => {
    const found = valueAt(document, parsePath(path) ?? [])
    if (found === value) return []
    return [
      `${path} is ${found === undefined ? 'missing' : excerpt(JSON.stringify(found), 80)}, ${JSON.stringify(value)} wanted`,
    ]
  })
}
