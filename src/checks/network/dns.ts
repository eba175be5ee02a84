// What a name resolves to, asked of a name server (not of the hosts file).
import { Resolver } from 'node:dns/promises'
import type { AnyRecord, CaaRecord, MxRecord, SrvRecord } from 'node:dns'
import { z } from 'zod'
import { codeOf, messageOf } from '../../lib/errors.ts'
import { failed, passed, unverified } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { find, hostsOf, propose, sentenceOf, SURE } from '../words.ts'

const schema = z.strictObject({
  name: z.string().min(1).describe('name to resolve'),
  type: z.enum(['A', 'AAAA', 'CNAME', 'MX', 'NS', 'TXT', 'SRV']).default('A').describe('record type'),
  records: z
    .array(z.string())
    .default([])
    .describe(
      'records that must be among the answer, as "203.0.113.7", MX "10 mail.shop.test", SRV "0 5 443 app.shop.test"; none: any record will do',
    ),
  exact: z.boolean().default(false).describe('whether other records than these are wrong'),
  servers: z
    .array(z.string())
    .default([])
    .describe('name servers to ask, as "10.0.0.2" or "10.0.0.2:5353"; none: the system\'s own'),
  timeoutMs: timeoutMs(5000).describe('how long to wait for an answer'),
})

type Options = z.infer<typeof schema>

/** The name server answered, and there is no such name or record. */
const NO_RECORD = new Set(['ENOTFOUND', 'ENODATA', 'ENONAME'])

export const dns = defineCheck({
  id: 'dns',
  summary: 'resolves a name and compares the records',
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
    return `${options.type} record of ${options.name} ${wanted}`
  },

  run: (options, context) =>
    look(context, async () => {
      // One attempt, all the time for it: the library would otherwise spend the time on four.
      const resolver = new Resolver({ timeout: options.timeoutMs, tries: 1 })
      const cancel = (): void => resolver.cancel()
      context.signal.addEventListener('abort', cancel, { once: true })
      const question = `${options.type} of ${options.name}`
      try {
        if (options.servers.length > 0) resolver.setServers(options.servers)
        return judge(options, await askFor(resolver, options))
      } catch (error) {
        if (NO_RECORD.has(codeOf(error) ?? ''))
          return failed(`${question}: no such record`, { remedy: 'create the record or correct the name' })
        return unverified(`${question}: the name server gave no answer (${messageOf(error)})`, {
          remedy: 'see that the name server can be reached',
        })
      } finally {
        context.signal.removeEventListener('abort', cancel)
      }
    }),
})

async function askFor(resolver: Resolver, { name, type }: Options): Promise<string[]> {
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
    const { priority, weight, port, name: target } = record as SrvRecord
    return normalise(`${priority} ${weight} ${port} ${target}`, type)
  })
}

function judge(options: Options, found: string[]) {
  const wanted = options.records.map((record) => normalise(record, options.type))
  const missing = wanted.filter((record) => !found.includes(record))
  const surplus = options.exact ? found.filter((record) => !wanted.includes(record)) : []
  const evidence = [{ name: 'records', mediaType: 'application/json' as const, content: JSON.stringify(found) }]
  const seen = `${options.type} of ${options.name} is ${found.join(', ')}`
  const wrong = [
    ...missing.map((record) => `${record} is missing`),
    ...surplus.map((record) => `${record} should not be there`),
  ]
  return wrong.length > 0 ? failed(`${seen}: ${wrong.join('; ')}`, { evidence }) : passed(seen, { evidence })
}

/** Names are compared without case and without the final dot; TXT as it is. */
function normalise(record: string, type: Options['type']): string {
  return type === 'TXT' ? record : record.trim().toLowerCase().replace(/\.$/, '')
}
