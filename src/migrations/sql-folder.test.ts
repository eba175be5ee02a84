import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { poll } from '../lib/deadline.ts'
import { processIds } from '../lib/process-identity.ts'
import { emptySqlite, placeIn, rowsOf, scratch, tablesOf, write } from './sql-folder.fixture.ts'
import { readFolder } from './sql-folder/read-folder.ts'
import { sqlFolder } from './sql-folder.ts'
import type { MigrationPlace } from './tool.ts'

const SHOP = {
  '0001_orders.up.sql': 'CREATE TABLE orders (id INTEGER PRIMARY KEY);\n',
  '0001_orders.down.sql': 'DROP TABLE orders;\n',
  '0002_total.up.sql':
    '-- money\nALTER TABLE orders ADD COLUMN total INTEGER;\nCREATE INDEX by_total ON orders (total);\n',
}

const quiet = (): void => {}

function shop(
  files: Record<string, string> = SHOP,
  change: Partial<MigrationPlace> = {},
): MigrationPlace & { database: string } {
  const directory = scratch(files)
  const database = emptySqlite(join(scratch(), 'shop.db'))
  return { ...placeIn(directory, { database, ...change }), database }
}

async function problemsOf(place: MigrationPlace): Promise<string[]> {
  const status = await sqlFolder.status(place)
  if (!status.known) throw new Error(status.why)
  return status.problems
}

describe('a folder of plain SQL', () => {
  it('tells what is pending, applies it in order, and takes it back', async () => {
    const place = shop()
    expect(await sqlFolder.status(place)).toEqual({
      known: true,
      migrations: [
        { version: '0001_orders', applied: false, down: true },
        { version: '0002_total', applied: false, down: false },
      ],
      problems: [],
      notes: [],
    })
    expect(await sqlFolder.apply(place, ['0001_orders', '0002_total'], quiet)).toMatchObject({ ok: true })
    expect(rowsOf(place.database, 'SELECT total FROM orders')).toEqual([])
    expect(rowsOf(place.database, 'SELECT version FROM gonogo_migrations ORDER BY position')).toEqual([
      { version: '0001_orders' },
      { version: '0002_total' },
    ])
    write(place.directory, { '0002_total.down.sql': 'DROP INDEX by_total; ALTER TABLE orders DROP COLUMN total;' })
    expect(await sqlFolder.down(place, ['0002_total', '0001_orders'], quiet)).toMatchObject({ ok: true })
    expect(tablesOf(place.database)).toEqual([])
    expect(rowsOf(place.database, 'SELECT * FROM gonogo_migrations')).toEqual([])
  })

  it.each<[string, Record<string, string>, string[]]>([
    [
      'Vn__name and Un__name',
      {
        'V1__a.sql': 'CREATE TABLE a (x);',
        'U1__a.sql': 'DROP TABLE a;',
        'V1_1__b.sql': 'CREATE TABLE b (x);',
        'V10__c.sql': 'CREATE TABLE c (x);',
      },
      ['1_a', '1_1_b', '10_c'],
    ],
    [
      'dates with sections',
      {
        '20260102030405_b.sql': 'CREATE TABLE b (x);',
        '20260101000000_a.sql': '-- migrate:up\nCREATE TABLE a (x);\n-- migrate:down\nDROP TABLE a;\n',
      },
      ['20260101000000_a', '20260102030405_b'],
    ],
  ])('reads %s', (_, files, versions) => {
    const { migrations, problems } = readFolder(scratch(files), false)
    expect(problems).toEqual([])
    expect(migrations.map(({ version }) => version)).toEqual(versions)
    expect(migrations.map(({ down }) => down !== null)).toEqual(versions.map((_version, index) => index === 0))
  })

  it('runs only the upper section on the way up, and finds the line of a failure in the whole file', async () => {
    const place = shop({
      '1_a.sql':
        '-- the first\n-- migrate:up\nCREATE TABLE a (x);\n\nINSERT INTO nowhere VALUES (1);\n-- migrate:down\nDROP TABLE a;\n',
    })
    const { ok, problem } = await sqlFolder.apply(place, ['1_a'], quiet)
    expect(ok).toBe(false)
    expect(problem).toBe('1_a.sql:5: no such table: nowhere; all that 1_a did was rolled back')
    expect(tablesOf(place.database)).toEqual([])
  })

  it('leaves the migrations before a failing one applied and recorded', async () => {
    const place = shop({ ...SHOP, '0003_bad.up.sql': 'DELETE FROM orders;\nCREATE TABLE orders (id);' })
    const result = await sqlFolder.apply(place, ['0001_orders', '0002_total', '0003_bad'], quiet)
    expect(result.problem).toContain('0003_bad.up.sql:2: ')
    expect(result.problem).toContain('already exists')
    expect(rowsOf(place.database, 'SELECT count(*) AS n FROM gonogo_migrations')).toEqual([{ n: 2 }])
  })

  it('keeps triggers with their semicolons in one piece', async () => {
    const trigger = `CREATE TABLE a (x);
CREATE TRIGGER grows AFTER INSERT ON a BEGIN
  UPDATE a SET x = CASE WHEN x > 1 THEN 'a;b' ELSE x END; -- end;
  DELETE FROM a WHERE x = 0;
END;
INSERT INTO a VALUES (0), (2);`
    const place = shop({ '1_a.sql': trigger })
    expect(await sqlFolder.apply(place, ['1_a'], quiet)).toMatchObject({ ok: true })
    expect(rowsOf(place.database, 'SELECT x FROM a')).toEqual([{ x: 'a;b' }])
  })

  it.each([
    ['a transaction of its own', 'BEGIN;\nCREATE TABLE a (x);\nCOMMIT;', 'begins or ends a transaction'],
    ['an attached database', "CREATE TABLE a (x);\nATTACH ':memory:' AS other;", 'attaches another database'],
    [
      'foreign keys that would stay off',
      'CREATE TABLE a (x);\nPRAGMA foreign_keys = ON;',
      'no effect inside of a transaction',
    ],
  ])('refuses %s', async (_, sql, why) => {
    const place = shop({ '1_a.sql': sql })
    const result = await sqlFolder.apply(place, ['1_a'], quiet)
    expect(result).toMatchObject({ ok: false, problem: expect.stringContaining(why) })
    expect(tablesOf(place.database)).toEqual([])
  })
})

