// Postgres at a tenth of the reference size: the eight rules against one obvious query each, backups, and kills at random moments.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { validate } from '../src/consistency/validate.ts'
import { backupOf, shopOf, startDoing } from '../src/backups/postgres/fixture.ts'
import type { Database } from '../src/databases/database.ts'
import { postgres } from '../src/databases/postgres.ts'
import { installPostgres, startPostgres, type PostgresServer } from '../test/servers/postgres.ts'
import { loadDataset, OBVIOUS, referenceRules } from './data/postgres-dataset.ts'
import type { Dataset } from './data/dataset.ts'
import { median, type Bench, type BenchOptions, type Measure } from './result.ts'

const signal = AbortSignal.timeout(14_400_000)
const SCAN = [
  'SELECT sum(id) AS n FROM entities',
  'SELECT sum(confidence) AS n FROM relationships',
  'SELECT sum(weight) AS n FROM evidence',
]

export const bench: Bench = {
  name: 'data-postgres',
  summary: 'Postgres: eight rules on 100k / 1M / 1.2M rows against one query a rule, backups with proof, 100 kills',
  async run(options) {
    const bin = installPostgres()
    if (!bin) return { measures: [], notes: ["SKIPPED: needs Debian's postgresql, which could not be installed"] }
    const server = await startPostgres(bin, { fsync: 'on', shared_buffers: '512MB', max_wal_size: '4GB' })
    const directory = mkdtempSync(join(tmpdir(), 'gonogo-bench-postgres-'))
    try {
      options.progress('making the data')
      const dataset = await loadDataset(server, 'reference', options.quick ? 0.02 : 0.1)
      return {
        measures: [
          ...(await rules(server, dataset, options)),
          ...(await backups(server, directory, options)),
          ...(await kills(server, directory, options)),
        ],
        notes: NOTES,
      }
    } finally {
      await server.stop()
      rmSync(directory, { recursive: true, force: true })
    }
  },
}

const NOTES = [
  'rules: all eight with counts and the first 20 keys each; obvious: NOT IN, NOT EXISTS and a subquery a row, counts only, on the same connection with the same settings, indexes there',
  'rounds are interleaved, ratios are of pairs; scan: one column of each table summed, warm',
  'a kill is SIGKILL to gonogo alone: pg_dump and pg_restore live on, and what they leave must go all the same',
]

async function rules(server: PostgresServer, { planted }: Dataset, { progress }: BenchOptions): Promise<Measure[]> {
  const database = postgres.create(postgres.options.parse({ url: server.urlOf('reference') }), { directory: '/' })
  const times = { one: [] as number[], two: [] as number[], obvious: [] as number[], scan: [] as number[] }
  let wrong = 0
  await ask(database, SCAN)
  for (let round = 0; round < 3; round++) {
    progress(`rules, round ${round + 1}`)
    times.scan.push(await timed(() => ask(database, SCAN)))
    for (const [name, workers] of [
      ['two', 2],
      ['one', 1],
    ] as const)
      times[name].push(
        await timed(async () => {
          const { results } = await validate(database, referenceRules(), { signal, workers })
          for (const { rule, count, certainty } of results)
            if (certainty !== 'exact' || count !== planted[rule as keyof typeof planted]) wrong++
        }),
      )
    times.obvious.push(
      await timed(async () => {
        const counts = await ask(database, Object.values(OBVIOUS))
        for (const [index, rule] of Object.keys(OBVIOUS).entries())
          if (counts[index] !== planted[rule as keyof typeof planted]) wrong++
      }),
    )
  }
  const paired = (a: readonly number[], b: readonly number[]): number =>
    median(a.map((value, index) => value / (b[index] ?? Number.NaN)))
  const seconds = (of: readonly number[]): number => median(of) / 1000
  return [
    { what: 'counts other than planted', measured: wrong, unit: 'counts', target: { atMost: 0 } },
    {
      what: 'all rules, 2 connections on one snapshot',
      measured: seconds(times.two),
      unit: 's',
      peer: { name: 'one obvious query a rule', measured: seconds(times.obvious) },
      pairedRatio: paired(times.two, times.obvious),
      target: { atMost: 1 },
    },
    {
      what: 'the same',
      measured: seconds(times.two),
      unit: 's',
      peer: { name: '1 connection', measured: seconds(times.one) },
      pairedRatio: paired(times.two, times.one),
      target: { atMost: 1 },
    },
    {
      what: 'the same',
      measured: seconds(times.two),
      unit: 's',
      peer: { name: 'scan', measured: seconds(times.scan) },
      pairedRatio: paired(times.two, times.scan),
    },
  ]
}

async function ask(database: Database, queries: readonly string[]): Promise<unknown[]> {
  return database.snapshot(1, signal, async ({ sessions: [session] }) => {
    const values: unknown[] = []
    for (const sql of queries) values.push((await session?.all({ sql, parameters: [] }))?.[0]?.n)
    return values
  })
}

