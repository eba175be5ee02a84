// Against a real Postgres: one moment for all readers, nothing kept of what was not committed, the schema as it is, clear bad news.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { installPostgres, PASSWORD, startPostgres, type PostgresServer } from '../../test/servers/postgres.ts'
import { poll } from '../lib/deadline.ts'
import { OutsideError } from '../lib/errors.ts'
import type { Database, Session, Value } from './database.ts'
import { postgres } from './postgres.ts'

const bin = installPostgres()
if (!bin) console.warn("SKIPPED: postgres.services.test.ts needs Debian's postgresql, which could not be installed")

const signal = AbortSignal.timeout(250_000)
const statement = (sql: string, ...parameters: Value[]) => ({ sql, parameters })

describe.skipIf(!bin)('a Postgres database', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres(String(bin), { max_connections: '20', superuser_reserved_connections: '2' })
  })
  afterAll(() => server?.stop())
  beforeEach(async () => {
    await server.ask('DROP DATABASE IF EXISTS shop WITH (FORCE)')
    await server.ask('CREATE DATABASE shop')
  })

  const open = (url = server.urlOf('shop'), given: Record<string, unknown> = {}): Database =>
    postgres.create(postgres.options.parse({ url, ...given }), { directory: '/' })
  const outsideErrorOf = async (work: Promise<unknown>): Promise<OutsideError> => {
    const error = await work.then(
      () => null,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(OutsideError)
    return error as OutsideError
  }
  const one = async (session: Session | undefined, sql: string, ...parameters: Value[]): Promise<Value | undefined> =>
    Object.values((await session?.all(statement(sql, ...parameters)))?.[0] ?? {})[0]
  const othersConnected = async (): Promise<number> =>
    Number((await server.ask(`SELECT count(*) AS n FROM pg_stat_activity WHERE datname = 'shop'`))[0]?.n)

  describe('a snapshot', () => {
    it('shows all its sessions one moment, whatever is committed meanwhile', async () => {
      await server.ask('CREATE TABLE t (a int); INSERT INTO t VALUES (1)', 'shop')
      await open().snapshot(3, signal, async ({ sessions, id, scan }) => {
        expect(sessions).toHaveLength(3)
        await server.ask('INSERT INTO t VALUES (2)', 'shop')
        expect(await Promise.all(sessions.map((session) => one(session, 'SELECT count(*) FROM t')))).toEqual([1, 1, 1])
        expect(id).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z snapshot [\dA-F-]+$/)
        expect(scan).toBeNull()
      })
      expect(await open().snapshot(1, signal, ({ sessions }) => one(sessions[0], 'SELECT count(*) FROM t'))).toBe(2)
      expect(await othersConnected()).toBe(0)
    })

    it.each(['INSERT INTO t VALUES (2)', 'COMMIT; INSERT INTO t VALUES (2)', 'SELECT 1; DROP TABLE t'])(
      'does not run %s',
      async (sql) => {
        await server.ask('CREATE TABLE t (a int); INSERT INTO t VALUES (1)', 'shop')
        await outsideErrorOf(open().snapshot(1, signal, ({ sessions }) => sessions[0]!.all(statement(sql))))
        expect(await server.ask('SELECT count(*) AS n FROM t', 'shop')).toEqual([{ n: '1' }])
      },
    )

    it('gives values that both engines have', async () => {
      const row = await open().snapshot(1, signal, async ({ sessions }) =>
        sessions[0]!.all(
          statement(
            `SELECT 7::int8 AS small, 9007199254740993::int8 AS large, 1.50::numeric AS amount, 0.1::float8 AS share, true AS yes,
            '\\x00ff'::bytea AS bytes, '2026-11-21 10:15:00.5+02'::timestamptz AS at, '2026-11-21 10:15:00'::timestamp AS wall, null::text AS nothing,
            $1::text AS text, $2::bytea AS back, $3::int8 AS sent`,
            "o'clock",
            new Uint8Array([1, 2]),
            9007199254740995n,
          ),
        ),
      )
      expect(row).toEqual([
        {
          small: 7,
          large: 9007199254740993n,
          amount: '1.50',
          share: 0.1,
          yes: 1,
          bytes: new Uint8Array([0, 255]),
          at: '2026-11-21T08:15:00.5Z',
          wall: '2026-11-21T10:15:00',
          nothing: null,
          text: "o'clock",
          back: new Uint8Array([1, 2]),
          sent: 9007199254740995n,
        },
      ])
    })
  })

  describe('writing', () => {
    beforeEach(() => server.ask('CREATE TABLE t (a int PRIMARY KEY)', 'shop'))
    const rows = async (): Promise<number> => Number((await server.ask('SELECT count(*) AS n FROM t', 'shop'))[0]?.n)

    it('keeps what was committed, counts rows changed, takes several statements at once', async () => {
      const changed = await open().write(signal, async (session) => {
        await session.run(statement('BEGIN'))
        const counts = [
          await session.run(statement('INSERT INTO t SELECT generate_series(1, 10)')),
          await session.run(statement('DELETE FROM t WHERE a > $1', 7)),
          await session.run(statement('INSERT INTO t VALUES (20); INSERT INTO t VALUES (21); SELECT * FROM t')),
        ]
        await session.run(statement('COMMIT'))
        return counts
      })
      expect(changed).toEqual([10, 3, 2])
      expect(await rows()).toBe(9)
    })

    it('rolls back what was not committed when it ends or fails', async () => {
      const begun = (session: Session): Promise<number> => session.run(statement('BEGIN; INSERT INTO t VALUES (1)'))
      await open().write(signal, begun)
      await expect(
        open().write(signal, async (session) => {
          await begun(session)
          throw new Error('changed my mind')
        }),
      ).rejects.toThrow('changed my mind')
      expect(await rows()).toBe(0)
      expect(await othersConnected()).toBe(0)
    })

    it('ends the running statement on the server and rolls back when it is cancelled', async () => {
      const cancel = new AbortController()
      const writing = open().write(cancel.signal, async (session) => {
        await session.run(statement('BEGIN; INSERT INTO t VALUES (1)'))
        const sleeping = session.all(statement('SELECT pg_sleep(100)'))
        const isAsleep = async (): Promise<true | null> =>
          (await server.ask(`SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'`)).length > 0 || null
        await poll(isAsleep, { everyMs: 20, timeoutMs: 20_000 })
        cancel.abort()
        return sleeping
      })
      expect(await outsideErrorOf(writing)).toMatchObject({
        message: expect.stringContaining('cancelled'),
        retryable: true,
      })
      expect(await rows()).toBe(0)
      expect(await othersConnected()).toBe(0)
    })

    it('leaves nothing of a process that is killed', async () => {
      const script = `
        import { postgres } from ${JSON.stringify(new URL('./postgres.ts', import.meta.url).href)}
        const database = postgres.create(postgres.options.parse({ url: process.argv[1] }), { directory: '/' })
        await database.write(AbortSignal.timeout(60_000), async (session) => {
          await session.run({ sql: 'BEGIN; INSERT INTO t SELECT generate_series(1, 1000)', parameters: [] })
          console.log('ready')
          await session.all({ sql: 'SELECT pg_sleep(60)', parameters: [] })
        })`
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, server.urlOf('shop')], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      onTestFinished(() => void child.kill('SIGKILL'))
      await once(child.stdout, 'data')
      child.kill('SIGKILL')
      await once(child, 'exit')
      const isGone = async (): Promise<true | null> => (await othersConnected()) === 0 || null
      expect(await poll(isGone, { everyMs: 50, timeoutMs: 20_000 })).toBe(true)
      expect(await rows()).toBe(0)
    })
  })

  it('reads the schema: keys, constraints, generated columns, views, partitions, other schemas', async () => {
    await server.ask(
      `CREATE SCHEMA audit;
      CREATE TABLE customers (id bigint PRIMARY KEY, email varchar(80) NOT NULL UNIQUE, name text, upper_name text GENERATED ALWAYS AS (upper(name)) STORED);
      CREATE UNIQUE INDEX ON customers (name) WHERE email <> ''; CREATE UNIQUE INDEX ON customers (lower(email)); CREATE UNIQUE INDEX ON customers (name, id) INCLUDE (email);
      CREATE TABLE orders (shop int, number int, customer_id bigint REFERENCES customers ON DELETE CASCADE, total numeric(10,2) CHECK (total >= 0), PRIMARY KEY (number, shop));
      CREATE TABLE lines (id int, shop int, number int, FOREIGN KEY (shop, number) REFERENCES orders (shop, number));
      CREATE TABLE audit.entries (at timestamptz) PARTITION BY RANGE (at);
      CREATE TABLE audit.entries_2026 PARTITION OF audit.entries FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
      CREATE VIEW "Big Orders" AS SELECT * FROM orders WHERE total > 100; CREATE TABLE gonogo_runs (id int)`,
      'shop',
    )
    const schema = await open().schema(signal)
    expect([...schema.tables.keys()]).toEqual(['Big Orders', 'audit.entries', 'customers', 'lines', 'orders'])
    expect(schema.tables.get('customers')).toEqual({
      name: 'customers',
      kind: 'table',
      columns: [
        { name: 'id', type: 'bigint', notNull: true, isGenerated: false },
        { name: 'email', type: 'character varying(80)', notNull: true, isGenerated: false },
        { name: 'name', type: 'text', notNull: false, isGenerated: false },
        { name: 'upper_name', type: 'text', notNull: false, isGenerated: true },
      ],
      primaryKey: ['id'],
      rowidColumn: null,
      isWithoutRowid: false,
      foreignKeys: [],
      unique: [['email'], ['name', 'id']],
      checks: [],
    })
    expect(schema.tables.get('orders')).toMatchObject({
      primaryKey: ['number', 'shop'],
      foreignKeys: [{ columns: ['customer_id'], parent: 'customers', parentColumns: ['id'], onDelete: 'CASCADE' }],
      checks: ['(total >= (0)::numeric)'],
    })
    expect(schema.tables.get('lines')?.foreignKeys).toEqual([
      { columns: ['shop', 'number'], parent: 'orders', parentColumns: ['shop', 'number'], onDelete: 'NO ACTION' },
    ])
    expect(schema.tables.get('Big Orders')).toMatchObject({ kind: 'view', primaryKey: [] })
    expect((await open().schema(signal)).hash).toBe(schema.hash)
    const audited = await open(undefined, { searchPath: ['audit', 'public'] }).schema(signal)
    expect([...audited.tables.keys()]).toContain('entries')
    await server.ask('ALTER TABLE lines ADD COLUMN note text', 'shop')
    expect((await open().schema(signal)).hash).not.toBe(schema.hash)
  })

  it('finds what the server does not vouch for', async () => {
    await server.ask(
      `CREATE EXTENSION amcheck; CREATE TABLE parents (id int PRIMARY KEY); CREATE TABLE "Kids" (id int, parent_id int REFERENCES parents);
      INSERT INTO parents VALUES (1); INSERT INTO "Kids" VALUES (1, 1), (2, null)`,
      'shop',
    )
    expect(await open().integrity(signal)).toEqual([])
    await server.ask(
      `SET session_replication_role = replica; INSERT INTO "Kids" VALUES (3, 99), (4, 98); SET session_replication_role = origin;
      ALTER TABLE "Kids" ADD CONSTRAINT small CHECK (id < 3) NOT VALID; INSERT INTO parents VALUES (2)`,
      'shop',
    )
    await expect(server.ask('CREATE UNIQUE INDEX CONCURRENTLY ON "Kids" ((id / 2))', 'shop')).rejects.toThrow()
    const problems = await open().integrity(signal)
    expect(problems).toEqual([
      expect.stringContaining('constraint small of "Kids" is not validated'),
      expect.stringContaining('is not valid: it guards no uniqueness'),
      expect.stringContaining('"Kids": 2 rows break the foreign key Kids_parent_id_fkey to parents'),
    ])
  })

  describe('says in one line, without the password, that', () => {
    const cases: [string, () => Promise<unknown>, RegExp, RegExp][] = [
      [
        'nobody listens',
        () => open(server.urlOf('shop').replace(/:\d+\//, ':1/')).schema(signal),
        /cannot reach 127\.0\.0\.1:1\/shop/,
        /runs and listens/,
      ],
      [
        'there is no such host',
        () => open('postgres://app@no-such-host.invalid/shop').schema(signal),
        /cannot reach no-such-host/,
        /right host/,
      ],
      [
        'the password is wrong',
        () => open(server.urlOf('shop').replace(PASSWORD, `${PASSWORD}-not`)).schema(signal),
        /password authentication failed/,
        /the password that `url` refers to/,
      ],
      [
        'the password is missing',
        () => open(server.urlOf('shop').replace(`:${PASSWORD}`, '')).schema(signal),
        /does not let us in/,
        /password/,
      ],
      [
        'there is no such database',
        () => open(server.urlOf('shopp')).schema(signal),
        /database "shopp" does not exist/,
        /psql --list/,
      ],
      [
        'a statement took too long',
        () =>
          open(undefined, { statementTimeoutMs: 50 }).snapshot(1, signal, ({ sessions }) =>
            sessions[0]!.all(statement('SELECT pg_sleep(9)')),
          ),
        /statement timeout/,
        /statementTimeoutMs/,
      ],
      [
        'it takes no writes',
        () => open().write(signal, (session) => session.run(statement('BEGIN READ ONLY; CREATE TABLE x (a int)'))),
        /takes no writes/,
        /primary/,
      ],
    ]
    it.each(cases)('%s', async (_, work, message, hint) => {
      const error = await outsideErrorOf(work())
      expect(error.message).toMatch(message)
      expect(error.hint).toMatch(hint)
      expect(error.toLine()).not.toMatch(/\n/)
      expect(JSON.stringify([error.toLine(), error.cause])).not.toContain(PASSWORD)
    })

    it('somebody holds a lock', async () => {
      await server.ask('CREATE TABLE t (a int)', 'shop')
      await open().write(signal, async (holder) => {
        await holder.run(statement('BEGIN; LOCK TABLE t'))
        const error = await outsideErrorOf(
          open(undefined, { lockTimeoutMs: 50 }).snapshot(1, signal, ({ sessions }) =>
            one(sessions[0], 'SELECT count(*) FROM t'),
          ),
        )
        expect(error).toMatchObject({
          message: expect.stringContaining('lock'),
          hint: expect.stringContaining('lockTimeoutMs'),
          retryable: true,
        })
      })
    })

    it('something is not permitted', async () => {
      await server.ask(
        `CREATE TABLE t (a int); DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN PASSWORD 'guest-password'`,
        'shop',
      )
      const url = `postgres://guest:guest-password@127.0.0.1:${server.port}/shop`
      const error = await outsideErrorOf(
        open(url).snapshot(1, signal, ({ sessions }) => one(sessions[0], 'SELECT count(*) FROM t')),
      )
      expect(error).toMatchObject({
        message: expect.stringContaining('permission denied for table t'),
        hint: expect.stringContaining('GRANT'),
      })
    })

    it('all connections are taken', async () => {
      await server.ask(
        `DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN PASSWORD 'guest-password' CONNECTION LIMIT 1`,
      )
      const url = `postgres://guest:guest-password@127.0.0.1:${server.port}/shop`
      const error = await outsideErrorOf(open(url).snapshot(2, signal, async () => null))
      expect(error).toMatchObject({ message: expect.stringContaining('has no connection left'), retryable: true })
    })

    it('the server ended in the middle', async () => {
      const error = await outsideErrorOf(
        open().snapshot(1, signal, async ({ sessions }) => {
          const pid = await one(sessions[0], 'SELECT pg_backend_pid()')
          await server.ask(`SELECT pg_terminate_backend(${String(pid)})`)
          return sessions[0]!.all(statement('SELECT 1'))
        }),
      )
      expect(error).toMatchObject({ message: expect.stringContaining('ended the connection'), retryable: true })
    })

    it('it was killed in the middle', async () => {
      try {
        const error = await outsideErrorOf(
          open().snapshot(1, signal, async ({ sessions }) => {
            const asked = sessions[0]!.all(statement('SELECT pg_sleep(60)'))
            await Promise.allSettled([server.crash(), asked])
            await asked
          }),
        )
        expect(error.retryable).toBe(true)
      } finally {
        await server.start()
      }
    })
  })
})
