// The page scan as its callers see it: counts of planted violations, one moment under a writer, what it leaves to SQL, damage.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { OutsideError } from '../../../lib/errors.ts'
import type { ScanFound, ScanRule } from '../../page-scan.ts'
import { createPageScan } from '../page-scan.ts'
import { plainAnswer, registerNoisyOr, scanHere, schemaOf, scratch } from './page-scan.fixture.ts'

const REFERENCE: ScanRule = { type: 'reference', table: 'child', column: 'ref', parent: 'parent', nulls: 'violate' }
const ALL: ScanRule[] = [
  REFERENCE,
  { type: 'value', table: 'child', column: 'val', test: { type: 'range', min: 0, max: 1 }, nulls: 'ignore' },
  { type: 'value', table: 'child', column: 'label', test: { type: 'regex', pattern: '[0-8]$' }, nulls: 'ignore' },
  { type: 'requires-child', table: 'parent', child: 'child', childColumn: 'ref' },
  { type: 'duplicates', table: 'child', column: 'label' },
  {
    type: 'aggregate',
    table: 'parent',
    column: 'v',
    child: 'child',
    childColumn: 'ref',
    childValue: 'val',
    aggregate: 'noisy-or',
    tolerance: 0.05,
    childless: 'compare',
  },
]
const signal = new AbortController().signal
const options = { workers: 2, keysMax: 5, signal }

/** Rows of about 500 bytes, so that some thousands of them are more than one thread would read. */
function fill(database: DatabaseSync, rows: number): void {
  database.exec(`PRAGMA synchronous=OFF; CREATE TABLE parent (id INTEGER PRIMARY KEY, v REAL);
    CREATE TABLE child (id INTEGER PRIMARY KEY, ref INTEGER, pad TEXT, val REAL, label TEXT);
    BEGIN;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
    INSERT INTO child SELECT i, CASE WHEN i % 997 = 0 THEN NULL WHEN i % 991 = 0 THEN i + ${rows} ELSE 1 + i * 31 % max(1, ${rows} / 2 - 50) END, printf('%450s', i),
      CASE WHEN i % 1009 = 0 THEN 1.5 ELSE (i % 100) / 100.0 END, 'label ' || CASE WHEN i % 1013 = 0 THEN i - 1 ELSE i END FROM n;
    INSERT INTO parent SELECT id, val FROM child WHERE id <= ${rows} / 2;
    COMMIT`)
}

async function scanOf(file: string, database: DatabaseSync) {
  const schemaVersion = Number(database.prepare('PRAGMA schema_version').get()?.schema_version)
  return createPageScan({ file, schema: await schemaOf(database), schemaVersion, bytesPerWorker: 1 << 20 })
}

