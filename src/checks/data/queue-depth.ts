// How much waits in a queue, and for how long: a query, a Redis list, sorted set or stream, BullMQ, RabbitMQ.
import { z } from 'zod'
import { durationOption } from '../../lib/duration-option.ts'
import { formatDuration } from '../../lib/duration.ts'
import { messageOf } from '../../lib/errors.ts'
import { unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { publicUrl, timeoutMs, url } from '../fields.ts'
import { look } from '../look.ts'
import { conclude, measured, within, bad, good } from './findings.ts'
import { nothingFound, type QueueReading } from './queue/reading.ts'
import { askRedis } from './redis-session.ts'

const count = z.number().int().min(0).optional()
const name = z.string().min(1).optional()

const schema = z
  .strictObject({
    sqlite: name.describe('SQLite file to ask, with `query`'),
    postgres: url('postgres', 'postgresql').optional().describe('Postgres URL to ask, with `query`; a secret'),
    query: name.describe(
      'one SELECT that answers with one row: how many wait and, where `oldestMax` is given, for how many seconds the oldest has',
    ),
    redis: url('redis', 'rediss').optional().describe('Redis URL to ask; a secret'),
    list: name.describe('key of a Redis list that is the queue'),
    sortedSet: name.describe('key of a Redis sorted set that is the queue'),
    stream: name.describe('key of a Redis stream that is the queue'),
    group: name.describe(
      'consumer group of the stream: what it was not given yet and what it has not acknowledged counts',
    ),
    bullmq: name.describe('name of a BullMQ queue in Redis'),
    prefix: z.string().min(1).default('bull').describe('what the keys of BullMQ begin with'),
    rabbitmq: url('http', 'https')
      .optional()
      .describe('address of the management API of RabbitMQ, with user and password; a secret'),
    queue: name.describe('name of the queue in RabbitMQ'),
    vhost: z.string().min(1).default('/').describe('virtual host of the queue in RabbitMQ'),
    caFile: z.string().optional().describe('PEM file of a certificate authority to trust beside the usual ones'),
    depthMax: count.describe('how much may wait'),
    depthMin: count.describe('how much must wait at least'),
    oldestMax: durationOption.optional().describe('longest that the oldest may have waited, such as "5 min"'),
    failedMax: count.describe('of BullMQ: how many jobs may stand as failed'),
    delayedMax: count.describe('of BullMQ: how many jobs may be delayed'),
    consumersMin: count.describe(
      'how many consumers the queue must have: of a stream group, RabbitMQ, workers of BullMQ',
    ),
    paused: z.boolean().default(false).describe('of BullMQ: whether it may be paused'),
    timeoutMs: timeoutMs(10_000).describe('how long to wait for the answers'),
  })
  .superRefine((options, context) => {
    const wrong = problemOf(options)
    if (wrong) context.addIssue({ code: 'custom', message: wrong })
  })

export type Options = z.infer<typeof schema>

const PLACES = ['sqlite', 'postgres', 'redis', 'rabbitmq'] as const
const REDIS_QUEUES = ['list', 'sortedSet', 'stream', 'bullmq'] as const

function problemOf(options: { [K in keyof Options]?: unknown }): string | null {
  const given = (names: readonly (keyof Options)[]): number => names.filter((one) => options[one] !== undefined).length
  if (given(PLACES) !== 1) return `give one of ${PLACES.join(', ')}`
  if ((options.query !== undefined) !== (given(['sqlite', 'postgres']) === 1))
    return 'sqlite and postgres go with query'
  if (given(REDIS_QUEUES) !== (options.redis === undefined ? 0 : 1))
    return `redis goes with one of ${REDIS_QUEUES.join(', ')}`
  if (options.group !== undefined && options.stream === undefined) return 'group goes with stream'
  if ((options.queue !== undefined) !== (options.rabbitmq !== undefined)) return 'rabbitmq goes with queue'
  if (given(['failedMax', 'delayedMax']) > 0 && options.bullmq === undefined)
    return 'failedMax and delayedMax go with bullmq'
  if (given(['depthMax', 'depthMin', 'oldestMax', 'failedMax', 'delayedMax', 'consumersMin']) === 0)
    return 'give depthMax, or another bound'
  return null
}

export const queueDepth = defineCheck({
  id: 'queue-depth',
  summary: 'counts what waits in a queue (SQL, Redis, BullMQ, RabbitMQ), and how long the oldest has waited',
  options: schema,
  example: { redis: '${env:REDIS_URL}', bullmq: 'mails', depthMax: 100, failedMax: 0, oldestMax: '5 min' },
  failingExample: { sqlite: ':memory:', query: 'SELECT 5', depthMax: 4 },
  secretFields: ['postgres', 'redis', 'rabbitmq'],
  remedy: 'see that the consumers of the queue run and keep up, and what the failed jobs say',

  describe(options) {
    const { depthMax, depthMin, oldestMax, failedMax, delayedMax, consumersMin } = options
    const wanted = [
      depthMin === undefined ? '' : `at least ${depthMin} waiting`,
      depthMax === undefined ? '' : `at most ${depthMax} waiting`,
      oldestMax === undefined ? '' : `none for longer than ${formatDuration(oldestMax)}`,
      failedMax === undefined ? '' : `at most ${failedMax} failed`,
      delayedMax === undefined ? '' : `at most ${delayedMax} delayed`,
      consumersMin === undefined ? '' : `at least ${consumersMin} consumers`,
      options.bullmq === undefined || options.paused ? '' : 'not paused',
    ]
    return `${nameOf(options)} of ${placeOf(options)}: ${wanted.filter(Boolean).join(', ')}`
  },

  run: (options, context) =>
    look(context, async () => {
      const { redis } = options
      if (redis === undefined)
        try {
          return told(options, await readElsewhere(options, context))
        } catch (error) {
          return unreached(`${placeOf(options)}: ${messageOf(error)}`)
        }
      const { readRedisQueue } = await import('./queue/redis.ts')
      const place = { url: redis, timeoutMs: options.timeoutMs }
      return askRedis(
        place,
        context.signal,
        async (ask) => told(options, await readRedisQueue(options, ask)),
        unreached,
      )
    }),
})

const unreached = (words: string): Outcome =>
  unverified(words, {
    remedy: 'see that it can be reached from here, and that the queue and its place are named right',
  })

async function readElsewhere(options: Options, context: CheckContext): Promise<QueueReading> {
  if (options.rabbitmq !== undefined) return (await import('./queue/rabbitmq.ts')).readRabbitQueue(options, context)
  return (await import('./queue/sql.ts')).readSqlQueue(options, context)
}

function told(options: Options, reading: QueueReading): Outcome {
  const where = `${nameOf(options)} of ${placeOf(options)}`
  if (reading.missing) return unverified(`${where}: ${reading.missing}`)
  const { depthMin, depthMax, oldestMax, failedMax, delayedMax, consumersMin } = options
  const { depth, oldestMs, failed, delayed, consumers, isPaused } = { ...nothingFound, ...reading }
  const isEmpty = depth === 0
  const findings = [
    ...within('waiting', depth, { min: depthMin, max: depthMax }),
    ...(isEmpty && oldestMax !== undefined
      ? [good('nothing waits')]
      : within('the oldest has waited', oldestMs, { max: oldestMax }, formatDuration)),
    ...within('failed', failed, { max: failedMax }),
    ...within('delayed', delayed, { max: delayedMax }),
    ...within('consumers', consumers, { min: consumersMin }),
    ...(isPaused && !options.paused ? [bad('the queue is paused')] : []),
  ]
  return conclude(where, findings, {
    measurements: [
      ...measured('waiting', depth, 'count'),
      ...measured('oldest waiting', oldestMs, 'ms'),
      ...measured('failed', failed, 'count'),
      ...measured('delayed', delayed, 'count'),
      ...measured('consumers', consumers, 'count'),
    ],
    evidence: [{ name: 'queue', mediaType: 'application/json', content: JSON.stringify(reading) }],
  })
}

function nameOf(options: Options): string {
  const { query, list, sortedSet, stream, group, bullmq, queue } = options
  if (query !== undefined) return query.replace(/\s+/g, ' ')
  if (group !== undefined) return `group ${group} of stream ${stream}`
  if (bullmq !== undefined) return `BullMQ queue ${bullmq}`
  return list === undefined ? String(stream ?? sortedSet ?? `queue ${queue}`) : `list ${list}`
}

function placeOf({ sqlite, postgres, redis, rabbitmq }: Options): string {
  return sqlite ?? publicUrl(postgres ?? redis ?? rabbitmq ?? '')
}
