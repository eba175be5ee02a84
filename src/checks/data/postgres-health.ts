// Whether Postgres answers and is well: version, role, connections, long transactions, waiting sessions, replication, size, settings.
import { z } from 'zod'
import { messageOf } from '../../lib/errors.ts'
import { formatDuration } from '../../lib/duration.ts'
import { durationOption } from '../../lib/duration-option.ts'
import { formatSize } from '../../lib/size.ts'
import { failed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type Recognise } from '../check.ts'
import { publicUrl, sizeBytes } from '../fields.ts'
import { look } from '../look.ts'
import { find, isPlaceholder, propose, sentenceOf, SURE } from '../words.ts'
import { atLeastVersion, bad, conclude, good, measured, unknown, within, type Finding } from './findings.ts'
import { isRefused, postgresFields, withPostgres, type Ask } from './postgres-session.ts'
import { readServer, type ServerReading } from './postgres-server.ts'

const version = z.string().regex(/^\d+(?:\.\d+){0,3}$/, 'not a version like "15" or "15.4"')

const schema = z.strictObject({
  url: postgresFields.url,
  versionMin: version.optional().describe('oldest version that is right, such as "15" or "15.4"'),
  role: z
    .enum(['primary', 'replica', 'any'])
    .default('primary')
    .describe('primary: it takes writes; replica: it is in recovery'),
  connectionsPercentMax: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe('connections in use as a share of max_connections, at most'),
  transactionTimeMax: durationOption.optional().describe('longest that a transaction may be open, such as "5 min"'),
  waitingMax: z.number().int().min(0).optional().describe('how many sessions may wait for a lock of another'),
  replicasMin: z.number().int().min(1).optional().describe('of a primary: how many replicas must be streaming'),
  replicationLagMax: durationOption
    .optional()
    .describe('furthest a replica may be behind in time: of a primary each that is connected, of a replica itself'),
  replicationLagBytesMax: sizeBytes.optional().describe('furthest a replica may be behind in bytes of log'),
  databaseSizeMax: sizeBytes.optional().describe('largest size of the database that the url names'),
  extensions: z
    .record(z.string(), version.or(z.literal('any')))
    .default({})
    .describe('extensions that must be created in the database, with the oldest version that is right, or any'),
  settings: z
    .record(z.string(), z.string())
    .default({})
    .describe('settings and the values they must have, as SHOW writes them: { wal_level: replica }'),
  timeoutMs: postgresFields.timeoutMs,
})

type Options = z.infer<typeof schema>

export const postgresHealth = defineCheck({
  id: 'postgres-health',
  summary: 'judges version, role, connections, transactions, locks, replication and settings of a Postgres server',
  options: schema,
  example: { url: '${env:DATABASE_URL}', versionMin: '14', connectionsPercentMax: 80, replicationLagMax: '10 s' },
  failingExample: { url: 'postgres://127.0.0.1:1/app' },
  secretFields: ['url'],
  remedy: 'see what is named in pg_stat_activity, pg_locks and pg_stat_replication, and the log of the server',
  recognise,

  describe(options) {
    const { connectionsPercentMax, transactionTimeMax, waitingMax, replicasMin, replicationLagMax } = options
    const { replicationLagBytesMax, databaseSizeMax, extensions, settings } = options
    const wanted = [
      options.versionMin === undefined ? '' : `version at least ${options.versionMin}`,
      options.role === 'any' ? '' : `is a ${options.role}`,
      connectionsPercentMax === undefined ? '' : `connections at most ${connectionsPercentMax} %`,
      transactionTimeMax === undefined ? '' : `no transaction open longer than ${formatDuration(transactionTimeMax)}`,
      waitingMax === undefined ? '' : `at most ${waitingMax} waiting for locks`,
      replicasMin === undefined ? '' : `at least ${replicasMin} streaming`,
      replicationLagMax === undefined ? '' : `replicas at most ${formatDuration(replicationLagMax)} behind`,
      replicationLagBytesMax === undefined ? '' : `replicas at most ${formatSize(replicationLagBytesMax)} behind`,
      databaseSizeMax === undefined ? '' : `database at most ${formatSize(databaseSizeMax)}`,
      ...Object.entries(extensions).map(([name, oldest]) => `extension ${name}${oldest === 'any' ? '' : ` ${oldest}`}`),
      ...Object.entries(settings).map(([name, value]) => `${name} is ${value}`),
    ]
    return `ask Postgres at ${publicUrl(options.url)}: ${wanted.filter(Boolean).join(', ') || 'it answers'}`
  },

  run: (options, context) =>
    look(context, async () => {
      try {
        return await withPostgres(options, context.signal, (ask) => judge(options, ask))
      } catch (error) {
        const words = `${publicUrl(options.url)}: ${messageOf(error)}`
        if (isRefused(error))
          return unverified(words, { remedy: 'see user, password and database of the url, and pg_hba.conf' })
        return failed(words, { remedy: 'see that Postgres runs there and that this machine may reach it' })
      }
    }),
})