describe('page scan', () => {
  test('two threads in a process of their own count what SQL counts', async () => {
    using place = scratch()
    using database = new DatabaseSync(place.file)
    registerNoisyOr(database)
    fill(database, 20_000)
    database.exec('CREATE INDEX child_ref ON child (ref)')
    const told: [number, number][] = []
    const found = await (
      await scanOf(place.file, database)
    )(ALL, {
      ...options,
      progress: (done, total) => told.push([done, total]),
    })
    const expected = ALL.map((rule) => {
      const keys = plainAnswer(database, rule)
      const table = rule.type === 'requires-child' || rule.type === 'aggregate' ? 10_000 : 20_000
      return { type: 'exact', count: keys.length, judged: table, keys: keys.slice(0, 5) }
    })
    expect(found).toEqual(expected)
    expect(expected.every(({ count }) => count > 0)).toBe(true)
    expect(told.every(([done, total]) => done > 0 && done <= total)).toBe(true)
  })

  test('sees one moment of a database that is being written', async () => {
    using place = scratch()
    using database = new DatabaseSync(place.file)
    database.exec('PRAGMA synchronous=OFF; PRAGMA journal_mode=WAL')
    database.exec(`CREATE TABLE banks (id INTEGER PRIMARY KEY, total INTEGER);
      CREATE TABLE accounts (id INTEGER PRIMARY KEY, bank INTEGER, pad TEXT, balance INTEGER);
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000)
      INSERT INTO accounts SELECT i, 1, printf('%200s', ''), 1000 FROM n;
      INSERT INTO banks SELECT 1, sum(balance) FROM accounts`)
    const rule: ScanRule = {
      type: 'aggregate',
      table: 'banks',
      column: 'total',
      child: 'accounts',
      childColumn: 'bank',
      childValue: 'balance',
      aggregate: 'sum',
      tolerance: 0,
      childless: 'compare',
    }
    const writer = await startWriter(place.file)
    try {
      for (let turn = 0; turn < 3; turn++) {
        using reader = new DatabaseSync(place.file, { readOnly: true })
        reader.exec('BEGIN')
        const scan = await scanOf(place.file, reader)
        const before = writtenBy(database)
        expect(await scan([rule], options)).toEqual([{ type: 'exact', count: 0, judged: 1, keys: [] }])
        expect(writtenBy(database)).toBeGreaterThan(before)
        reader.exec('COMMIT')
      }
    } finally {
      writer.kill('SIGKILL')
      await once(writer, 'exit')
    }
  })

  test('reads what the log has committed, and not what is being written into it', async () => {
    using place = scratch()
    using database = new DatabaseSync(place.file)
    database.exec('PRAGMA synchronous=OFF; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=10')
    fill(database, 1000)
    database.exec('DELETE FROM parent WHERE id % 2 = 0')
    const expected = plainAnswer(database, REFERENCE).length
    database.exec('BEGIN; DELETE FROM parent')
    database.exec("UPDATE child SET pad = printf('%460s', 'spilt')")
    expect(await scanHere(place.file, await schemaOf(database), [REFERENCE])).toMatchObject([
      { type: 'exact', count: expected },
    ])
    database.exec('ROLLBACK')
  })

  test('reads the log of another database as none', async () => {
    using place = scratch()
    using database = new DatabaseSync(place.file)
    database.exec('PRAGMA synchronous=OFF; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0')
    fill(database, 100)
    const expected = await scanHere(place.file, await schemaOf(database), ALL)
    database.exec('PRAGMA wal_checkpoint(FULL)')
    const log = readFileSync(`${place.file}-wal`)
    using other = scratch()
    writeFileSync(other.file, readFileSync(place.file))
    log.writeUInt32BE((log.readUInt32BE(16) ^ 1) >>> 0, 16)
    writeFileSync(`${other.file}-wal`, log)
    expect(await scanHere(other.file, await schemaOf(database), ALL)).toEqual(expected)
  })

  test('says why SQL must answer', async () => {
    using place = scratch()
    using database = new DatabaseSync(place.file)
    fill(database, 10)
    database.exec(`CREATE TABLE plain (id INTEGER PRIMARY KEY, x TEXT) WITHOUT ROWID; CREATE VIEW seen AS SELECT * FROM child;
      CREATE TABLE made (id INTEGER PRIMARY KEY, x INTEGER AS (id + 1)); CREATE TABLE far (id INTEGER PRIMARY KEY);
      CREATE TABLE mixed (id INTEGER PRIMARY KEY, x TEXT COLLATE NOCASE); INSERT INTO far VALUES (-1), (9000000000);
      ALTER TABLE child ADD COLUMN later INTEGER DEFAULT 7`)
    const value = (table: string, column = 'x'): ScanRule => ({
      type: 'value',
      table,
      column,
      test: { type: 'range', min: 0, max: null },
      nulls: 'ignore',
    })
    const found = await scanHere(place.file, await schemaOf(database), [
      value('plain'),
      value('seen', 'val'),
      value('made'),
      value('absent'),
      value('child', 'absent'),
      value('child', 'pad'),
      value('child', 'later'),
      { type: 'duplicates', table: 'mixed', column: 'x' },
      { ...REFERENCE, parent: 'far' } as ScanRule,
      { ...REFERENCE, column: 'pad' } as ScanRule,
      value('child', 'val'),
    ])
    expect(found.map((answer) => (answer.type === 'exact' ? 'exact' : answer.reason))).toEqual([
      'plain is WITHOUT ROWID',
      'seen is a view',
      'made has generated columns',
      'there is no table absent',
      'child has no column absent',
      'child.pad holds texts, which compare as such',
      'rows from before a column with a default was added',
      'mixed.x may have a collation of its own',
      'the row numbers of far are too far apart: about 2 in 9000000002',
      'child.pad holds texts',
      'exact',
    ])
  })

  test('leaves to SQL what the memory is not for, and does the rest', async () => {
    using place = scratch()
    using database = new DatabaseSync(place.file)
    fill(database, 5000)
    const schema = await schemaOf(database)
    const task = {
      file: place.file,
      schema,
      schemaVersion: Number(database.prepare('PRAGMA schema_version').get()?.schema_version),
    }
    const found = await createPageScan({ ...task, memoryBytesMax: 30_000 })(ALL, options)
    expect(found.map(({ type }) => type)).toEqual(['exact', 'exact', 'exact', 'exact', 'not-eligible', 'not-eligible'])
    const changed = await createPageScan({ ...task, schemaVersion: 0 })([REFERENCE], options)
    expect(changed).toEqual([{ type: 'not-eligible', reason: 'the schema has been changed since it was read' }])
  })

  test('can be cancelled, and says so', async () => {
    using place = scratch()
    using database = new DatabaseSync(place.file)
    fill(database, 100)
    const scan = await scanOf(place.file, database)
    const controller = new AbortController()
    const running = scan(ALL, { ...options, signal: controller.signal })
    controller.abort()
    await expect(running).rejects.toThrow('the page scan was cancelled')
    await expect(scan(ALL, { ...options, signal: controller.signal })).rejects.toThrow(OutsideError)
  })

  test('an encrypted file is left to SQL, a missing one is an error', async () => {
    using place = scratch()
    using database = new DatabaseSync(place.file)
    fill(database, 10)
    const schema = await schemaOf(database)
    using other = scratch()
    const scan = createPageScan({ file: other.file, schema, schemaVersion: 1 })
    await expect(scan([REFERENCE], options)).rejects.toThrow(`${other.file} cannot be read: ENOENT`)
    writeFileSync(other.file, Buffer.alloc(8192, 7))
    expect(await scan([REFERENCE], options)).toEqual([
      { type: 'not-eligible', reason: 'the file is encrypted or not SQLite' },
    ])
  })
})

