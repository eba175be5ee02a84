// Whether Redis answers PING, how fast, and how full its memory is.
import { z } from 'zod'
import type { AskRedis, LoadRedis } from '../../lib/redis-client.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { publicUrl, timeoutMs, url } from '../fields.ts'
import { look } from '../look.ts'
import { allWordsOf, find, isPlaceholder, propose, SURE } from '../words.ts'
import { askRedis, fieldsOf, numberIn } from './redis-session.ts'

const PINGS = 5
const LOCAL = 'redis://127.0.0.1:6379'

const schema = z.strictObject({
  url: url('redis', 'rediss').default(LOCAL).describe('Redis URL; a secret'),
  latencyMsMax: z.number().positive().optional().describe(`longest time of a PING, median of ${PINGS}`),
  memoryPercentMax: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe("used memory as a share of Redis' own maxmemory, at most"),
  timeoutMs: timeoutMs(5000).describe('how long to wait for the answers'),
})

type Options = z.infer<typeof schema>

/** `redis-cli -h cache.internal -p 6380 ping`, or host and port in the words; null without. */
function addressOf(words: string): string | null {
  const [, host, port = '6379'] = /\bredis-cli\s+-h\s+([\w.-]+)(?:\s+-p\s+(\d{2,5}))?\s+ping\b/i.exec(words) ?? []
  if (host) return `redis://${host}:${port}`
  const written = /(?<![\w/:.-])([a-z0-9][\w.-]*:\d{4,5})\b/i.exec(words)?.[1]
  return written ? `redis://${written}` : null
}

interface Reading {
  latencyMs: number
  /** Bytes; null where it was not asked for. `maxBytes` 0: no limit is set. */
  memory: { usedBytes: number; maxBytes: number } | null
}

export const redisPing = defineCheck({
  id: 'redis-ping',
  summary: 'pings Redis and judges latency and memory',
  options: schema,
  example: { url: 'redis://cache.internal:6379', latencyMsMax: 20, memoryPercentMax: 80 },
  failingExample: { url: 'redis://127.0.0.1:1' },
  secretFields: ['url'],
  remedy: 'see that Redis runs and that this machine may reach it',
  needs: 'the npm package redis',

  recognise(item) {
    const words = allWordsOf(item)
    const claim = find(
      words,
      /\bredis\b[^\n]{0,40}?\b(?:connect(?:ed|s|ivity|ion)?|ping|reach\w*|respond\w*|running|healthy|accessible|available|online|operational|up)\b|\bredis-cli\b[^\n]*\bping\b/i,
    )
    const otherwise =
      /\b(?:fail\w*|errors?|lost|settings?|parameters?|pool\w*|strings?|limits?|alerts?|monitor\w*|if|not|failover|sessions?|keys|cluster|sentinel)\b/i
    if (!claim || otherwise.test(words)) return null
    const address = find(words, /rediss?:\/\/[^\s`"'<>)\]]+/i) ?? addressOf(words)
    if (address && (isPlaceholder(address) || !URL.canParse(address))) return null
    return address
      ? propose(SURE.named, { url: address }, [claim])
      : propose(SURE.assumed, { url: LOCAL }, [claim], `no address in the words: ${LOCAL} is assumed`)
  },

  describe(options) {
    const latency = options.latencyMsMax === undefined ? '' : `, within ${options.latencyMsMax} ms`
    const memory = options.memoryPercentMax === undefined ? '' : `, memory at most ${options.memoryPercentMax} %`
    return `PING ${publicUrl(options.url)}${latency}${memory}`
  },

  run: (options, context) => look(context, () => pingRedis(options, context.signal)),
})

/** Pings and judges, with the client library that `load` gives. */
export function pingRedis(options: Options, signal: AbortSignal, load?: LoadRedis): Promise<Outcome> {
  const work = async (ask: AskRedis): Promise<Outcome> => judge(options, await read(ask, options))
  return askRedis(options, signal, work, (words) => failed(words), load)
}

async function read(ask: AskRedis, options: Options): Promise<Reading> {
  const pingsMs: number[] = []
  for (let ping = 0; ping < PINGS; ping++) {
    const startedAt = performance.now()
    await ask('PING')
    pingsMs.push(performance.now() - startedAt)
  }
  const info = options.memoryPercentMax === undefined ? null : fieldsOf(await ask('INFO', 'memory'))
  const latencyMs = pingsMs.toSorted((a, b) => a - b)[Math.floor(PINGS / 2)] ?? 0
  const bytes = (name: string): number => numberIn(info?.get(name)) ?? Number.NaN
  return {
    latencyMs: Math.round(latencyMs * 100) / 100,
    memory: info === null ? null : { usedBytes: bytes('used_memory'), maxBytes: bytes('maxmemory') },
  }
}

function judge(options: Options, { latencyMs, memory }: Reading): Outcome {
  const seen = `${publicUrl(options.url)} answered PING in ${latencyMs} ms`
  const measurements = [{ name: 'latency', value: latencyMs, unit: 'ms' }]
  if (options.latencyMsMax !== undefined && latencyMs > options.latencyMsMax)
    return failed(`${seen}, at most ${options.latencyMsMax} ms wanted`, { measurements })
  if (options.memoryPercentMax === undefined || memory === null) return passed(seen, { measurements })
  const percent = Math.round((memory.usedBytes / memory.maxBytes) * 1000) / 10
  if (!Number.isFinite(percent))
    return unverified(`${seen}; it has no maxmemory to take a percentage of`, {
      measurements,
      remedy: 'set maxmemory in the configuration of Redis',
    })
  measurements.push({ name: 'memory', value: percent, unit: 'percent' })
  return percent > options.memoryPercentMax
    ? failed(`${seen}; memory ${percent} %, at most ${options.memoryPercentMax} % wanted`, { measurements })
    : passed(`${seen}; memory ${percent} %`, { measurements })
}
