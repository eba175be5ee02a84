// What a name resolves to, asked of name servers (not of the hosts file): records, how long they may be kept, and whether all agree.
import { Resolver } from 'node:dns/promises'
import type { AnyRecord, CaaRecord, MxRecord, SrvRecord } from 'node:dns'
import { z } from 'zod'
import { withDeadline } from '../../lib/deadline.ts'
import { codeOf, messageOf } from '../../lib/errors.ts'
import { excerpt } from '../../lib/excerpt.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { find, hostsOf, propose, sentenceOf, SURE } from '../words.ts'
import { askTtl, type Ttl } from './dns/ttl.ts'

const RESOLVERS_MAX = 20

const schema = z.strictObject({
  name: z.string().min(1).describe('name to resolve'),
  type: z.enum(['A', 'AAAA', 'CNAME', 'MX', 'NS', 'TXT', 'SRV', 'CAA']).default('A').describe('record type'),
  records: z
    .array(z.string())
    .default([])
    .describe(
      'records that must be among the answer, as "203.0.113.7", MX "10 mail.shop.test", SRV "0 5 443 app.shop.test", CAA "0 issue ca.test"; none: any record will do',
    ),
  exact: z.boolean().default(false).describe('whether other records than these are wrong'),
  servers: z
    .array(z.string())
    .default([])
    .describe('name servers to ask, as "10.0.0.2" or "10.0.0.2:5353"; none: the system\'s own'),
  resolvers: z
    .array(z.string())
    .max(RESOLVERS_MAX)
    .default([])
    .describe('name servers that must all give the same records, as "10.0.0.2:53": whether a change has spread'),
  ttlSecondsMax: z
    .number()
    .nonnegative()
    .optional()
    .describe(
      'longest time others may keep the record, asked of `servers` or of those of the zone: to be lowered before a move',
    ),
  timeoutMs: timeoutMs(5000).describe('how long to wait for an answer'),
})

type Options = z.infer<typeof schema>

/** The name server answered, and there is no such name or record. */
const NO_RECORD = new Set(['ENOTFOUND', 'ENODATA', 'ENONAME'])

export const dns = defineCheck({
  id: 'dns',
  summary: 'resolves a name and compares the records, their TTL, and what several resolvers say',
  options: schema,
  example: { name: 'shop.internal', type: 'A', records: ['10.1.2.3'] },
  failingExample: { name: 'no-such-name.invalid' },
  secretFields: [],
  remedy: 'correct the record at the DNS provider and wait for its TTL to pass',

  recognise(item) {
    const sentence = sentenceOf(item)
    const claim = find(
      sentence,
      /\b(?:DNS|resolv\w+(?: to)?|(?:A|AAAA|CNAME|MX|TXT|NS) records?|CNAME|points? to|nslookup|dig)\b/,
    )
    // Asked of a name server of its own.
    if (item.commands.some(({ script }) => /(?:^|\s)@\S/.test(script))) return null
    const [name, target, ...others] = hostsOf(item)
    if (!claim || !name || others.length > 0) return null
    if (
      /\b(?:configure|create|add|update|change|switch|ttl|not|if|certificates?|registered|renew\w*)\b/i.test(sentence)
    )
      return null
    const alias = /\bCNAME\b/.test(sentence)
    if (target && !alias) return null
    const address = find(sentence, /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/)
    if (alias)
      return propose(SURE.said, { name, type: 'CNAME', ...(target ? { records: [target] } : {}) }, [claim, name])
    const type = /\b(AAAA|MX|TXT|NS) records?\b/.exec(sentence)?.[1]
    const records = address ? { records: [address] } : {}
    return propose(SURE.said, { name, ...(type ? { type } : records) }, [claim, name])
  },

  describe(options) {
    const wanted =
      options.records.length > 0
        ? `${options.exact ? 'is exactly' : 'contains'} ${options.records.join(', ')}`
        : 'exists'
    const parts = [
      `${options.type} record of ${options.name} ${wanted}`,
      options.resolvers.length > 0 ? `the same from ${options.resolvers.join(', ')}` : '',
      options.ttlSecondsMax === undefined ? '' : `TTL at most ${options.ttlSecondsMax} s`,
    ]
    return parts.filter(Boolean).join(', ')
  },

  run: (options, context) =>
    look(context, async () => {
      const { servers, resolvers } = options
      const asked =
        resolvers.length === 0 || servers.length > 0
          ? [servers, ...resolvers.map((one) => [one])]
          : resolvers.map((one) => [one])
      const replies = await Promise.all(asked.map((places) => ask(options, places, context.signal)))
      const outcome = judge(options, replies)
      return options.ttlSecondsMax === undefined || outcome.status !== 'passed'
        ? outcome
        : judgeTtl(options, outcome, await askTtl(options, withDeadline(options.timeoutMs, context.signal)))
    }),
})

/** What one name server, or a list that stands in for each other, came to. */
type Reply = { from: string } & (
  | { records: string[]; problem?: never }
  | { records?: never; problem: string; isSure: boolean }
)