describe('page scan of a damaged file', () => {
  test('names the page where the file ends too early, or a page is of something else', async () => {
    using place = scratch()
    using database = new DatabaseSync(place.file)
    fill(database, 2000)
    const schema = await schemaOf(database)
    const pages = statSync(place.file).size / 4096
    using other = scratch()
    writeFileSync(other.file, readFileSync(place.file))
    truncateSync(other.file, 4096 * Math.floor(pages / 2))
    await expect(scanHere(other.file, schema, [REFERENCE])).rejects.toThrow(/page \d+ is damaged/)
    writeFileSync(other.file, readFileSync(place.file))
    overwrite(other.file, 4096 * 50, Buffer.alloc(4096))
    await expect(scanHere(other.file, schema, [REFERENCE])).rejects.toThrow('page 51 is damaged')
  })

  test('any byte may be wrong: it ends, and with an error where it is not data', async () => {
    using place = scratch()
    using database = new DatabaseSync(place.file)
    database.exec('PRAGMA page_size=512')
    fill(database, 60)
    database.exec("UPDATE child SET label = printf('label %1500s', id) WHERE id % 5 = 0")
    const schema = await schemaOf(database)
    const sound = readFileSync(place.file)
    using other = scratch()
    let seed = 12_345
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below
    const ended = { answered: 0, damaged: 0 }
    for (let turn = 0; turn < 150; turn++) {
      const bytes = Buffer.from(sound)
      // Often where a page's own header and pointers are.
      const at = turn % 2 === 0 ? random(bytes.length) : 512 * random(bytes.length / 512) + random(16)
      bytes[at] = random(256)
      writeFileSync(other.file, turn % 25 === 0 ? bytes.subarray(0, random(bytes.length)) : bytes)
      try {
        const found: ScanFound[] = await scanHere(other.file, schema, ALL)
        expect(found).toHaveLength(ALL.length)
        ended.answered++
      } catch (error) {
        expect(error).toBeInstanceOf(OutsideError)
        ended.damaged++
      }
    }
    expect(ended.answered).toBeGreaterThan(20)
    expect(ended.damaged).toBeGreaterThan(5)
  })
})

function overwrite(file: string, at: number, bytes: Buffer): void {
  const handle = openSync(file, 'r+')
  writeSync(handle, bytes, 0, bytes.length, at)
  closeSync(handle)
}

/** Another process that moves money from account to account until it is killed. */
async function startWriter(file: string): Promise<ChildProcess> {
  const writer = fork(fileURLToPath(new URL('transfers.fixture.ts', import.meta.url)), [file], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  await once(writer, 'message')
  return writer
}

/** Transfers so far. */
function writtenBy(database: DatabaseSync): number {
  return Number(database.prepare('SELECT count(*) AS n FROM transfers').get()?.n)
}
