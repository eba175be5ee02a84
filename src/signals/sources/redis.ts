// Source `redis`: lengths of queues and sets, counters and figures of Redis itself.
import { z } from 'zod'
import { loadRedis, type LoadRedis } from '../../lib/redis-client.ts'
import { messageOf } from '../../lib/errors.ts'
import { publicUrl, url } from '../../lib/url-option.ts'
import type { Sample } from '../../plan/signal.ts'
import { everyMs, numberOf, scale, signalName, timeoutMs, unit } from '../signal-fields.ts'
import { defineSource, type Source, type SourceContext } from '../source.ts'
import { fillVersion, isPerVersion, versionsOfRelease } from '../version-names.ts'

const key = (what: string) => z.string().min(1).optional().describe(what)

const READINGS = {
  llen: 'Key of a list: how long it is',
  zcard: 'Key of a sorted set: how many members',
  scard: 'Key of a set: how many members',
  xlen: 'Key of a stream: how many entries',
  hlen: 'Key of a hash: how many fields',
  get: 'Key of a text that is a number',
  info: 'Field of INFO, as `connected_clients`',
} as const

type Reading = keyof typeof READINGS

const NAMES = Object.keys(READINGS) as Reading[]

const asked = z
  .strictObject({
    llen: key(READINGS.llen),
    zcard: key(READINGS.zcard),
    scard: key(READINGS.scard),
    xlen: key(READINGS.xlen),
    hlen: key(READINGS.hlen),
    get: key(READINGS.get),
    info: key(READINGS.info),
    unit,
    scale,
  })
  .refine((given) => NAMES.filter((name) => given[name] !== undefined).length === 1, `give one of ${NAMES.join(', ')}`)

const options = z.strictObject({
  url: url('redis', 'rediss').default('redis://127.0.0.1:6379').describe('Redis URL; a secret'),
  signals: z
    .record(signalName, asked)
    .refine((signals) => Object.keys(signals).length > 0, 'names no signal')
    .describe('Signals by name; a key may have `{{version}}` in it'),
  everyMs: everyMs(2000),
  timeoutMs: timeoutMs(1500),
})

type Options = z.output<typeof options>
type Asked = z.output<typeof asked>

export const redis = defineSource<Options>({
  id: 'redis',
  summary: 'Depth of queues, sizes of sets, counters and figures of Redis itself',
  options,
  example: {
    url: 'redis://cache.internal:6379',
    signals: { 'queue-depth': { llen: 'jobs:{{version}}' }, memory: { info: 'used_memory', unit: 'bytes' } },
  },
  failingExample: { signals: { 'queue-depth': { llen: 'jobs', get: 'jobs' } } },
  secretFields: ['url'],
  signals: (given) => Object.keys(given.signals),
  describe: (given) => `${Object.keys(given.signals).join(', ')} of ${publicUrl(given.url)} every ${given.everyMs} ms`,
  create: (given, context) => createRedisSource(given, context, loadRedis),
})

/** One number to be read: of a version, or of the service (null). */
interface Wanted {
  signal: string
  version: string | null
  asked: Asked
  reading: Reading
  /** Key, or field of INFO. */
  name: string
}

/** A source with the client library that `load` gives. */
export function createRedisSource(given: Options, context: SourceContext, load: LoadRedis): Source {
  const place = publicUrl(given.url)

  async function sample(now: number, signal: AbortSignal): Promise<Sample[]> {
    const wanted = wantedOf(given, versionsOfRelease(context.versions()))
    const sampleOf = (one: Wanted, value: number | null, detail?: string): Sample => ({
      signal: one.signal,
      version: one.version,
      at: now,
      value: value === null ? null : value * one.asked.scale,
      unit: one.asked.unit,
      observations: null,
      ...(detail === undefined ? {} : { detail }),
    })
    try {
      const library = await load()
      if (!library) throw new Error('the Redis client is not installed: npm install redis, where gonogo is installed')
      const answers = await read(library, given, wanted, signal)
      return wanted.map((one, index) => {
        const answer = answers[index]
        if (answer instanceof Error) return sampleOf(one, null, answer.message)
        const value = numberOf(answer)
        const why = answer === null ? `there is no ${one.name}` : `${one.name} is no number`
        return value === null ? sampleOf(one, null, why) : sampleOf(one, value)
      })
    } catch (error) {
      const why = signal.aborted ? `no answer within ${given.timeoutMs} ms` : messageOf(error)
      return wanted.map((one) => sampleOf(one, null, `${place}: ${why}`))
    }
  }

  return { sample, everyMs: given.everyMs, timeoutMs: given.timeoutMs }
}

function wantedOf(given: Options, versions: readonly string[]): Wanted[] {
  return Object.entries(given.signals).flatMap(([signal, one]): Wanted[] => {
    const reading = NAMES.find((name) => one[name] !== undefined) ?? 'get'
    const name = one[reading] ?? ''
    if (!isPerVersion(name)) return [{ signal, version: null, asked: one, reading, name }]
    return versions.map((version) => ({ signal, version, asked: one, reading, name: fillVersion(name, version) }))
  })
}

/**
 * All answers in one connection, in the order of what is wanted; an Error is one that Redis gave to this command.
 * @throws Error when Redis cannot be asked at all.
 */
async function read(
  library: typeof import('redis'),
  given: Options,
  wanted: readonly Wanted[],
  signal: AbortSignal,
): Promise<unknown[]> {
  const client = library.createClient({
    url: given.url,
    disableOfflineQueue: true,
    socket: { connectTimeout: given.timeoutMs, socketTimeout: given.timeoutMs, reconnectStrategy: false },
  })
  // The same error also rejects the call that was under way.
  client.on('error', () => {})
  const late = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(new Error('cancelled'))
    signal.addEventListener('abort', () => reject(new Error('cancelled')), { once: true })
  })
  const work = async (): Promise<unknown[]> => {
    await client.connect()
    const info = wanted.some(({ reading }) => reading === 'info') ? String(await client.info()) : ''
    return Promise.all(
      wanted.map(async ({ reading, name }) => {
        if (reading === 'info') return infoField(info, name)
        return client.sendCommand([reading.toUpperCase(), name]).catch((error: unknown) => new Error(messageOf(error)))
      }),
    )
  }
  try {
    return await Promise.race([work(), late])
  } finally {
    if (client.isOpen) client.destroy()
  }
}

function infoField(info: string, name: string): string | null {
  const line = info.split(/\r?\n/).find((candidate) => candidate.startsWith(`${name}:`))
  return line === undefined ? null : line.slice(name.length + 1)
}
