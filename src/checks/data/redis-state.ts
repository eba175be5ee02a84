// What state Redis is in: what it saves and when it last did, its replicas, its memory and keys, its settings.
import { z } from 'zod'
import { durationOption } from '../../lib/duration-option.ts'
import { formatDuration } from '../../lib/duration.ts'
import type { AskRedis } from '../../lib/redis-client.ts'
import { formatSize } from '../../lib/size.ts'
import { failed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type Recognise } from '../check.ts'
import { publicUrl, sizeBytes, timeoutMs, url } from '../fields.ts'
import { look } from '../look.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { atLeastVersion, bad, conclude, good, measured, unknown, within, type Finding } from './findings.ts'
import { persistenceFindings, readRedis, replicationFindings, type RedisReading } from './redis-reading.ts'
import { askRedis } from './redis-session.ts'

const LOCAL = 'redis://127.0.0.1:6379'
const percent = z.number().min(0).max(100).optional()
const count = z.number().int().min(0).optional()

const schema = z.strictObject({
  url: url('redis', 'rediss').default(LOCAL).describe('Redis URL; a secret'),
  versionMin: z
    .string()
    .regex(/^\d+(?:\.\d+){0,3}$/, 'not a version like "7" or "7.2"')
    .optional()
    .describe('oldest version that is right, such as "7" or "7.2"'),
  role: z.enum(['primary', 'replica']).optional().describe('which of both it must be'),
  persistence: z
    .enum(['rdb', 'aof', 'any', 'none'])
    .optional()
    .describe(
      'what must be on, with its last write done well: rdb snapshots, the append-only file, either, or nothing',
    ),
  saveAgeMax: durationOption
    .optional()
    .describe('oldest the last snapshot may be, such as "1 h", unless nothing was written since'),
  replicasMin: z.number().int().min(1).optional().describe('of a primary: how many replicas must be online'),
  replicationLagMax: durationOption
    .optional()
    .describe('longest since a replica was last heard from (of a replica: since it heard from its primary)'),
  replicationLagBytesMax: sizeBytes.optional().describe('most that a replica of this primary may be behind, in bytes'),
  memoryPercentMax: percent.describe('used memory as a share of maxmemory, at most'),
  memoryMax: sizeBytes.optional().describe('most memory it may use'),
  clientsPercentMax: percent.describe('connected clients as a share of maxclients, at most'),
  evictedKeysMax: count.describe('how many keys may have been evicted for want of memory since it was started'),
  hitPercentMin: percent.describe('least share of the reads since it was started that found their key'),
  keysMin: count.describe('fewest keys there may be, in all databases together'),
  keysMax: count.describe('most keys there may be, in all databases together'),
  clusterOk: z.boolean().default(false).describe('whether it must be part of a cluster whose state is ok'),
  config: z
    .record(z.string().regex(/^[\w-]+$/, 'not the name of a setting'), z.string())
    .default({})
    .describe('settings and the values they must have, as CONFIG GET writes them: { maxmemory-policy: noeviction }'),
  timeoutMs: timeoutMs(5000).describe('how long to wait for the answers'),
})

type Options = z.infer<typeof schema>

export const redisState = defineCheck({
  id: 'redis-state',
  summary: 'judges persistence, replication, memory, keys and settings of a Redis server',
  options: schema,
  example: {
    url: '${env:REDIS_URL}',
    persistence: 'aof',
    replicasMin: 1,
    config: { 'maxmemory-policy': 'noeviction' },
  },
  failingExample: { url: 'redis://127.0.0.1:1', persistence: 'any' },
  secretFields: ['url'],
  remedy: 'see redis-cli INFO, and the log of the server',
  needs: 'the npm package redis',
  recognise,

  describe: (options) => `state of Redis at ${publicUrl(options.url)}: ${wantedOf(options).join(', ') || 'it answers'}`,

  run: (options, context) =>
    look(context, () =>
      askRedis(
        options,
        context.signal,
        (ask) => judge(options, ask),
        (words) => failed(words, { remedy: 'see that Redis runs and that this machine may reach it' }),
      ),
    ),
})

function wantedOf(options: Options): string[] {
  const { saveAgeMax, replicationLagMax, replicationLagBytesMax, memoryMax, keysMin, keysMax, config } = options
  const said = (value: unknown, words: string): string => (value === undefined ? '' : words)
  return [
    said(options.versionMin, `version at least ${options.versionMin}`),
    said(options.role, `is a ${options.role}`),
    said(options.persistence, `persistence ${options.persistence}`),
    saveAgeMax === undefined ? '' : `saved within ${formatDuration(saveAgeMax)}`,
    said(options.replicasMin, `at least ${options.replicasMin} replicas`),
    replicationLagMax === undefined ? '' : `replication lag at most ${formatDuration(replicationLagMax)}`,
    replicationLagBytesMax === undefined ? '' : `replication lag at most ${formatSize(replicationLagBytesMax)}`,
    said(options.memoryPercentMax, `memory at most ${options.memoryPercentMax} %`),
    memoryMax === undefined ? '' : `memory at most ${formatSize(memoryMax)}`,
    said(options.clientsPercentMax, `clients at most ${options.clientsPercentMax} %`),
    said(options.evictedKeysMax, `at most ${options.evictedKeysMax} keys evicted`),
    said(options.hitPercentMin, `at least ${options.hitPercentMin} % of reads find their key`),
    said(keysMin, `at least ${keysMin} keys`),
    said(keysMax, `at most ${keysMax} keys`),
    options.clusterOk ? 'its cluster is ok' : '',
    ...Object.entries(config).map(([name, value]) => `${name} is ${value}`),
  ].filter(Boolean)
}

