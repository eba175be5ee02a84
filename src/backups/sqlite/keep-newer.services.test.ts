// What a restore would lose, shown row by row; and keeping the rows written since, where nothing breaks by it.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { OutsideError } from '../../lib/errors.ts'
import type { Backup, BackupManifest } from '../backup.ts'
import { backupOf, IDLE, leftBeside, outsideErrorOf, temporaryDirectory, userOf, WRITER, stop } from './fixture.ts'

const signal = AbortSignal.timeout(120_000)

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT UNIQUE COLLATE NOCASE, name TEXT);
  CREATE TABLE orders (shop TEXT, nr INT, user INT REFERENCES users, total REAL, PRIMARY KEY (shop, nr)) WITHOUT ROWID;
  CREATE TABLE log (line TEXT, data BLOB);
  CREATE TABLE audit (id INTEGER PRIMARY KEY, what TEXT);
  CREATE TRIGGER audited AFTER INSERT ON users BEGIN INSERT INTO audit (what) VALUES ('user ' || new.id); END;
  INSERT INTO users VALUES (1, 'ann@x', 'Ann'), (2, 'bob@x', 'Bob'), (3, 'cy@x', 'Cy');
  INSERT INTO orders VALUES ('a', 1, 1, 10), ('a', 2, 2, 20);
  INSERT INTO log VALUES ('one', NULL), ('one', NULL), ('two', x'00ff');