async function ask(options: Options, places: readonly string[], signal: AbortSignal): Promise<Reply> {
  const from = places.join(', ')
  // One attempt, all the time for it: the library would otherwise spend the time on four.
  const resolver = new Resolver({ timeout: options.timeoutMs, tries: 1 })
  const cancel = (): void => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    if (places.length > 0) resolver.setServers(places)
    return { from, records: (await recordsFor(resolver, options)).toSorted() }
  } catch (error) {
    return NO_RECORD.has(codeOf(error) ?? '')
      ? { from, problem: 'no such record', isSure: true }
      : { from, problem: `the name server gave no answer (${messageOf(error)})`, isSure: false }
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

async function recordsFor(resolver: Resolver, { name, type }: Options): Promise<string[]> {
  const answer = (await resolver.resolve(name, type)) as (
    | string
    | string[]
    | MxRecord
    | SrvRecord
    | CaaRecord
    | AnyRecord
  )[]
  return answer.map((record) => {
    if (typeof record === 'string') return normalise(record, type)
    if (Array.isArray(record)) return record.join('')
    if ('exchange' in record) return normalise(`${record.priority} ${record.exchange}`, type)
    if ('critical' in record) {
      const [tag, value] = Object.entries(record).find(([key]) => key !== 'critical' && key !== 'type') ?? []
      return normalise(`${record.critical} ${tag} ${String(value)}`, type)
    }
    const { priority, weight, port, name: target } = record as SrvRecord
    return normalise(`${priority} ${weight} ${port} ${target}`, type)
  })
}

function judge(options: Options, replies: readonly Reply[]): Outcome {
  const question = `${options.type} of ${options.name}`
  const content = JSON.stringify(replies, null, 1).slice(0, 16_384)
  const evidence = [{ name: 'records', mediaType: 'application/json' as const, content }]
  const isOne = replies.length === 1
  const named = (reply: Reply, text: string): string => (isOne ? text : `${reply.from || 'the system'}: ${text}`)
  const missing = replies.flatMap((reply) =>
    reply.problem !== undefined && reply.isSure ? [named(reply, reply.problem)] : [],
  )
  if (missing.length > 0)
    return failed(`${question}: ${missing.join('; ')}`, { evidence, remedy: 'create the record or correct the name' })
  const answered = replies.flatMap((reply) => (reply.records ? [{ ...reply, records: reply.records }] : []))
  const seen = `${question} is ${shown(answered[0]?.records ?? [])}`
  const wrong = answered.flatMap((reply) => complaints(options, reply.records).map((text) => named(reply, text)))
  const [first, ...others] = answered
  const strays = others.filter(({ records }) => first && shown(records) !== shown(first.records))
  const apart = strays.map((reply) => `${reply.from} says ${shown(reply.records)}`)
  if (first && wrong.length + apart.length > 0)
    return failed(`${isOne ? seen : `${seen} at ${first.from || 'the system'}`}: ${[...wrong, ...apart].join('; ')}`, {
      evidence,
    })
  const silent = replies.flatMap((reply) => (reply.problem === undefined ? [] : [named(reply, reply.problem)]))
  if (silent.length > 0)
    return unverified(`${question}: ${silent.join('; ')}`, {
      evidence,
      remedy: 'see that the name server can be reached',
    })
  return passed(isOne ? seen : `${seen}, as ${plural(replies.length, 'name server')} say`, { evidence })
}

const shown = (records: readonly string[]): string => excerpt(records.join(', '), 500)

function complaints(options: Options, found: readonly string[]): string[] {
  const wanted = options.records.map((record) => normalise(record, options.type))
  const surplus = options.exact ? found.filter((record) => !wanted.includes(record)) : []
  return [
    ...wanted.filter((record) => !found.includes(record)).map((record) => `${record} is missing`),
    ...surplus.map((record) => `${record} should not be there`),
  ]
}

function judgeTtl(options: Options, { summary, evidence }: Outcome, ttl: Ttl): Outcome {
  if (ttl.problem !== undefined)
    return unverified(`${summary}; its TTL is not known: ${ttl.problem}`, {
      evidence,
      remedy: 'name a name server of the zone in `servers`',
    })
  const { ttlSeconds, isWhole } = ttl
  const extra = { evidence, measurements: [{ name: 'TTL', value: ttlSeconds, unit: 's' }] }
  const max = options.ttlSecondsMax ?? 0
  // What is left of it in a cache is never more than the whole.
  if (ttlSeconds > max)
    return failed(`${summary}; TTL ${ttlSeconds} s, at most ${max} s wanted`, {
      ...extra,
      remedy: 'lower the TTL of the record at the DNS provider, and wait for the old one to pass',
    })
  return isWhole
    ? passed(`${summary}; TTL ${ttlSeconds} s`, extra)
    : unverified(`${summary}; ${ttlSeconds} s are left of its TTL in a cache, which says nothing of the whole`, {
        ...extra,
        remedy: 'name a name server of the zone in `servers`',
      })
}

/** Names are compared without case and without the final dot; TXT as it is. */
function normalise(record: string, type: Options['type']): string {
  return type === 'TXT' ? record : record.trim().toLowerCase().replace(/\.$/, '')
}
