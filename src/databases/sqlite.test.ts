// Sessions on a real file: one moment for all readers, nothing kept of what was not committed, the schema as it is.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Database, Session } from './database.ts'
import { sqlite } from './sqlite.ts'

const signal = AbortSignal.timeout(60_000)
const statement = (sql: string) => ({ sql, parameters: [] })

function databaseOf(sql: string, options: Record<string, unknown> = {}): { database: Database; file: string } {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-database-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const file = join(directory, 'app.db')
  using made = new DatabaseSync(file)
  made.exec(sql)
  return { database: sqlite.create(sqlite.options.parse({ path: 'app.db', ...options }), { directory }), file }
}

const count = async (session: Session): Promise<unknown> =>
  (await session.all(statement('SELECT count(*) AS n FROM t')))[0]?.n

describe('a snapshot', () => {
  it.each(['wal', 'delete'])(
    'shows all its sessions one moment, whatever is committed meanwhile (%s)',
    async (mode) => {
      const { database, file } = databaseOf(
        `PRAGMA journal_mode = ${mode}; CREATE TABLE t (a); INSERT INTO t VALUES (1)`,
      )
      await database.snapshot(3, signal, async ({ sessions }) => {
        expect(sessions).toHaveLength(3)
        if (mode === 'wal') {
          using writer = new DatabaseSync(file)
          writer.exec('INSERT INTO t VALUES (2)')
        }
        expect(await Promise.all(sessions.map(count))).toEqual([1, 1, 1])
      })
      expect(await database.snapshot(1, signal, ({ sessions }) => count(sessions[0] as Session))).toBe(
        mode === 'wal' ? 2 : 1,
      )
    },
  )

  it('never shows two moments while another process commits', async () => {
    const { database, file } = databaseOf('PRAGMA journal_mode = wal; CREATE TABLE t (a)')
    const writer = new DatabaseSync(file)
    const timer = setInterval(() => {
      try {
        writer.exec('INSERT INTO t VALUES (1)')
      } catch {
        // Locked for the moment in which the sessions begin.
      }
    }, 0)
    onTestFinished(() => {
      clearInterval(timer)
      writer.close()
    })
    for (let round = 0; round < 8; round++) {
      const counts = await database.snapshot(2, signal, ({ sessions }) => Promise.all(sessions.map(count)))
      expect(counts[0]).toBe(counts[1])
    }
  })

  it('lets a scan of the pages see the moment of its sessions, whatever is committed meanwhile', async () => {
    const { database, file } = databaseOf(
      'PRAGMA journal_mode = wal; CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, NULL)',
    )
    using writer = new DatabaseSync(file)
    writer.exec('INSERT INTO t VALUES (2, NULL)')
    const rule = { type: 'value', table: 't', column: 'a', test: { type: 'not-null' }, nulls: 'violate' } as const
    const found = await database.snapshot(1, signal, async ({ scan }) => {
      writer.exec('INSERT INTO t VALUES (3, NULL); UPDATE t SET a = 1 WHERE id = 1')
      return scan?.([rule], { workers: 1, keysMax: 9, signal })
    })
    expect(found).toEqual([{ type: 'exact', count: 2, judged: 2, keys: [1, 2] }])
  })

  it('lets a scan see it also where the log was begun anew meanwhile', async () => {
    const { database, file } = databaseOf(
      'PRAGMA journal_mode = wal; CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, NULL)',
    )
    using writer = new DatabaseSync(file)
    writer.exec('INSERT INTO t VALUES (2, NULL); PRAGMA wal_checkpoint(PASSIVE)')
    const rule = { type: 'value', table: 't', column: 'a', test: { type: 'not-null' }, nulls: 'violate' } as const
    const found = await database.snapshot(1, signal, async ({ scan }) => {
      // All of the log is in the file, so the first commit begins it anew.
      for (let id = 3; id < 9; id++) writer.exec(`INSERT INTO t VALUES (${id}, NULL)`)
      return scan?.([rule], { workers: 1, keysMax: 9, signal })
    })
    expect(found).toEqual([{ type: 'exact', count: 2, judged: 2, keys: [1, 2] }])
  })

  it('cannot write, but may keep temporary tables', async () => {
    const { database } = databaseOf('CREATE TABLE t (a)')
    await database.snapshot(1, signal, async ({ sessions: [session] }) => {
      await expect(session?.run(statement('INSERT INTO t VALUES (1)'))).rejects.toThrow(/readonly/)
      await session?.run(statement('CREATE TEMP TABLE own AS SELECT 1 AS a'))
      expect(await session?.all(statement('SELECT a FROM own'))).toEqual([{ a: 1 }])
    })
  })

  it('has at least one session where the file cannot be written', async () => {
    const { database, file } = databaseOf('CREATE TABLE t (a); INSERT INTO t VALUES (1)')
    chmodSync(file, 0o400)
    const counts = await database.snapshot(2, signal, ({ sessions }) => Promise.all(sessions.map(count)))
    expect(new Set(counts)).toEqual(new Set([1]))
  })
})

