// Whether a burst of requests is limited, how the limit says when to come back, and whether it then lets one in again.
import { z } from 'zod'
import { pause } from '../../lib/deadline.ts'
import { inParallel } from '../../lib/in-parallel.ts'
import { plural } from '../../lib/plural.ts'
import type { HttpAnswer } from '../../lib/http-request.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { listOf, oneOrMore, publicUrl, timeoutMs, url } from '../fields.ts'
import { allWordsOf, find, propose, SURE } from '../words.ts'
import { siteOf } from './addresses.ts'
import { asking, caFile, requestHeaders, secretsOf, withoutValues, type Ask } from './asking.ts'

/** Questions whether it lets one in again, spread over the time for that. */
const RECOVERY_LOOKS = 20

const schema = z.strictObject({
  url: url('http', 'https').describe('address that is limited'),
  method: z
    .enum(['GET', 'HEAD', 'POST'])
    .default('GET')
    .describe('request method; POST only where a burst of it does no harm, as a login with a wrong password'),
  headers: requestHeaders,
  body: z.string().optional().describe('request body, for POST; a secret'),
  requestsMax: z.number().int().min(1).max(2000).default(100).describe('requests within which the limit must be met'),
  requestsMin: z
    .number()
    .int()
    .min(0)
    .max(2000)
    .default(1)
    .describe('requests that must be let through before it: a limit that lets none through is too strict'),
  atOnceMax: z.number().int().min(1).max(50).default(10).describe('requests under way at a time'),
  status: oneOrMore(z.number().int().min(400).max(599))
    .default(429)
    .describe('status code, or list of codes, by which it limits'),
  retryAfter: z.boolean().default(false).describe('whether it must say when to come back (Retry-After)'),
  recoveryMsMax: z
    .number()
    .int()
    .min(0)
    .max(3_600_000)
    .default(0)
    .describe('how soon it must let one in again; 0: not looked at'),
  caFile,
  timeoutMs: timeoutMs(10_000).describe('how long to wait for each answer'),
})

type Options = z.infer<typeof schema>

interface Burst {
  sent: number
  /** Answers by status. */
  counts: Map<number, number>
  /** Let through before the first that was limited. */
  before: number
  limited: HttpAnswer | null
  problem: string | null
}

export const rateLimit = defineCheck({
  id: 'rate-limit',
  summary: 'sends a bounded burst and sees that it is limited (429), says when to come back, and recovers',
  options: schema,
  example: { url: 'https://shop.internal/api/search', requestsMax: 60, retryAfter: true, recoveryMsMax: 30_000 },
  failingExample: { url: 'http://127.0.0.1:8080/', requestsMax: 20 },
  secretFields: ['url', 'headers', 'body'],
  remedy: 'set a limit for this address in the proxy or the application, answering 429 with Retry-After',
  alone: true,

  recognise(item) {
    const words = allWordsOf(item)
    const claim = find(words, /\b(?:rate[- ]?limit(?:s|ing|er|ers)?|throttling|throttled)\b/i)
    const done = find(
      words,
      /\b(?:configured|enabled|active|works?|working|tested|effective|enforced|in place|applied|implemented|verified|returns? 429|prevents?|set up)\b|\b429\b/i,
    )
    if (!claim || !done) return null
    // Limits of others, their settings, and what is only watched, are not met by a burst at our own address.
    if (
      /\b(?:if|not|no|never|errors?|alerts?|monitor\w*|metrics?|violations?|quota|third[- ]party|providers?|external|upstream|document\w*|review|disabled|by[- ]?pass\w*|optional|functions|login attempts|retr(?:y|ies)|handl\w+|settings|SMTP|e-?mails?|config(?:uration)? file|values?)\b/i.test(
        words,
      )
    )
      return null
    const site = siteOf(item)
    if (!site) return null
    const requests = item.thresholds.find(
      ({ unit, value }) => /^(?:requests?|req)$/i.test(unit ?? '') && value !== null,
    )
    const requestsMax = requests?.value ? { requestsMax: Math.min(2000, Math.ceil(requests.value) + 1) } : {}
    return propose(
      site.sure ?? SURE.said,
      { url: site.url, ...requestsMax },
      [claim, done, ...site.quotes],
      site.remark,
    )
  },

  describe(options) {
    const parts = [
      `${listOf(options.status).join(' or ')} within ${plural(options.requestsMax, 'request')}`,
      options.requestsMin > 0 ? `not before ${options.requestsMin}` : '',
      options.retryAfter ? 'with Retry-After' : '',
      options.recoveryMsMax > 0 ? `letting in again within ${options.recoveryMsMax} ms` : '',
    ]
    return `burst of ${options.method} ${publicUrl(options.url)}: ${parts.filter(Boolean).join(', ')}`
  },

  run: (options, context) =>
    asking(options, context, async (ask) => {
      const burst = await send(options, ask, context.signal)
      const outcome = judge(options, burst) ?? (await recovered(options, burst, ask, context.signal))
      return withoutValues(outcome, secretsOf(options))
    }),
})

const requestOf = ({ url: address, method, headers, body }: Options): Parameters<Ask>[0] => ({
  url: address,
  method,
  headers,
  ...(body === undefined ? {} : { body }),
  bytesMax: 65_536,
})