describe('what is wrong with a folder', () => {
  it.each<[string, Record<string, string>, string]>([
    ['two files with one number', { ...SHOP, '02_again.up.sql': 'SELECT 1;' }, 'have the same number'],
    ['a gap', { ...SHOP, '0004_late.up.sql': 'SELECT 1;' }, 'a gap between 0002_total.up.sql and 0004_late.up.sql'],
    ['a file that is named otherwise', { ...SHOP, 'orders.sql': 'SELECT 1;' }, 'orders.sql is named neither'],
    [
      'a way down of nothing',
      { ...SHOP, '0003_x.down.sql': 'SELECT 1;' },
      '0003_x.down.sql takes back a migration that is not there',
    ],
    ['an empty file', { ...SHOP, '0003_x.up.sql': '-- later\n' }, '0003_x.up.sql holds no statement'],
    [
      'a migration that wants no transaction',
      { '1_a.sql': '-- migrate:up transaction:false\nVACUUM;' },
      'outside of a transaction',
    ],
  ])('%s', (_, files, problem) => {
    expect(readFolder(scratch(files), false).problems.join('\n')).toContain(problem)
  })

  it('says nothing about a gap that is allowed', () => {
    expect(readFolder(scratch({ ...SHOP, '0004_late.up.sql': 'SELECT 1;' }), true).problems).toEqual([])
  })

  it('an applied migration that was edited, one that is gone, and one that came late', async () => {
    const place = shop()
    await sqlFolder.apply(place, ['0001_orders'], quiet)
    write(place.directory, {
      '0001_orders.up.sql': SHOP['0001_orders.up.sql'].replaceAll('\n', '\r\n'),
      '0001_orders.down.sql': 'DROP TABLE IF EXISTS orders;',
    })
    expect(await problemsOf(place)).toEqual([])
    write(place.directory, { '0001_orders.up.sql': 'CREATE TABLE orders (id TEXT PRIMARY KEY);' })
    expect(await problemsOf(place)).toEqual(['0001_orders.up.sql was edited after it was applied'])
    write(place.directory, SHOP)
    await sqlFolder.apply(place, ['0002_total'], quiet)
    rmSync(join(place.directory, '0001_orders.up.sql'))
    expect((await problemsOf(place)).join('\n')).toContain('0001_orders is applied, but its file is gone')
    write(place.directory, {
      '0001_orders.up.sql': SHOP['0001_orders.up.sql'],
      '0000_first.up.sql': 'CREATE TABLE first (x);',
    })
    expect(await problemsOf(place)).toEqual(['0000_first is pending, but 0002_total after it is applied'])
  })

  it.each([
    ['no database', null, 'no database is named'],
    ['a database that is not there', '/no/such/file.db', 'there is no file'],
    ['a database of another kind', 'mysql://host/app', 'no database is named that is Postgres or SQLite'],
  ])('%s is not known, never nothing pending', async (_, database, why) => {
    expect(await sqlFolder.status({ ...shop(), database })).toMatchObject({
      known: false,
      why: expect.stringContaining(why),
    })
  })

  it('a folder without migrations is not known', async () => {
    expect(await sqlFolder.status(shop({ 'README.md': 'none yet' }))).toMatchObject({ known: false })
  })

  it('a file that is no database is not known', async () => {
    const place = shop()
    write(scratch(), {})
    const database = join(
      scratch({ 'x.db': 'this is not a database, and long enough to be looked at as one'.repeat(20) }),
      'x.db',
    )
    expect(await sqlFolder.status({ ...place, database })).toMatchObject({
      known: false,
      words: expect.stringContaining('not a database'),
    })
  })
})

