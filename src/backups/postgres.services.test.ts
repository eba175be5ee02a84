// Against a real Postgres: copies of one moment while others write, proved by restoring; restores that happen whole or not at all.
import { execFile, spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { installPostgres, PASSWORD, startPostgres, type PostgresServer } from '../../test/servers/postgres.ts'
import { pause, poll } from '../lib/deadline.ts'
import { OutsideError } from '../lib/errors.ts'
import type { Backup, BackupContext, CopyValidation } from './backup.ts'
import { backupOf, shopOf, startDoing } from './postgres/fixture.ts'

const bin = installPostgres()
if (!bin)
  console.warn("SKIPPED: backups/postgres.services.test.ts needs Debian's postgresql, which could not be installed")

const signal = AbortSignal.timeout(280_000)

describe.skipIf(!bin)('backups of Postgres', () => {
  let server: PostgresServer
  let directory = ''

  beforeAll(async () => {
    server = await startPostgres(String(bin))
  })
  afterAll(() => server?.stop())
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "gonogo backup's-"))
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
    for (const { datname } of await server.ask(`SELECT datname FROM pg_database WHERE datname ~ '^(shop|gonogo)'`))
      await server.ask(`DROP DATABASE "${datname}" WITH (FORCE)`)
    await server.ask('CREATE DATABASE shop')
    await server.ask(shopOf(500), 'shop')
  })

  const open = (options: Record<string, unknown> = {}, context: Partial<BackupContext> = {}): Backup =>
    backupOf({ url: server.urlOf('shop'), ...options }, directory, context)
  const one = async (sql: string, database = 'shop'): Promise<string | null | undefined> =>
    Object.values((await server.ask(sql, database))[0] ?? {})[0]
  const ours = async (): Promise<(string | null | undefined)[]> =>
    (await server.ask(`SELECT datname FROM pg_database WHERE datname ~ 'gonogo|replaced' ORDER BY 1`)).map(
      ({ datname }) => datname,
    )
  const content = (database = 'shop'): Promise<string | null | undefined> =>
    one(
      `SELECT md5(string_agg(line, ',' ORDER BY line)) FROM (SELECT o::text AS line FROM orders AS o UNION ALL SELECT l::text FROM lines AS l UNION ALL SELECT c::text FROM customers AS c) AS x`,
      database,
    )
  const outsideErrorOf = async (work: Promise<unknown>): Promise<OutsideError> => {
    const error = await work.then(
      () => null,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(OutsideError)
    expect(JSON.stringify([(error as OutsideError).toLine()])).not.toContain(PASSWORD)
    return error as OutsideError
  }
  const ROWS = { customers: 100, orders: 500, lines: 1250, 'audit.entries': 2 }

  it('takes a copy, proves it by restoring it, says where it is from, and leaves nothing else', async () => {
    const manifest = await open().create(signal)
    expect(manifest).toMatchObject({
      kind: 'postgres',
      source: `127.0.0.1:${server.port}/shop`,
      rows: ROWS,
      verified: { method: 'restored into scratch: 1,852 rows in 4 tables' },
      identity: {
        host: '127.0.0.1',
        port: server.port,
        database: 'shop',
        systemIdentifier: expect.stringMatching(/^\d{10,}$/),
      },
      tools: { pg_dump: expect.any(String), postgres: expect.any(String), gonogo: expect.any(String) },
    })
    expect(readdirSync(directory).toSorted()).toEqual([`${manifest.id}.pgdump`, `${manifest.id}.pgdump.manifest.json`])
    const sums = spawnSync('sh', ['-c', 'for f in $(ls | LC_ALL=C sort); do sha256sum "$f"; done | sha256sum'], {
      cwd: manifest.file,
      encoding: 'utf8',
    })
    expect(sums.stdout.slice(0, 64)).toBe(manifest.sha256)
    expect(
      JSON.stringify(readdirSync(manifest.file).map((file) => readFileSync(join(manifest.file, file), 'latin1'))),
    ).not.toContain(PASSWORD)
    expect(await open().list()).toMatchObject([{ id: manifest.id }])
    expect(await open().verify(manifest, signal)).toEqual({
      ok: true,
      summary: 'restored into scratch: 1,852 rows in 4 tables as recorded, SHA-256 matches',
    })
    expect(await ours()).toEqual([])
  })

  it('is of one moment while others write: sums that always hold, hold in the copy', async () => {
    await server.ask(
      `CREATE TABLE steps (n int PRIMARY KEY); CREATE TABLE total (n int); INSERT INTO total VALUES (0)`,
      'shop',
    )
    const stop = new AbortController()
    const writer = (async () => {
      const client = new Client({ connectionString: server.urlOf('shop') })
      client.on('error', () => {})
      await client.connect()
      while (!stop.signal.aborted)
        await client.query('BEGIN; UPDATE total SET n = n + 1; INSERT INTO steps SELECT n FROM total; COMMIT')
      await client.end()
    })()
    const backup = open()
    try {
      const first = await backup.create(signal)
      const second = await backup.create(signal)
      expect(second.rows.steps).toBeGreaterThan(Number(first.rows.steps))
      stop.abort()
      await writer
      for (const manifest of [first, second]) {
        await backup.restore(manifest, { skipValidation: false, signal })
        expect(await one('SELECT (SELECT count(*) FROM steps) = (SELECT n FROM total)')).toBe('t')
        expect(await one('SELECT count(*) FROM steps')).toBe(String(manifest.rows.steps))
      }
    } finally {
      stop.abort()
    }
  })

  it('finds a copy that was changed, cut short or lost', async () => {
    const backup = open()
    const manifest = await backup.create(signal)
    const toc = join(manifest.file, 'toc.dat')
    appendFileSync(toc, 'x')
    expect(await backup.verify(manifest, signal)).toMatchObject({
      ok: false,
      summary: expect.stringContaining('were recorded'),
    })
    expect((await outsideErrorOf(backup.restore(manifest, { skipValidation: false, signal }))).message).toContain(
      'were recorded',
    )
    rmSync(toc)
    const before = await content()
    await outsideErrorOf(backup.restore(manifest, { skipValidation: true, signal }))
    rmSync(manifest.file, { recursive: true })
    expect(await backup.list()).toEqual([])
    expect((await outsideErrorOf(backup.restore(manifest, { skipValidation: false, signal }))).message).toContain(
      'is gone',
    )
    expect(await content()).toBe(before)
    expect(await ours()).toEqual([])
  })

  it('runs the rules on the restored copy and compares them when it is verified again', async () => {
    const asked: string[] = []
    let broken = 2
    const validate = async (copy: string): Promise<CopyValidation> => {
      asked.push(new URL(copy).pathname)
      const client = new Client({ connectionString: copy })
      await client.connect()
      const { rows } = await client.query('SELECT count(*)::int AS n FROM orders')
      await client.end()
      expect(rows).toEqual([{ n: 500 }])
      const finding = {
        rule: 'orphans',
        title: 'no orphans',
        severity: 'error',
        status: 'failed',
        count: broken,
        problem: null,
      } as const
      return {
        verdict: 'failed',
        passed: 7,
        failed: 1,
        unverified: 0,
        counts: { orphans: broken },
        findings: [finding],
      }
    }
    const backup = open({ rules: 'shop' }, { validate })
    const manifest = await backup.create(signal)
    expect(manifest.verified?.method).toBe(
      'restored into scratch: 1,852 rows in 4 tables, 1 of 8 rules fail (orphans: 2 violations)',
    )
    expect(await backup.verify(manifest, signal)).toMatchObject({
      ok: true,
      summary: expect.stringContaining('as recorded'),
    })
    broken = 3
    expect(await backup.verify(manifest, signal)).toMatchObject({
      ok: false,
      summary: expect.stringContaining('orphans: 3 violations, 2'),
    })
    expect(asked).toEqual(Array.from({ length: 3 }, () => expect.stringMatching(/^\/gonogo_scratch_/)))
    expect(
      (await outsideErrorOf(open({ rules: 'shop', requireRules: true }, { validate }).create(signal))).message,
    ).toContain('breaks its rules')
    expect((await backup.list()).map(({ id }) => id)).toEqual([manifest.id])
    expect(await ours()).toEqual([])
  })

  it('sets a restore point in the log of the server when asked', async () => {
    const manifest = await open({ restorePoint: true, check: 'none' }).create(signal)
    expect(manifest).toMatchObject({
      verified: null,
      unverified: expect.any(String),
      identity: {
        restorePoint: `gonogo_${manifest.id}`,
        restorePointLsn: expect.stringMatching(/^[\dA-F]+\/[\dA-F]+$/),
      },
    })
  })

  describe('restoring', () => {
    it('puts the old rows back, disconnects whoever is connected, keeps the replaced database', async () => {
      const backup = open()
      const before = await content()
      const manifest = await backup.create(signal)
      await server.ask(
        `DELETE FROM lines; UPDATE orders SET note = 'changed'; INSERT INTO customers (email) VALUES ('new')`,
        'shop',
      )
      const after = await content()
      const user = new Client({ connectionString: server.urlOf('shop') })
      user.on('error', () => {})
      await user.connect()
      const neighbour = new Client({ connectionString: server.urlOf('postgres') })
      await neighbour.connect()
      const restored = await backup.restore(manifest, { skipValidation: false, signal })
      expect(restored).toMatchObject({
        keptAt: expect.stringMatching(/^127\.0\.0\.1:\d+\/shop_replaced_\d{8}t\d{9}z$/),
        method: 'renamed into place: 1 connection of others were ended',
      })
      expect((await neighbour.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }])
      await neighbour.end()
      expect(await content()).toBe(before)
      expect(await ours()).toEqual([restored.keptAt?.split('/')[1]])
      expect(await content(restored.keptAt?.split('/')[1])).toBe(after)
      // Sequences and defaults go on where they were.
      await server.ask(`INSERT INTO customers (email) VALUES ('next')`, 'shop')
      expect(await one(`SELECT id FROM customers WHERE email = 'next'`)).toBe('101')
      expect(await one('SELECT count(*) FROM big_orders')).toBe('230')
    })

    it('keeps owners, privileges, settings, extensions, encoding', async () => {
      await server.ask(
        `DROP ROLE IF EXISTS reader; DROP ROLE IF EXISTS keeper; CREATE ROLE reader LOGIN PASSWORD 'reader-password'; CREATE ROLE keeper`,
      )
      onTestFinished(async () => {
        for (const { datname } of await server.ask(`SELECT datname FROM pg_database WHERE datname ~ '^shop'`))
          await server.ask(`DROP DATABASE "${datname}" WITH (FORCE)`)
        await server.ask('DROP ROLE reader; DROP ROLE keeper')
      })
      await server.ask(`DROP DATABASE shop`)
      await server.ask(`CREATE DATABASE shop TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'`)
      await server.ask(
        `${shopOf(10)}; CREATE EXTENSION pg_trgm; GRANT SELECT ON orders TO reader; ALTER TABLE customers OWNER TO keeper;
        ALTER DATABASE shop SET search_path TO "$user", public, audit; ALTER DATABASE shop SET work_mem = '7MB'; ALTER ROLE reader IN DATABASE shop SET statement_timeout = '3s';
        REVOKE CONNECT ON DATABASE shop FROM PUBLIC; GRANT CONNECT ON DATABASE shop TO reader; ALTER DATABASE shop CONNECTION LIMIT 33;
        COMMENT ON DATABASE shop IS 'the shop''s'; ALTER DATABASE shop OWNER TO keeper`,
        'shop',
      )
      const facts = `SELECT json_build_array(pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datconnlimit, shobj_description(d.oid, 'pg_database'),
          (SELECT json_agg(a.*::text ORDER BY a.*::text) FROM aclexplode(datacl) AS a),
          (SELECT json_agg(json_build_array(setrole, setconfig) ORDER BY setrole) FROM pg_db_role_setting WHERE setdatabase = d.oid),
          (SELECT json_agg(extname ORDER BY extname) FROM pg_extension), (SELECT json_agg(json_build_array(relname, relowner, relacl::text) ORDER BY relname) FROM pg_class WHERE relkind IN ('r', 'v') AND relnamespace = 'public'::regnamespace))::text
        FROM pg_database AS d WHERE datname = 'shop'`
      const before = await one(facts)
      expect(before).toContain('7MB')
      const backup = open()
      const manifest = await backup.create(signal)
      await backup.restore(manifest, { skipValidation: false, signal })
      expect(await one(facts)).toBe(before)
      // And from the dump alone, when there is no database any more.
      await server.ask('DROP DATABASE shop WITH (FORCE)')
      expect(await backup.restore(manifest, { skipValidation: false, signal })).toMatchObject({ keptAt: null })
      expect(await one(facts)).toBe(before)
    })

    it('does not happen when it is cancelled, and says so', async () => {
      const backup = open()
      const manifest = await backup.create(signal)
      await server.ask(`UPDATE orders SET note = 'changed'`, 'shop')
      const now = await content()
      const cancel = new AbortController()
      const restoring = outsideErrorOf(backup.restore(manifest, { skipValidation: false, signal: cancel.signal }))
      await poll(async () => (await ours()).length > 0 || null, { everyMs: 5, timeoutMs: 20_000 })
      cancel.abort()
      await restoring
      expect(await content()).toBe(now)
      expect(await ours()).toEqual([])
    })

    it('is refused with what to do where something cannot be disconnected', async () => {
      const backup = open()
      const manifest = await backup.create(signal)
      const crashed = await startPostgres(String(bin), { max_prepared_transactions: '5', wal_level: 'logical' })
      try {
        await crashed.ask('CREATE DATABASE shop')
        await crashed.ask(`BEGIN; CREATE TABLE t (a int); PREPARE TRANSACTION 'p'`, 'shop')
        const other = backupOf({ url: crashed.urlOf('shop') }, directory)
        const prepared = await outsideErrorOf(other.restore(manifest, { skipValidation: false, signal }))
        expect(prepared).toMatchObject({ message: 'shop has prepared transactions' })
        await crashed
          .ask(`ROLLBACK PREPARED 'p'; SELECT pg_create_logical_replication_slot('s', 'test_decoding')`, 'shop')
          .catch(() =>
            crashed
              .ask(`ROLLBACK PREPARED 'p'`, 'shop')
              .then(() => crashed.ask(`SELECT pg_create_logical_replication_slot('s', 'test_decoding')`, 'shop')),
          )
        expect((await outsideErrorOf(other.restore(manifest, { skipValidation: false, signal }))).message).toContain(
          'replication slots',
        )
        expect(
          (await crashed.ask(`SELECT count(*) AS n FROM pg_database WHERE datname ~ 'gonogo|replaced'`))[0]?.n,
        ).toBe('0')
      } finally {
        await crashed.stop()
      }
    })

    it('refuses to carry newer rows over, and says where they are to be had', async () => {
      const backup = open({ check: 'none' })
      const manifest = await backup.create(signal)
      const error = await outsideErrorOf(backup.restore(manifest, { skipValidation: false, keepNewer: true, signal }))
      expect(error.hint).toContain('the replaced database is kept')
    })
  })

  it('shows what a restore would lose, row by row', async () => {
    const backup = open()
    const manifest = await backup.create(signal)
    expect((await backup.preview(manifest)).summary).toMatch(/^no row was written or changed or deleted since/)
    await server.ask(
      `INSERT INTO customers (email) VALUES ('new'), ('newer'); UPDATE orders SET note = NULL WHERE id IN (7, 8, 9); DELETE FROM lines WHERE order_id = 3;
      INSERT INTO audit.entries VALUES ('opened'), ('shut'); CREATE TABLE later (a int); INSERT INTO later VALUES (1)`,
      'shop',
    )
    const preview = await backup.preview(manifest)
    expect(preview.rowsAddedSince).toEqual({ customers: 2, lines: -4, 'audit.entries': 2, later: 1 })
    expect(preview.summary).toMatch(
      /^5 rows in 3 tables were written, 3 rows in 1 table were changed, 4 rows in 1 table were deleted since/,
    )
    const of = (table: string) => preview.differences?.find((difference) => difference.table === table)
    expect(of('customers')).toMatchObject({ key: ['id'], inserted: 2, changed: 0, deleted: 0 })
    expect(of('customers')?.samples).toMatchObject([
      { change: 'inserted', row: { id: 101, email: 'new' } },
      { row: { id: 102 } },
    ])
    expect(of('orders')).toMatchObject({
      changed: 3,
      samples: [{ change: 'changed', row: { id: 7, note: null } }, {}, {}],
    })
    expect(of('lines')).toMatchObject({ key: ['order_id', 'position'], deleted: 4 })
    expect(of('audit.entries')).toMatchObject({ key: null, inserted: 2 })
    expect(of('later')).toMatchObject({ inserted: 1, note: 'the table is not in the backup' })
    expect(await ours()).toEqual([])
  })

  describe('the way back that is laid ready', () => {
    const run = (shell: string) =>
      spawnSync('sh', ['-c', `set -eu\n${shell}`], { cwd: '/', env: { PATH: '/usr/bin:/bin' }, encoding: 'utf8' })

    it('swaps the staged database in with psql alone, and does nothing the second time', async () => {
      const neighbour = new Client({ connectionString: server.urlOf('postgres') })
      await neighbour.connect()
      const backup = open()
      const before = await content()
      const manifest = await backup.create(signal)
      await server.ask(`UPDATE orders SET note = 'changed'`, 'shop')
      const { shell, stage } = await backup.stage(manifest, signal)
      expect(stage).toBe('data')
      expect(shell).not.toContain(PASSWORD)
      expect(await ours()).toEqual([expect.stringMatching(/^gonogo_staged_/)])
      expect(run(shell.replace("psql='", "psql='/nowhere")).status).toBe(existsSync('/usr/bin/psql') ? 0 : 1)
      expect(await content()).toBe(before)
      const user = new Client({ connectionString: server.urlOf('shop') })
      await user.connect()
      expect(run(shell)).toMatchObject({ status: 0, stdout: 'the backup is in place already\n' })
      await user.end()
      expect((await neighbour.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }])
      await neighbour.end()
      expect(await ours()).toEqual([expect.stringMatching(/^shop_replaced_/)])
    })

    it('disconnects whoever is connected, also those who come back at once', async () => {
      const backup = open()
      const manifest = await backup.create(signal)
      const before = await content()
      await server.ask('DELETE FROM lines', 'shop')
      const { shell } = await backup.stage(manifest, signal)
      const stop = new AbortController()
      onTestFinished(() => stop.abort())
      let connected = 0
      const users = Array.from({ length: 4 }, async () => {
        while (!stop.signal.aborted) {
          const client = new Client({ connectionString: server.urlOf('shop') })
          client.on('error', () => {})
          try {
            await client.connect()
            connected++
            while (!stop.signal.aborted) await client.query('SELECT count(*) FROM lines')
            await client.end()
          } catch {
            // Disconnected: it comes back.
            await pause(1)
          }
        }
      })
      await poll(() => (connected >= 4 ? true : null), { everyMs: 10, timeoutMs: 20_000 })
      const ended = await promisify(execFile)('sh', ['-c', `set -eu\n${shell}`], { cwd: '/' })
      stop.abort()
      await Promise.all(users)
      expect(ended.stderr).toBe('')
      expect(await content()).toBe(before)
    })

    it('changes nothing when the server is away, or the staged database is gone', async () => {
      const backup = open()
      const manifest = await backup.create(signal)
      const { shell } = await backup.stage(manifest, signal)
      const away = run(shell.replaceAll(`:${server.port}`, ':1'))
      expect(away).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('cannot ask the server; nothing was changed'),
      })
      const [staged] = await ours()
      const again = await backup.stage(manifest, signal)
      expect(await ours()).toEqual([staged])
      await server.ask(`DROP DATABASE "${staged}"`)
      expect(run(again.shell)).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('is gone; nothing was changed'),
      })
    })
  })

  it('is unverified, not bad, where no scratch database may be made; restoring it says what is missing', async () => {
    await server.ask(
      `DROP ROLE IF EXISTS modest; CREATE ROLE modest LOGIN PASSWORD 'modest-password'; GRANT pg_read_all_data TO modest`,
    )
    const url = `postgres://modest:modest-password@127.0.0.1:${server.port}/shop`
    const backup = backupOf({ url }, directory)
    const manifest = await backup.create(signal)
    expect(manifest).toMatchObject({ rows: ROWS, verified: null, unverified: expect.stringContaining('CREATEDB') })
    expect(await backup.verify(manifest, signal)).toMatchObject({
      ok: false,
      summary: expect.stringContaining('else unverified'),
    })
    expect((await backup.preview(manifest)).summary).toMatch(
      /^no row was written or deleted since .* not counted: .*CREATEDB/,
    )
    expect((await outsideErrorOf(backup.restore(manifest, { skipValidation: false, signal }))).hint).toContain(
      'CREATEDB',
    )
    const elsewhere = backupOf({ url, scratchUrl: server.urlOf() }, directory)
    expect(await elsewhere.verify(manifest, signal)).toMatchObject({ ok: true })
  })

  describe('says in one line that', () => {
    it.each([
      ['there is no server', () => ({ url: server.urlOf('shop').replace(/:\d+\//, ':1/') }), /cannot reach/],
      ['there is no such database', () => ({ url: server.urlOf('shopp') }), /"shopp" does not exist/],
      ['there are no programs', () => ({ tools: '/nowhere' }), /pg_dump, pg_restore and psql are not in \/nowhere/],
      ['the directory cannot be written', () => ({ directory: '/etc/passwd/copies' }), /cannot create/],
    ])('%s', async (_, options, message) => {
      const error = await outsideErrorOf(open(options()).create(signal))
      expect(error.message).toMatch(message)
      expect(await ours()).toEqual([])
    })

    it('a table may not be read', async () => {
      await server.ask(`DROP ROLE IF EXISTS blind; CREATE ROLE blind LOGIN PASSWORD 'blind-password' CREATEDB`)
      const url = `postgres://blind:blind-password@127.0.0.1:${server.port}/shop`
      const error = await outsideErrorOf(backupOf({ url }, directory).create(signal))
      expect(error.message).toContain('permission denied')
      expect(readdirSync(directory)).toEqual([])
    })
  })

  it('killed at any moment, taking, proving or restoring leaves the database as it was or as it is to be, and nothing else for long', async () => {
    const options = { url: server.urlOf('shop') }
    const backup = open()
    const manifest = await backup.create(signal)
    const old = await content()
    await server.ask(`UPDATE orders SET note = 'changed'`, 'shop')
    const now = await content()
    const swapped: boolean[] = []
    for (let round = 0; round < 12; round++) {
      const what = (['create', 'verify', 'restore', 'restore'] as const)[round % 4] ?? 'create'
      const { child, exited } = startDoing(what, options, directory, manifest)
      await pause(150 + Math.random() * 900)
      child.kill('SIGKILL')
      await exited
      const found = await content()
      expect([old, now]).toContain(found)
      swapped.push(found === old)
      if (found === old) await server.ask(`UPDATE orders SET note = 'changed'`, 'shop')
    }
    // What a killed one still had the server or pg_dump do may come to its end after the next backup looked: then the one after it finds it.
    const isClean = async (): Promise<true | null> => {
      await backup.create(signal)
      const databases = (await ours()).filter((name) => !name?.startsWith('shop_replaced_'))
      return (databases.length === 0 && readdirSync(directory).every((name) => !name.startsWith('.unfinished'))) || null
    }
    expect(await poll(isClean, { everyMs: 100, timeoutMs: 60_000 })).toBe(true)
    const [last] = await backup.list()
    if (!last) throw new Error('no backup is in the list')
    expect(await backup.verify(last, signal)).toMatchObject({ ok: true })
  })
})
