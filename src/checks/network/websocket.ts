// A WebSocket handshake, and where asked for a message with its answer and a ping.
import { z } from 'zod'
import { withDeadline } from '../../lib/deadline.ts'
import { messageOf } from '../../lib/errors.ts'
import { excerpt } from '../../lib/excerpt.ts'
import { trustOptions } from '../../lib/trust.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { pattern, publicUrl, timeoutMs, url } from '../fields.ts'
import { look } from '../look.ts'
import { allWordsOf, find, propose, SURE } from '../words.ts'
import { siteOf } from './addresses.ts'
import { caFile, requestHeaders, secretsOf, without, withoutValues } from './asking.ts'
import { boundedMatch } from './bounded-match.ts'
import { converse, type Conversation } from './websocket/conversation.ts'

const schema = z.strictObject({
  url: url('ws', 'wss', 'http', 'https').describe('address; http and https stand for ws and wss'),
  headers: requestHeaders,
  origin: z.string().optional().describe('Origin to send, where the server lets in only its own'),
  protocols: z
    .array(z.string().min(1))
    .default([])
    .describe('subprotocols to offer; the server must choose one of them'),
  message: z.string().optional().describe('text to send once the connection stands'),
  answerContains: z.string().optional().describe('text that one of the messages received must contain'),
  answerMatches: pattern.optional().describe('regular expression that one of the messages received must match'),
  ping: z.boolean().default(false).describe('whether a ping must be answered'),
  responseTimeMsMax: z.number().positive().optional().describe('longest time until all of that is there'),
  caFile,
  timeoutMs: timeoutMs(10_000).describe('how long to wait for all of that'),
})

type Options = z.infer<typeof schema>

export const websocket = defineCheck({
  id: 'websocket',
  summary: 'opens a WebSocket, sends a message and waits for its answer, pings',
  options: schema,
  example: { url: 'wss://shop.internal/live', message: '{"type":"hello"}', answerContains: 'welcome', ping: true },
  failingExample: { url: 'ws://127.0.0.1:1/live' },
  secretFields: ['url', 'headers', 'message'],
  remedy: 'see that the service runs and that every proxy on the way passes on Upgrade and Connection',

  recognise(item) {
    const words = allWordsOf(item)
    const claim = find(words, /\bweb ?sockets?\b(?: (?:connections?|endpoint|server|handshake))?|\bwss?:\/\/(?=\S)/i)
    const done = find(
      words,
      /\b(?:works?|working|connects?|connected|reachable|accessible|open(?:s|ed)?|established|establish|accepts?|responds?|answers?|up|available|healthy|succeeds|upgrades?)\b/i,
    )
    if (!claim || !done) return null
    if (
      /\b(?:if|not|no|never|errors?|drop(?:s|ped)?|reconnect\w*|monitor\w*|count|metrics?|token|disconnect\w*|close[sd]?|headers?|auto-?scal\w*|sticky|events?)\b/i.test(
        words,
      )
    )
      return null
    // A socket without a path of its own may be anywhere on the site.
    const site = siteOf(item, 'wss')
    if (!site || site.sure === SURE.assumed) return null
    return propose(site.remark ? SURE.said : SURE.named, { url: site.url }, [claim, done, ...site.quotes], site.remark)
  },

  describe(options) {
    const parts = [
      options.message === undefined ? '' : 'a message is sent',
      options.answerContains === undefined ? '' : `an answer contains ${JSON.stringify(options.answerContains)}`,
      options.answerMatches === undefined ? '' : `an answer matches ${options.answerMatches}`,
      options.ping ? 'a ping is answered' : '',
      options.responseTimeMsMax === undefined ? '' : `within ${options.responseTimeMsMax} ms`,
    ]
    return [`WebSocket ${publicUrl(addressOf(options))} opens`, ...parts.filter(Boolean)].join(', ')
  },

  run: (options, context) =>
    look(context, async () => {
      let trust: ReturnType<typeof trustOptions>
      try {
        trust = trustOptions(options.caFile, context.directory)
      } catch (error) {
        return unverified(`certificate authority: ${messageOf(error)}`, { remedy: 'correct the path in caFile' })
      }
      const { message, ping, protocols, origin } = options
      const headers = { ...(origin === undefined ? {} : { origin }), ...options.headers }
      const address = addressOf(options)
      let isTooSlow = false
      const isAnswer = async (text: string): Promise<boolean> => {
        if (!text.includes(options.answerContains ?? '')) return false
        const found = options.answerMatches === undefined ? [] : await boundedMatch(options.answerMatches, text)
        isTooSlow ||= found === 'too-slow'
        return found !== null && found !== 'too-slow'
      }
      const conversation = await converse(
        { url: address, headers, protocols, ping, ...trust, ...(message === undefined ? {} : { message }) },
        wantsAnswer(options) ? isAnswer : null,
        withDeadline(options.timeoutMs, context.signal),
      )
      const secrets = secretsOf({ url: address, headers, body: message })
      const outcome = withoutValues(judge(options, conversation, without(secrets)), secrets)
      return isTooSlow && outcome.status === 'failed'
        ? unverified(`${publicUrl(address)}: the pattern takes too long on what was received`, outcome)
        : outcome
    }),
})

/** WebSocket schemes are http's under other names. */
const addressOf = (options: Options): string => options.url.replace(/^http/, 'ws')

const wantsAnswer = ({ answerContains, answerMatches }: Options): boolean =>
  answerContains !== undefined || answerMatches !== undefined

function judge(options: Options, seen: Conversation, clean: (text: string) => string): Outcome {
  const place = publicUrl(addressOf(options))
  const timeMs = Math.round(seen.timeMs * 10) / 10
  const content = [
    seen.status === null ? 'no handshake' : `handshake ${seen.status}`,
    ...(seen.protocol ? [`subprotocol ${seen.protocol}`] : []),
    ...seen.messages.map((text) => `received: ${excerpt(clean(text), 1000)}`),
    ...(seen.ponged ? ['pong'] : []),
    ...(seen.problem === null ? [] : [seen.problem]),
  ].join('\n')
  const extra = {
    measurements: seen.opened ? [{ name: 'response time', value: timeMs, unit: 'ms' }] : [],
    evidence: [{ name: 'conversation', mediaType: 'text/plain' as const, content: excerpt(content) }],
  }
  if (!seen.opened) {
    const why =
      seen.status === null ? (seen.problem ?? 'no answer') : `the handshake was answered ${seen.status}, not 101`
    return failed(`${place}: ${late(seen, options) ?? why}`, extra)
  }
  const missing = [
    wantsAnswer(options) && !seen.answered ? 'the answer that is wanted' : '',
    options.ping && !seen.ponged ? 'the answer to a ping' : '',
  ].filter(Boolean)
  if (missing.length > 0) {
    const why = late(seen, options) ?? seen.problem ?? 'the connection ended'
    return failed(`${place} opened, but ${missing.join(' and ')} did not come: ${why}`, extra)
  }
  return options.responseTimeMsMax !== undefined && timeMs > options.responseTimeMsMax
    ? failed(`${place} took ${timeMs} ms, at most ${options.responseTimeMsMax} ms wanted`, extra)
    : passed(`${place} opened${wantsAnswer(options) ? ' and answered' : ''} in ${timeMs} ms`, extra)
}

const late = (seen: Conversation, options: Options): string | null =>
  seen.ended === 'late' ? `not within ${options.timeoutMs} ms` : null
