// One HTTP request and what the answer must be like.
import type { Agent, Dispatcher } from 'undici'
import { z } from 'zod'
import { withDeadline } from '../../lib/deadline.ts'
import { messageOf } from '../../lib/errors.ts'
import { excerpt } from '../../lib/excerpt.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { listOf, oneOrMore, publicUrl, timeoutMs, url } from '../fields.ts'
import { look } from '../look.ts'
import { find, isPlaceholder, propose, sentenceOf } from '../words.ts'
import { trustOptions } from './trust.ts'

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

interface Answer {
  status: number
  body: string
  truncated: boolean
  responseTimeMs: number
}

export const http = defineCheck({
  id: 'http',
  summary: 'asks an HTTP address and judges status, body and time of the answer',
  options: schema,
  example: { url: 'https://shop.internal/health', json: { status: 'ok' }, responseTimeMsMax: 500 },
  failingExample: { url: 'http://127.0.0.1:1/health' },
  secretFields: ['url', 'headers', 'body'],

  recognise(item) {
    const sentence = [sentenceOf(item), ...item.commands.map((step) => step.script)].join('\n')
    const address = find(sentence, /https?:\/\/[^\s`"'<>)\]]+/i)?.replace(/[.,;:]+$/, '')
    const claim = find(
      sentence,
      /\b(health|respond\w*|reachable|accessible|returns?\s+(?:HTTP\s+)?\d{3}|up and running|answers)\b/i,
    )
    if (!address || !claim || isPlaceholder(address) || /\s-X\s*(?!GET)|\s(-d|--data\S*)\s/.test(sentence)) return null
    const status = /returns?\s+(?:HTTP\s+)?([1-5]\d\d)\b/i.exec(sentence)?.[1]
    return propose(0.8, status ? { url: address, status: Number(status) } : { url: address }, [address, claim])
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
      const undici = await import('undici')
      let agent: Agent
      try {
        const trust = trustOptions(options.caFile, context.directory)
        agent = new undici.Agent({ connect: { timeout: options.timeoutMs, ...trust } })
      } catch (error) {
        return unverified(`certificate authority: ${messageOf(error)}`)
      }
      try {
        return judge(options, await ask(options, agent, context.signal))
      } catch (error) {
        const answerless = (error as Error).name === 'TimeoutError'
        const why = answerless ? `no whole answer within ${options.timeoutMs} ms` : messageOf(error)
        return failed(`${options.method} ${publicUrl(options.url)}: ${why}`, {
          remedy: 'see that the service runs and that this machine may reach it',
        })
      } finally {
        await agent.destroy()
      }
    }),
})

async function ask(options: Options, agent: Agent, signal: AbortSignal): Promise<Answer> {
  const target = new URL(options.url)
  const headers = { ...basicAuthentication(target), ...options.headers }
  target.username = ''
  target.password = ''
  const { interceptors, request } = await import('undici')
  const startedAt = performance.now()
  const response = await request(target, {
    method: options.method,
    headers,
    body: options.body ?? null,
    signal: withDeadline(options.timeoutMs, signal),
    dispatcher: options.followRedirects
      ? agent.compose(interceptors.redirect({ maxRedirections: REDIRECTS_MAX }))
      : agent,
  })
  const { body, truncated } = await readBody(response.body)
  return { status: response.statusCode, body, truncated, responseTimeMs: performance.now() - startedAt }
}

function basicAuthentication({ username, password }: URL): Record<string, string> {
  if (!username) return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

async function readBody(stream: Dispatcher.ResponseData['body']): Promise<{ body: string; truncated: boolean }> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) break
  }
  return { body: Buffer.concat(chunks).subarray(0, BODY_BYTES_MAX).toString('utf8'), truncated: bytes > BODY_BYTES_MAX }
}

function judge(options: Options, answer: Answer): Outcome {
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
        content: `status ${answer.status}\n\n${excerpt(answer.body)}`,
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
function complaints(options: Options, answer: Answer): string[] {
  const wrong: string[] = []
  const statuses = listOf(options.status)
  if (!statuses.includes(answer.status)) wrong.push(`status ${statuses.join(' or ')} wanted`)
  if (options.bodyContains !== undefined && !answer.body.includes(options.bodyContains))
    wrong.push(`the body does not contain "${options.bodyContains}"`)
  if (options.responseTimeMsMax !== undefined && answer.responseTimeMs > options.responseTimeMsMax)
    wrong.push(`at most ${options.responseTimeMsMax} ms wanted`)
  return [...wrong, ...jsonComplaints(options.json, answer.body)]
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
    const found = valueAt(document, path)
    if (found === value) return []
    return [
      `${path} is ${found === undefined ? 'missing' : excerpt(JSON.stringify(found), 80)}, ${JSON.stringify(value)} wanted`,
    ]
  })
}

/** The value at a dotted path, or undefined. A leading `$.` may stand. */
function valueAt(document: unknown, path: string): unknown {
  let value = document
  for (const key of path.replace(/^\$\.?/, '').split('.')) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}