/** Sends until one is limited, one gets no answer, or all were sent. */
async function send(options: Options, ask: Ask, signal: AbortSignal): Promise<Burst> {
  const burst: Burst = { sent: 0, counts: new Map(), before: 0, limited: null, problem: null }
  const all = Array.from({ length: options.requestsMax }, (_, index) => index)
  await inParallel(all, options.atOnceMax, async () => {
    if (burst.limited || burst.problem !== null || signal.aborted) return
    burst.sent++
    const { answer, problem } = await ask(requestOf(options))
    if (problem !== undefined) {
      burst.problem ??= problem
      return
    }
    burst.counts.set(answer.status, (burst.counts.get(answer.status) ?? 0) + 1)
    if (listOf(options.status).includes(answer.status)) burst.limited ??= answer
    else burst.before++
  })
  return burst
}

function evidenceOf(options: Options, burst: Burst): Required<Pick<Outcome, 'evidence' | 'measurements'>> {
  const retryAfter = burst.limited?.headers['retry-after']?.slice(0, 100) ?? null
  const limits = Object.entries(burst.limited?.headers ?? {})
    .filter(([name]) => /^(?:x-)?ratelimit/.test(name))
    .slice(0, 10)
    .map(([name, value]) => [name, value.slice(0, 100)])
  const answers = Object.fromEntries(burst.counts)
  const content = JSON.stringify({ sent: burst.sent, atOnceMax: options.atOnceMax, answers, retryAfter, limits })
  return {
    evidence: [{ name: 'burst', mediaType: 'application/json', content }],
    measurements: [
      { name: 'requests sent', value: burst.sent, unit: 'count' },
      { name: 'requests let through', value: burst.before, unit: 'count' },
    ],
  }
}

/** What the burst alone decides; null where it is left to what comes after. */
function judge(options: Options, burst: Burst): Outcome | null {
  const extra = evidenceOf(options, burst)
  const place = publicUrl(options.url)
  const { limited, sent, before } = burst
  if (!limited) {
    if (burst.problem !== null)
      return unverified(`${place}: ${burst.problem}, after ${plural(sent, 'request')}`, {
        ...extra,
        remedy: 'see that the address answers this machine',
      })
    const failing = [...burst.counts].find(([status]) => status >= 500)
    if (failing)
      return unverified(
        `${place} answered ${failing[0]} ${plural(failing[1], 'time')}, and never ${listOf(options.status).join(' or ')}`,
        {
          ...extra,
          remedy: 'if that is how it limits, let it answer 429, or name the status; else see what breaks',
        },
      )
    return failed(`${place}: none of ${plural(sent, 'request')} was limited`, extra)
  }
  if (before < options.requestsMin)
    return failed(`${place} let through ${plural(before, 'request')}, at least ${options.requestsMin} wanted`, extra)
  const header = limited.headers['retry-after']
  if (options.retryAfter && waitMs(header) === null)
    return failed(
      `${place} answered ${limited.status} ${header === undefined ? 'without Retry-After' : 'with a Retry-After that is neither seconds nor a date'}`,
      extra,
    )
  return null
}

/** Milliseconds to wait by a Retry-After header; null where it says none. */
function waitMs(header: string | undefined): number | null {
  if (header === undefined) return null
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1000
  const date = /^[A-Z][a-z]{2}, /.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now())
}

async function recovered(options: Options, burst: Burst, ask: Ask, signal: AbortSignal): Promise<Outcome> {
  const extra = evidenceOf(options, burst)
  const place = publicUrl(options.url)
  const { limited, before } = burst
  const seen = `${place} limits after ${plural(before, 'request')} (${limited?.status})`
  if (options.recoveryMsMax === 0) return passed(seen, extra)
  const saidMs = waitMs(limited?.headers['retry-after'])
  if (saidMs !== null && saidMs > options.recoveryMsMax)
    return failed(`${seen}, and says to come back in ${saidMs} ms, at most ${options.recoveryMsMax} ms wanted`, extra)
  const startedAt = performance.now()
  const everyMs = Math.max(100, options.recoveryMsMax / RECOVERY_LOOKS)
  await pause(saidMs ?? Math.min(everyMs, options.recoveryMsMax), signal)
  for (;;) {
    const { answer, problem } = await ask(requestOf(options))
    const recoveryMs = Math.round(performance.now() - startedAt)
    if (problem !== undefined) return unverified(`${seen}; then ${problem}`, extra)
    if (!listOf(options.status).includes(answer.status)) {
      const measurements = [...extra.measurements, { name: 'recovery time', value: recoveryMs, unit: 'ms' }]
      if (answer.status >= 500)
        return unverified(`${seen}; then it answered ${answer.status}`, { ...extra, measurements })
      return passed(`${seen}, and lets in again after ${recoveryMs} ms`, { ...extra, measurements })
    }
    if (recoveryMs + everyMs > options.recoveryMsMax || signal.aborted)
      return failed(`${seen}, and still does after ${recoveryMs} ms, at most ${options.recoveryMsMax} ms wanted`, extra)
    await pause(everyMs, signal)
  }
}