async function backups(
  server: PostgresServer,
  directory: string,
  { quick, progress }: BenchOptions,
): Promise<Measure[]> {
  const [size] = await server.ask(`SELECT pg_database_size('reference') AS n`)
  const gigabytes = Number(size?.n) / 1e9
  const backup = backupOf({ url: server.urlOf('reference'), keep: 1 }, mkdtempSync(join(directory, 'copies-')))
  const times = { create: [] as number[], verify: [] as number[], restore: [] as number[] }
  let bytes = 0
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    progress(`backup, round ${round + 1}`)
    times.create.push(await timed(async () => ({ bytes } = await backup.create(signal))))
    const [manifest] = await backup.list()
    if (!manifest?.verified) throw new Error('the copy was not proved')
    times.verify.push(
      await timed(async () => {
        const { ok, summary } = await backup.verify(manifest, signal)
        if (!ok) throw new Error(summary)
      }),
    )
    times.restore.push(await timed(() => backup.restore(manifest, { skipValidation: false, signal })))
    for (const { datname } of await server.ask(
      `SELECT datname FROM pg_database WHERE datname LIKE 'reference%replaced%'`,
    ))
      await server.ask(`DROP DATABASE "${datname}"`)
  }
  const perGigabyte = (of: readonly number[]): number => median(of) / 1000 / gigabytes
  return [
    {
      what: 'size of the copy',
      measured: bytes / 1e6,
      unit: 'MB',
      peer: { name: 'database', measured: gigabytes * 1000 },
    },
    { what: 'backup, proved by restoring', measured: perGigabyte(times.create), unit: 's/GB' },
    { what: 'verifying again', measured: perGigabyte(times.verify), unit: 's/GB' },
    { what: 'restore', measured: perGigabyte(times.restore), unit: 's/GB' },
  ]
}

/** Undisturbed times first, so that moments are drawn evenly over them. */
async function kills(server: PostgresServer, directory: string, { quick, progress }: BenchOptions): Promise<Measure[]> {
  await server.ask('CREATE DATABASE shop')
  await server.ask(shopOf(20_000), 'shop')
  const options = { url: server.urlOf('shop'), keep: 1000 }
  const copies = mkdtempSync(join(directory, 'kills-'))
  const backup = backupOf(options, copies)
  const manifest = await backup.create(signal)
  const content = async (): Promise<string> =>
    String(
      Object.values(
        (
          await server.ask(
            `SELECT (SELECT sum(hashtext(o::text)) FROM orders AS o) || ' ' || (SELECT sum(hashtext(l::text)) FROM lines AS l) || ' ' || (SELECT sum(hashtext(c::text)) FROM customers AS c) AS content`,
            'shop',
          )
        )[0] ?? {},
      )[0],
    )
  const old = await content()
  const change = `UPDATE orders SET note = 'changed'`
  await server.ask(change, 'shop')
  const changed = await content()
  const database = postgres.create(postgres.options.parse({ url: server.urlOf('shop') }), { directory: '/' })

  const wholeMs: Record<string, number> = {}
  const kinds = ['create', 'verify', 'restore'] as const
  for (const what of kinds) {
    const at = performance.now()
    if ((await startDoing(what, options, copies, manifest).exited) !== 0) throw new Error(`${what} failed undisturbed`)
    wholeMs[what] = performance.now() - at
    if (what === 'restore') await server.ask(change, 'shop')
  }
  let neither = 0
  let broken = 0
  let cutShort = 0
  let restored = 0
  const rounds = quick ? 12 : 102
  for (let round = 0; round < rounds; round++) {
    if (round % 10 === 0) progress(`kill ${round + 1} of ${rounds}`)
    const what = kinds[round % 3] ?? 'create'
    const { child, exited } = startDoing(what, options, copies, manifest)
    await sleep(Math.random() * (wholeMs[what] ?? 0))
    child.kill('SIGKILL')
    if ((await exited) === null) cutShort++
    const found = await content()
    if (found !== old && found !== changed) neither++
    if ((await database.integrity(signal)).length > 0) broken++
    if (found !== old) continue
    restored++
    await server.ask(change, 'shop')
    for (const { datname } of await server.ask(`SELECT datname FROM pg_database WHERE datname LIKE 'shop_replaced%'`))
      await server.ask(`DROP DATABASE "${datname}"`)
  }
  // A killed pg_dump may still write: the backup after the next finds what is left of it.
  for (let times = 0; times < 2; times++) await backup.create(signal)
  const left = await server.ask(`SELECT datname FROM pg_database WHERE datname ~ '^gonogo_'`)
  const files = readdirSync(copies).filter((name) => name.startsWith('.unfinished'))
  return [
    {
      what: `kills of ${rounds} that cut something short`,
      measured: cutShort,
      unit: 'kills',
      target: { atLeast: Math.floor(rounds * 0.6) },
    },
    { what: 'database neither as before nor as after', measured: neither, unit: 'times', target: { atMost: 0 } },
    { what: 'integrity broken', measured: broken, unit: 'times', target: { atMost: 0 } },
    { what: 'restores that had happened when killed', measured: restored, unit: 'times' },
    {
      what: 'left over after the next backups',
      measured: left.length + files.length,
      unit: 'databases and files',
      target: { atMost: 0 },
    },
  ]
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const at = performance.now()
  await work()
  return performance.now() - at
}