async function judge(options: Options, ask: Ask): Promise<Outcome> {
  const wantsReplication =
    options.replicasMin !== undefined ||
    options.replicationLagMax !== undefined ||
    options.replicationLagBytesMax !== undefined
  const reading = await readServer(ask, { wantsReplication, extensions: Object.keys(options.extensions) })
  if (!reading) return unverified(`${publicUrl(options.url)} does not say which version of Postgres it is`)
  const { connections, connectionsMax, transactionMs, waiting, sizeBytes: size } = reading
  const percent = connectionsMax ? Math.round((connections / connectionsMax) * 1000) / 10 : null
  const hidden = transactionMs === null && !reading.seesAll
  const findings: Finding[] = [
    good(`Postgres ${reading.version} answers`),
    ...atLeastVersion('Postgres', reading.version, options.versionMin),
    ...roleFinding(options.role, reading.isReplica),
    ...within('connections', percent, { max: options.connectionsPercentMax }, (value) => `${value} %`),
    ...(options.transactionTimeMax !== undefined && hidden
      ? [unknown('transactions of other users are hidden from this user, which is not in pg_monitor')]
      : within('longest transaction', transactionMs, { max: options.transactionTimeMax }, formatDuration)),
    ...within('sessions waiting for a lock', waiting, { max: options.waitingMax }),
    ...within('database', size, { max: options.databaseSizeMax }, formatSize),
    ...replicationFindings(options, reading),
    ...extensionFindings(options.extensions, reading.extensions),
    ...(await settingFindings(options.settings, ask)),
  ]
  return conclude(publicUrl(options.url), findings, {
    measurements: [
      ...measured('connections', connections, 'count'),
      ...measured('connections used', percent, 'percent'),
      ...measured('longest transaction', transactionMs, 'ms'),
      ...measured('sessions waiting for a lock', waiting, 'count'),
      ...measured('database size', size, 'bytes'),
      ...measured('replication lag', largest(reading.replication?.map(({ lagMs }) => lagMs)), 'ms'),
      ...measured('replication lag in bytes', largest(reading.replication?.map(({ lagBytes }) => lagBytes)), 'bytes'),
    ],
    evidence: [{ name: 'server', mediaType: 'application/json', content: JSON.stringify(reading, null, 2) }],
    ...(hidden ? { remedy: 'GRANT pg_monitor to the user that the url names' } : {}),
  })
}

/** Null where there is none, or where one of them is not known. */
function largest(values: (number | null)[] = []): number | null {
  return values.reduce(
    (most, value) => (most === null || value === null ? null : Math.max(most, value)),
    values[0] ?? null,
  )
}

function roleFinding(role: Options['role'], isReplica: boolean): Finding[] {
  if (role === 'any') return []
  const is = isReplica ? 'it is in recovery (a replica)' : 'it is a primary'
  return [isReplica === (role === 'replica') ? good(is) : bad(`${is}, a ${role} wanted`)]
}

function replicationFindings(options: Options, { replication, isReplica }: ServerReading): Finding[] {
  if (!replication) return []
  const { replicasMin, replicationLagMax, replicationLagBytesMax } = options
  const streaming = replication.filter(({ state }) => state === 'streaming').length
  const count = isReplica ? [] : within('replicas streaming', streaming, { min: replicasMin })
  if (replicationLagMax === undefined && replicationLagBytesMax === undefined) return count
  if (replication.length === 0) return [...count, unknown('no replica is connected whose lag could be told')]
  const lags = replication.flatMap(({ name, lagMs, lagBytes }) => [
    ...within(`lag of ${name}`, lagMs, { max: replicationLagMax }, formatDuration),
    ...within(`lag of ${name}`, lagBytes, { max: replicationLagBytesMax }, formatSize),
  ])
  return [...count, ...lags]
}

function extensionFindings(wanted: Options['extensions'], found: Readonly<Record<string, string>>): Finding[] {
  return Object.entries(wanted).flatMap(([name, oldest]) => {
    const have = found[name]
    if (have === undefined) return [bad(`extension ${name} is not created`)]
    return oldest === 'any' ? [good(`extension ${name} ${have}`)] : atLeastVersion(`extension ${name}`, have, oldest)
  })
}

async function settingFindings(wanted: Options['settings'], ask: Ask): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const [name, value] of Object.entries(wanted)) {
    const have = (await ask('SELECT current_setting($1, true) AS value', [name]))[0]?.value ?? null
    if (have === null) findings.push(unknown(`there is no setting ${name}`))
    else findings.push(have === value ? good(`${name} is ${have}`) : bad(`${name} is ${have}, ${value} wanted`))
  }
  return findings
}

/** A claim that Postgres is there; what else may be said of it (tuned, backed up, about to be set up) is another thing. */
function recognise(item: Parameters<Recognise>[0]): ReturnType<Recognise> {
  const sentence = sentenceOf(item)
  const claim = find(
    sentence,
    /\bpg_isready\b|\bpostgres(?:ql)?\b(?: (?:database|server|instance|primary))?(?: at \S+)?(?:\s+\d+\+)?(?:\s+(?:is|are))?\s+(?:up\b|running|reachable|healthy|accessible|available|online|operational|respond(?:s|ing)|accepting connections)\b/i,
  )
  const otherwise =
    /\b(?:not|if|unless|fail\w*|alerts?|monitor\w*|stop\w*|restart\w*|replicas?|standby|staging|only from|backups?|install\w*|port)\b/i
  if (!claim || otherwise.test(sentence)) return null
  const oldest = /\bpostgres(?:ql)?\s+v?(\d{1,2}(?:\.\d{1,2})?)(?:\+| or (?:later|newer|above))/i.exec(sentence)?.[1]
  const rest = oldest ? { versionMin: oldest } : {}
  const address = find(sentence, /postgres(?:ql)?:\/\/[^\s`"'<>)\]]+/i)
  if (address && (isPlaceholder(address) || !URL.canParse(address))) return null
  if (address) return propose(SURE.named, { url: address, ...rest }, [claim])
  const variable = /\$\{?([A-Z][A-Z0-9_]*(?:URL|URI|DSN))\}?/.exec(sentence)?.[1]
  if (variable) return propose(SURE.said, { url: `\${env:${variable}}`, ...rest }, [claim, variable])
  return propose(
    SURE.assumed,
    { url: '${env:DATABASE_URL}', ...rest },
    [claim],
    'the address is taken from DATABASE_URL',
  )
}