async function judge(options: Options, ask: AskRedis): Promise<Outcome> {
  const place = publicUrl(options.url)
  const reading = await readRedis(ask)
  if (!reading) return unverified(`${place} does not say which version of Redis it is`)
  const { usedBytes, usedPercent, clientsPercent, keys, hitPercent, evictedKeys } = reading
  const share = (value: number): string => `${value} %`
  const findings: Finding[] = [
    good(`Redis ${reading.version} answers`),
    ...atLeastVersion('Redis', reading.version, options.versionMin),
    ...roleFinding(options.role, reading.role),
    ...persistenceFindings(options, reading),
    ...replicationFindings(options, reading),
    ...within('memory', usedPercent, { max: options.memoryPercentMax }, share),
    ...within('memory', usedBytes, { max: options.memoryMax }, formatSize),
    ...within('clients', clientsPercent, { max: options.clientsPercentMax }, share),
    ...within('evicted keys', evictedKeys, { max: options.evictedKeysMax }),
    ...within('hits', hitPercent, { min: options.hitPercentMin }, share),
    ...within('keys', keys, { min: options.keysMin, max: options.keysMax }),
    ...(options.clusterOk ? [await clusterFinding(reading, ask)] : []),
    ...(await configFindings(options.config, ask)),
  ]
  return conclude(place, findings, {
    measurements: [
      ...measured('memory', usedBytes, 'bytes'),
      ...measured('memory used', usedPercent, 'percent'),
      ...measured('keys', keys, 'count'),
      ...measured('evicted keys', evictedKeys, 'count'),
      ...measured('hits', hitPercent, 'percent'),
    ],
    evidence: [{ name: 'state', mediaType: 'application/json', content: JSON.stringify(reading, null, 2) }],
    ...(usedPercent === null && options.memoryPercentMax !== undefined
      ? { remedy: 'set maxmemory in the configuration of Redis' }
      : {}),
  })
}

function roleFinding(wanted: Options['role'], role: RedisReading['role']): Finding[] {
  if (wanted === undefined) return []
  if (role === null) return [unknown('it does not say whether it is a primary')]
  return [role === wanted ? good(`it is a ${role}`) : bad(`it is a ${role}, a ${wanted} wanted`)]
}

async function clusterFinding({ isCluster }: RedisReading, ask: AskRedis): Promise<Finding> {
  if (!isCluster) return bad('it is not part of a cluster')
  const state = /^cluster_state:(\w+)/m.exec(String(await ask('CLUSTER', 'INFO')))?.[1]
  if (state === undefined) return unknown('the state of the cluster is not known')
  return state === 'ok' ? good('the cluster is ok') : bad(`the cluster is in state ${state}`)
}

async function configFindings(wanted: Options['config'], ask: AskRedis): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const [name, value] of Object.entries(wanted)) {
    const answer = await ask('CONFIG', 'GET', name).catch((error: unknown) => error)
    const have = Array.isArray(answer) && answer.length === 2 && answer[0] === name ? answer[1] : null
    if (typeof have !== 'string') findings.push(unknown(`the setting ${name} is not told`))
    else if (/pass|auth|user/i.test(name))
      findings.push(have === value ? good(`${name} is as wanted`) : bad(`${name} is another`))
    else
      findings.push(
        have === value
          ? good(`${name} is ${have || 'empty'}`)
          : bad(`${name} is ${have || 'empty'}, ${value || 'empty'} wanted`),
      )
  }
  return findings
}

/** Persistence or replication of Redis, said to be on. */
function recognise(item: Parameters<Recognise>[0]): ReturnType<Recognise> {
  const sentence = sentenceOf(item)
  if (!/\bredis\b/i.test(sentence)) return null
  const otherwise =
    /\b(?:not|no|if|unless|fail\w*|alerts?|monitor\w*|tested|document\w*|consider\w*|configure\b|enable\b|staging|vs|or)\b/i
  if (otherwise.test(sentence)) return null
  const kept = find(
    sentence,
    /\b(?:persistence|AOF|append-?only(?: file)?|RDB(?: snapshots?)?)\b(?: is| are)?\s+(?:enabled|on|active|configured)\b/i,
  )
  const copied = find(
    sentence,
    /\b(?:replication|replicas?)\b(?: is| are)?\s+(?:healthy|working|online|connected|in sync|up)\b/i,
  )
  const policy =
    /\bmaxmemory-policy\b[^\w]{0,4}(?:is |set to |= ?)?[`"']?(noeviction|(?:allkeys|volatile)-(?:lru|lfu|random|ttl))\b/i.exec(
      sentence,
    )
  const persistence = kept && /AOF|append/i.test(kept) ? 'aof' : kept && /RDB/i.test(kept) ? 'rdb' : 'any'
  const options = {
    ...(kept ? { persistence } : {}),
    ...(copied ? { replicasMin: 1 } : {}),
    ...(policy?.[1] ? { config: { 'maxmemory-policy': policy[1].toLowerCase() } } : {}),
  }
  const quotes = [kept, copied, policy?.[1] ?? null].filter((quote) => quote !== null)
  return quotes.length > 0
    ? propose(SURE.assumed, { url: LOCAL, ...options }, quotes, `no address in the words: ${LOCAL} is assumed`)
    : null
}