describe('a writing session', () => {
  it('keeps what it commits and nothing else', async () => {
    const { database, file } = databaseOf('CREATE TABLE t (a)')
    await database.write(signal, async (session) => {
      await session.run(statement('BEGIN IMMEDIATE'))
      expect(await session.run({ sql: 'INSERT INTO t VALUES (?), (?)', parameters: ['a', 2n] })).toBe(2)
      await session.run(statement('COMMIT'))
      await session.run(statement('BEGIN IMMEDIATE; DELETE FROM t'))
    })
    using after = new DatabaseSync(file)
    expect(after.prepare('SELECT a FROM t ORDER BY 1').all()).toEqual([{ a: 2 }, { a: 'a' }])
  })

  it('ends a long statement when it is cancelled', async () => {
    const { database } = databaseOf('CREATE TABLE t (a)')
    const cancelling = new AbortController()
    const endless = 'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r'
    const asked = database.write(cancelling.signal, (session) => {
      setTimeout(() => cancelling.abort(), 50)
      return session.all(statement(endless))
    })
    await expect(asked).rejects.toThrow(/cancelled/)
  })

  it('says who is in the way: a lock, a missing file, a file of another kind', async () => {
    const { database, file } = databaseOf('CREATE TABLE t (a)', { lockTimeoutMs: 50 })
    using holder = new DatabaseSync(file)
    holder.exec('BEGIN IMMEDIATE')
    const asked = database.write(signal, (session) => session.run(statement('BEGIN IMMEDIATE')))
    await expect(asked).rejects.toThrow(/is locked by another process/)
    holder.exec('ROLLBACK')
    writeFileSync(file, 'no database, but long enough to look like one\n'.repeat(100))
    await expect(database.schema(signal)).rejects.toThrow(/is not a SQLite database, or is encrypted/)
    rmSync(file)
    await expect(database.schema(signal)).rejects.toThrow(/there is no database/)
  })

  it('gives whole numbers whole, however large', async () => {
    const { database } = databaseOf('CREATE TABLE t (a)')
    await database.write(signal, async (session) => {
      const [row] = await session.all(
        statement("SELECT 9007199254740993 AS big, 5 AS small, 'ab' REGEXP '^a' AS matches"),
      )
      expect(row).toEqual({ big: 9007199254740993n, small: 5, matches: 1 })
    })
  })
})

describe('the schema', () => {
  it('names tables, keys, foreign keys, unique columns and checks', async () => {
    const { database } = databaseOf(`
      CREATE TABLE parents (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, twice AS (id * 2));
      CREATE TABLE children (parent INTEGER REFERENCES PARENTS, rank REAL CHECK (rank BETWEEN 0 AND 1 /* ) */ AND ')' <> ''),
        a TEXT, b TEXT, PRIMARY KEY (b, a)) WITHOUT ROWID;
      CREATE UNIQUE INDEX some ON children (rank) WHERE rank > 0;
      CREATE TABLE gonogo_runs (id INTEGER);
      CREATE VIEW shown AS SELECT code FROM parents;
      CREATE VIEW broken AS SELECT x FROM nowhere;
      CREATE VIRTUAL TABLE found USING fts5(body)`)
    const { tables, hash } = await database.schema(signal)
    expect([...tables.keys()]).toEqual(['broken', 'children', 'found', 'parents', 'shown'])
    expect(tables.get('parents')).toMatchObject({ rowidColumn: 'id', primaryKey: ['id'], unique: [['code']] })
    expect(tables.get('parents')?.columns.at(-1)).toMatchObject({ name: 'twice', isGenerated: true })
    expect(tables.get('children')).toMatchObject({
      kind: 'table',
      isWithoutRowid: true,
      rowidColumn: null,
      primaryKey: ['b', 'a'],
      unique: [],
      checks: ["rank BETWEEN 0 AND 1 /* ) */ AND ')' <> ''"],
      foreignKeys: [{ columns: ['parent'], parent: 'parents', parentColumns: ['id'], onDelete: 'NO ACTION' }],
    })
    expect(tables.get('shown')).toMatchObject({ kind: 'view', columns: [{ name: 'code' }] })
    expect((await database.schema(signal)).hash).toBe(hash)
  })

  it('finds broken references and damage', async () => {
    const { database, file } = databaseOf('CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p)')
    expect(await database.integrity(signal)).toEqual([])
    using writer = new DatabaseSync(file, { enableForeignKeyConstraints: false })
    writer.exec('INSERT INTO c VALUES (7), (8)')
    expect(await database.integrity(signal)).toEqual(['2 rows of c refer to no row of p'])
  })
})