describe('two at once', () => {
  it('names the lock and its time-out when somebody else writes', async () => {
    const place = shop(SHOP, { lockTimeoutMs: 100 })
    const other = new DatabaseSync(place.database)
    other.exec('BEGIN IMMEDIATE')
    try {
      const { ok, problem } = await sqlFolder.apply(place, ['0001_orders'], quiet)
      expect(ok).toBe(false)
      expect(problem).toContain('locked by somebody else for longer than the lock time-out of 100 ms')
    } finally {
      other.close()
    }
    expect(tablesOf(place.database)).toEqual([])
  })

  it('applies each migration once, whoever is first', async () => {
    const place = shop()
    const results = await Promise.all([1, 2].map(() => sqlFolder.apply(place, ['0001_orders', '0002_total'], quiet)))
    expect(results.some(({ ok }) => ok)).toBe(true)
    for (const { ok, problem } of results) if (!ok) expect(problem).toContain('somebody else is migrating')
    expect(rowsOf(place.database, 'SELECT count(*) AS n FROM gonogo_migrations')).toEqual([{ n: 2 }])
  })
})

/** Ids of running migrations of this database: their request names it on standard input, so they are told by their parent. */
function runnersOf(parent: number): number[] {
  return processIds().filter((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
      return (
        Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent &&
        readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('sqlite-runner')
      )
    } catch {
      return false
    }
  })
}

describe.runIf(process.platform === 'linux')('killed in the middle', () => {
  it.each(['wal', 'delete'])('is neither half applied nor unrecorded, with journal %s', async (mode) => {
    const rows =
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000000) INSERT INTO b SELECT i FROM n'
    const place = shop({
      '1_a.sql': 'CREATE TABLE a (x);',
      '2_b.sql': `CREATE TABLE b (x);\nINSERT INTO a VALUES (1);\n${rows};\n`,
    })
    emptySqlite(place.database, `PRAGMA journal_mode = ${mode}`)
    const applying = sqlFolder.apply(place, ['1_a', '2_b'], quiet)
    const size = (): number => ['', '-wal', '-journal'].reduce((sum, end) => sum + fileSize(place.database + end), 0)
    // Well into the second migration: pages of it are on disk already.
    expect(await poll(() => (size() > 3 << 20 ? true : null), { everyMs: 5, timeoutMs: 30_000 })).toBe(true)
    const [runner, ...others] = runnersOf(process.pid)
    expect(others).toEqual([])
    process.kill(runner as number, 'SIGKILL')
    expect(await applying).toMatchObject({ ok: false, problem: expect.stringContaining('SIGKILL') })
    // The first to look finds what the killed one left, and rolls it back.
    expect(await sqlFolder.status(place)).toMatchObject({
      migrations: [{ applied: true }, { applied: false }],
      problems: [],
    })
    expect(tablesOf(place.database)).toEqual(['a'])
    expect(rowsOf(place.database, 'SELECT * FROM a')).toEqual([])
    expect(rowsOf(place.database, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
  })
})

function fileSize(path: string): number {
  try {
    return statSync(path).size
  } catch {
    return 0
  }
}