`

/** A shop backed up, then changed by `since`. */
async function shop(since: string, options: Parameters<typeof backupOf>[2] & { rules?: string } = {}) {
  const directory = temporaryDirectory()
  const file = join(directory, 'app.db')
  run(file, SCHEMA)
  const backup = backupOf(directory, options.rules ? { rules: options.rules } : {}, options)
  const manifest = await backup.create(signal)
  run(file, since)
  return { directory, file, backup, manifest }
}

function run(file: string, sql: string): void {
  using database = new DatabaseSync(file, { enableForeignKeyConstraints: false, timeout: 20_000 })
  database.exec(sql)
}

function rows(file: string, sql: string): unknown[] {
  using database = new DatabaseSync(file)
  return database
    .prepare(sql)
    .all()
    .map((row) => Object.values(row).join(' '))
}

const keep = (backup: Backup, manifest: BackupManifest) =>
  backup.restore(manifest, { skipValidation: false, keepNewer: true, signal })

describe('what would be lost', () => {
  it('is shown by primary key: new, changed and deleted rows with exact counts', async () => {
    const { backup, manifest } = await shop(`
      INSERT INTO users VALUES (7, 'dee@x', 'Dee'); UPDATE users SET name = 'Bobby' WHERE id = 2; DELETE FROM users WHERE id = 3;
      INSERT INTO orders VALUES ('b', 1, 7, 9007199254740993)`)
    const { differences = [], rowsAddedSince, summary } = await backup.preview(manifest)
    expect(differences.find(({ table }) => table === 'users')).toEqual({
      table: 'users',
      key: ['id'],
      inserted: 1,
      changed: 1,
      deleted: 1,
      samples: [
        { change: 'inserted', row: { id: 7, email: 'dee@x', name: 'Dee' } },
        { change: 'changed', row: { id: 2, email: 'bob@x', name: 'Bobby' } },
        { change: 'deleted', row: { id: 3, email: 'cy@x', name: 'Cy' } },
      ],
      note: null,
    })
    expect(differences.map(({ table, inserted }) => [table, inserted])).toEqual([
      ['audit', 1],
      ['orders', 1],
      ['users', 1],
    ])
    expect(rowsAddedSince).toEqual({ audit: 1, orders: 1 })
    expect(summary).toMatch(
      /^3 rows in 3 tables were written, 1 row in 1 table was changed and 1 row in 1 table was deleted since /,
    )
  })

  it('sees a change that equal collations, types and NULL would hide', async () => {
    const { backup, manifest } = await shop(`
      UPDATE users SET email = 'ANN@x' WHERE id = 1; UPDATE users SET name = NULL WHERE id = 2; UPDATE users SET name = '' WHERE id = 3`)
    const { differences = [] } = await backup.preview(manifest)
    expect(differences).toMatchObject([{ table: 'users', inserted: 0, changed: 3, deleted: 0 }])
  })

  it('counts rows without a key as a whole, and says so', async () => {
    const { backup, manifest } = await shop(`
      DELETE FROM log WHERE rowid = 1; INSERT INTO log VALUES ('three', NULL), ('three', NULL); UPDATE log SET line = 'TWO' WHERE line = 'two'`)
    const { differences = [] } = await backup.preview(manifest)
    expect(differences).toMatchObject([{ table: 'log', key: null, inserted: 3, changed: 0, deleted: 2 }])
    expect(differences[0]?.note).toContain('no primary key')
    expect(differences[0]?.samples).toContainEqual({ change: 'deleted', row: { line: 'two', data: 'blob of 2 bytes' } })
  })

  it('names tables and columns that only one of them has', async () => {
    const { backup, manifest } = await shop(`
      CREATE TABLE fresh (id INTEGER PRIMARY KEY); INSERT INTO fresh VALUES (1), (2); DROP TABLE log; ALTER TABLE users ADD COLUMN age INT`)
    const { differences = [] } = await backup.preview(manifest)
    expect(differences.map(({ table, inserted, deleted, note }) => ({ table, inserted, deleted, note }))).toEqual([
      { table: 'fresh', inserted: 2, deleted: 0, note: 'the backup has no such table' },
      { table: 'log', inserted: 0, deleted: 3, note: 'the database has no such table any more' },
      { table: 'users', inserted: 0, deleted: 0, note: 'only one of them has "age", which was not compared' },
    ])
  })

  it('shows only a few of many rows, and of each only a part', async () => {
    const { backup, manifest } = await shop(`
      WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 5009)
      INSERT INTO users SELECT i, i, hex(randomblob(5000)) FROM n`)
    const { differences = [] } = await backup.preview(manifest)
    expect(differences.find(({ table }) => table === 'users')?.inserted).toBe(5000)
    expect(JSON.stringify(differences).length).toBeLessThan(5000)
  })
})

describe('keeping newer rows', () => {
  it('leaves behind what gonogo itself has written since: a log of fixes that the restored database never had', async () => {
    const since = `CREATE TABLE gonogo_runs (run INT PRIMARY KEY); INSERT INTO gonogo_runs VALUES (1);
      INSERT INTO users VALUES (4, 'di@x', 'Di')`
    const { file, backup, manifest } = await shop(since)
    const { differences } = await backup.preview(manifest)
    expect(differences?.map(({ table }) => table)).toEqual(['audit', 'users'])
    await keep(backup, manifest)
    expect(rows(file, 'SELECT name FROM users ORDER BY id')).toEqual(['Ann', 'Bob', 'Cy', 'Di'])
    expect(rows(file, "SELECT name FROM sqlite_schema WHERE name LIKE 'gonogo%'")).toEqual([])
  })

  const SINCE = `
    INSERT INTO users VALUES (7, 'dee@x', 'Dee'); INSERT INTO orders VALUES ('b', 1, 7, 5);
    UPDATE users SET name = 'Bobby' WHERE id = 2; DELETE FROM users WHERE id = 3; INSERT INTO log VALUES ('since', NULL)`

  it.each(['alone', 'with others connected'])(
    'carries inserted ones over, puts changed and deleted ones back, fires no trigger: %s',
    async (how) => {
      const { directory, file, backup, manifest } = await shop(SINCE)
      if (how !== 'alone') await userOf(file, IDLE.replace('facts', 'users'))
      const result = await keep(backup, manifest)
      expect(result.method).toContain(how === 'alone' ? 'renamed into place' : 'overwritten')
      expect(result.carried).toEqual({
        rows: { audit: 1, orders: 1, users: 1 },
        notCarried: ['log: it has no primary key without NULL: rows were compared as a whole'],
      })
      expect(rows(file, 'SELECT id, name FROM users ORDER BY id')).toEqual(['1 Ann', '2 Bob', '3 Cy', '7 Dee'])
      expect(rows(file, 'SELECT count(*) FROM orders')).toEqual(['3'])
      expect(rows(file, 'SELECT what FROM audit ORDER BY id')).toEqual(['user 1', 'user 2', 'user 3', 'user 7'])
      expect(rows(file, "SELECT name FROM sqlite_schema WHERE type = 'trigger'")).toEqual(['audited'])
      expect(rows(result.keptAt ?? '', 'SELECT name FROM users WHERE id = 2')).toEqual(['Bobby'])
      expect(leftBeside(directory)).toEqual([])
    },
  )

  it.each([
    [
      'a unique value is taken',
      "UPDATE users SET email = 'free' WHERE id = 1; INSERT INTO users VALUES (9, 'ann@x', 'An')",
      /users: UNIQUE constraint failed: users\.email/,
    ],
    [
      'what a row refers to is neither in the backup nor new',
      "PRAGMA foreign_keys = OFF; INSERT INTO orders VALUES ('c', 1, 99, 1)",
      /1 row of orders would refer to no row of users/,
    ],
  ])('is refused, and nothing is restored, when %s', async (_, since, message) => {
    const { directory, file, backup, manifest } = await shop(since)
    const before = rows(file, 'SELECT * FROM users')
    const error = await outsideErrorOf(keep(backup, manifest))
    expect(error.message).toMatch(message)
    expect(error.message).toContain('nothing was restored')
    expect(rows(file, 'SELECT * FROM users')).toEqual(before)
    expect(rows(file, 'PRAGMA journal_mode')).toEqual(['wal'])
    expect(leftBeside(directory)).toEqual([])
  })

  it('is refused when a rule breaks by them that the backup keeps', async () => {
    const validate = async (copy: string) => {
      const [count] = rows(copy, "SELECT count(*) FROM users WHERE name = ''").map(Number)
      const failed = (count ?? 0) > 0 ? 1 : 0
      const finding = {
        rule: 'named',
        title: 'named',
        severity: 'error' as const,
        status: 'failed' as const,
        count: count ?? 0,
        problem: null,
      }
      return {
        verdict: failed ? ('failed' as const) : ('passed' as const),
        passed: 1 - failed,
        failed,
        unverified: 0,
        counts: { named: count ?? 0 },
        findings: failed ? [finding] : [],
      }
    }
    const { file, backup, manifest } = await shop("INSERT INTO users VALUES (9, 'x', '')", { rules: 'app', validate })
    expect(manifest.verified?.method).toBe('quick_check: ok, 1 rule holds')
    const error = await outsideErrorOf(keep(backup, manifest))
    expect(error.message).toContain('named: 1 violation')
    expect(rows(file, 'SELECT count(*) FROM users')).toEqual(['4'])
  })

  it('never loses what a writer adds meanwhile: it is restored with it, or refused', async () => {
    const { file, backup } = await shop('')
    const writer = await userOf(file, WRITER)
    const manifest = await backup.create(signal)
    const done = await keep(backup, manifest).catch((error: unknown) => error)
    await stop(writer)
    expect(done).toBeInstanceOf(OutsideError)
    expect((done as OutsideError).message).toMatch(/was written|written all the time/)
    const [steps, total] = [rows(file, 'SELECT count(*) FROM steps'), rows(file, 'SELECT n FROM total')]
    expect(steps).toEqual(total)
  })

  it('needs a database to keep rows of', async () => {
    const { file, backup, manifest } = await shop('')
    for (const ending of ['', '-wal', '-shm']) rmSync(file + ending, { force: true })
    expect((await outsideErrorOf(keep(backup, manifest))).message).toContain('there is no database')
  })
})
