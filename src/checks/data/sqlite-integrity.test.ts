import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck, stepOf } from '../../../test/contracts/check-contract.ts'
import { sha256 } from '../../lib/hash.ts'
import { sqliteIntegrity } from './sqlite-integrity.ts'

const PAGE_BYTES = 4096
let directory = ''
let locked: DatabaseSync

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-integrity-'))
  for (const name of ['whole.db', 'damaged.db', 'locked.db']) create(name)
  const damaged = readFileSync(join(directory, 'damaged.db'))
  damaged.fill(0xa5, PAGE_BYTES * 3, PAGE_BYTES * 5)
  writeFileSync(join(directory, 'damaged.db'), damaged)
  writeFileSync(join(directory, 'text.db'), 'this was never a database\n'.repeat(500))
  createWithEscapes('escapes.db')
  locked = new DatabaseSync(join(directory, 'locked.db'))
  locked.exec('BEGIN EXCLUSIVE')
})
afterAll(() => {
  locked.close()
  rmSync(directory, { recursive: true, force: true })
})

function create(name: string): void {
  const database = new DatabaseSync(join(directory, name))
  database.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA foreign_keys = OFF;
    CREATE TABLE entities (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE relationships (id INTEGER PRIMARY KEY, entity INTEGER REFERENCES entities (id));
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000)
      INSERT INTO entities SELECT i, hex(randomblob(16)) FROM n;
    INSERT INTO relationships VALUES (1, 1), (2, 9001), (3, 9002);`)
  database.close()
}

/** An index whose name clears the screen, and that lacks a row. */
function createWithEscapes(name: string): void {
  using database = new DatabaseSync(join(directory, name), { defensive: false })
  database.exec(`CREATE TABLE t (x TEXT); CREATE INDEX "\u001b[2Jt_x" ON t (x); INSERT INTO t VALUES ('a'), ('b');
    PRAGMA writable_schema = ON; CREATE TEMP TABLE hidden AS SELECT * FROM sqlite_schema WHERE type = 'index';
    DELETE FROM sqlite_schema WHERE type = 'index'; PRAGMA writable_schema = RESET; INSERT INTO t VALUES ('c');
    PRAGMA writable_schema = ON; INSERT INTO sqlite_schema SELECT * FROM hidden; PRAGMA writable_schema = RESET;`)
}

const at = (path: string, extra: Record<string, unknown> = {}) => ({
  options: { path, ...extra },
  context: { directory },
})

checkContract(sqliteIntegrity, {
  passing: () => at('whole.db'),
  failing: () => at('damaged.db'),
  unverified: () => at('locked.db', { timeoutMs: 200 }),
  slow: () => at('locked.db'),
  hostile: {
    'a file that is no database': { status: 'failed', case: () => at('text.db') },
    'escapes in the name of a damaged index': { status: 'failed', case: () => at('escapes.db') },
  },
  mentions: () => ['integrity_check', 'whole.db'],
  recognises: {
    clear: [
      'Run `PRAGMA integrity_check` on `data/app.db`',
      { label: 'Database integrity', text: './data/app.sqlite is intact' },
      { text: 'Database is sound', commands: [stepOf(`sqlite3 data/app.db 'PRAGMA quick_check'`)] },
    ],
    unclear: [
      'Run `PRAGMA integrity_check` on current database',
      'Create a backup of data/app.db',
      'Database integrity of `old.db` and `new.db` compared',
      'Restore data/app.db if the database integrity is lost',
    ],
  },
})

describe('sqlite-integrity', () => {
  it('fails for a file that is not a database, and for one that is not there', async () => {
    expect(await runCheck(sqliteIntegrity, at('text.db'))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('not a database'),
    })
    expect(await runCheck(sqliteIntegrity, at('gone.db'))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('no such database'),
    })
  })

  it('is unverified for a directory in the place of the file', async () => {
    expect(await runCheck(sqliteIntegrity, at('.'))).toMatchObject({ status: 'unverified' })
  })

  it('finds damage by the quick check too, and says what to do', async () => {
    expect(await runCheck(sqliteIntegrity, at('damaged.db', { mode: 'quick' }))).toMatchObject({
      status: 'failed',
      remedy: expect.stringContaining('restore'),
    })
  })

  it('finds an index that does not match its table, by the full check only', async () => {
    const database = new DatabaseSync(join(directory, 'index.db'), { defensive: false })
    // The index is hidden while one row is added and another removed: as many entries as rows, but not the same.
    database.exec(`CREATE TABLE t (x TEXT); CREATE INDEX t_x ON t (x); INSERT INTO t VALUES ('a'), ('b');
      PRAGMA writable_schema = ON;
      CREATE TEMP TABLE hidden AS SELECT * FROM sqlite_schema WHERE name = 't_x';
      DELETE FROM sqlite_schema WHERE name = 't_x';
      PRAGMA writable_schema = RESET;
      INSERT INTO t VALUES ('c'); DELETE FROM t WHERE x = 'a';
      PRAGMA writable_schema = ON;
      INSERT INTO sqlite_schema SELECT * FROM hidden;
      PRAGMA writable_schema = RESET;`)
    database.close()
    expect(await runCheck(sqliteIntegrity, at('index.db', { mode: 'quick' }))).toMatchObject({ status: 'passed' })
    expect(await runCheck(sqliteIntegrity, at('index.db'))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('missing from index t_x'),
    })
  })

  it('counts rows that break a foreign key, where asked to', async () => {
    expect(await runCheck(sqliteIntegrity, at('whole.db', { foreignKeys: true }))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('2 rows break a foreign key'),
    })
  })

  it('leaves the file as it was', async () => {
    const before = sha256(readFileSync(join(directory, 'whole.db')))
    await runCheck(sqliteIntegrity, at('whole.db', { foreignKeys: true }))
    expect(sha256(readFileSync(join(directory, 'whole.db')))).toBe(before)
  })

  it('reads what a writer has committed and not yet folded in', async () => {
    create('busy.db')
    const writer = new DatabaseSync(join(directory, 'busy.db'))
    writer.exec('PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; DELETE FROM relationships WHERE id > 1')
    expect(await runCheck(sqliteIntegrity, at('busy.db', { foreignKeys: true }))).toMatchObject({ status: 'failed' })
    writer.exec('COMMIT')
    expect(await runCheck(sqliteIntegrity, at('busy.db', { foreignKeys: true }))).toMatchObject({ status: 'passed' })
    writer.close()
  })
})
