import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Sample } from '../../plan/signal.ts'
import { sqliteIntegrity } from './sqlite-integrity.ts'

let directory = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-integrity-'))
  const database = new DatabaseSync(join(directory, 'app.db'))
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE entry (id INTEGER PRIMARY KEY, word TEXT NOT NULL)')
  database.exec('CREATE INDEX entry_word ON entry (word)')
  database.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
    INSERT INTO entry (word) SELECT 'word number ' || i FROM n`)
  database.close()
})

afterEach(() => rmSync(directory, { recursive: true }))

function look(options: object = {}, signal = AbortSignal.timeout(20_000)): Promise<Sample[]> {
  const given = sqliteIntegrity.options.parse({ path: 'app.db', ...options })
  const context = {
    directory,
    counters: () => Promise.resolve([]),
    instances: () => Promise.resolve({}),
    versions: () => ({ candidate: null, stable: null }),
  }
  return sqliteIntegrity.create(given, context).sample(1000, signal)
}

function overwrite(bytes: Uint8Array, position: number): void {
  const file = openSync(join(directory, 'app.db'), 'r+')
  writeSync(file, bytes, 0, bytes.length, position)
  closeSync(file)
}

/** Moves one index entry away from its row, in a way that leaves every page well formed. */
function desertIndex(): void {
  const database = new DatabaseSync(join(directory, 'app.db'), { defensive: false })
  database.exec('PRAGMA writable_schema = ON')
  database.exec(
    "UPDATE sqlite_schema SET sql = 'CREATE INDEX entry_word ON entry (word) WHERE id <> 77' WHERE name = 'entry_word'",
  )
  database.exec('PRAGMA writable_schema = RESET')
  database.exec("UPDATE entry SET word = 'changed' WHERE id = 77")
  database.exec('PRAGMA writable_schema = ON')
  database.exec("UPDATE sqlite_schema SET sql = 'CREATE INDEX entry_word ON entry (word)' WHERE name = 'entry_word'")
  database.close()
}

describe('sqlite-integrity source', () => {
  it('is 1 for a sound database, also while the service writes to it', async () => {
    const service = new DatabaseSync(join(directory, 'app.db'))
    service.exec("BEGIN IMMEDIATE; INSERT INTO entry (word) VALUES ('not yet')")
    expect(await look()).toEqual([
      { signal: 'integrity', version: null, at: 1000, value: 1, unit: 'count', observations: null },
    ])
    service.exec('ROLLBACK')
    service.close()
  })

  it('is 0 when bytes in the middle of a page were overwritten, in both modes', async () => {
    const pageBytes = 4096
    const middle = Math.floor(statSync(join(directory, 'app.db')).size / pageBytes / 2) * pageBytes
    overwrite(new Uint8Array(600).fill(0xa5), middle)
    for (const mode of ['integrity', 'quick']) {
      const [sample] = await look({ mode })
      expect(sample).toMatchObject({ value: 0 })
      expect(sample?.detail).toMatch(/^app\.db: /)
    }
  })

  it('finds an index that contradicts its table in mode `integrity`, which mode `quick` does not look for', async () => {
    desertIndex()
    expect(await look({ mode: 'integrity' })).toMatchObject([
      { value: 0, detail: expect.stringMatching(/index|missing|wrong/) },
    ])
    expect(await look({ mode: 'quick' })).toMatchObject([{ value: 1 }])
  })

  it('is 0 when the file is no database at all', async () => {
    writeFileSync(join(directory, 'app.db'), 'x'.repeat(8192))
    expect(await look()).toMatchObject([{ value: 0, detail: expect.stringMatching(/not a database/) }])
  })

  it('is unknown when there is no such file', async () => {
    expect(await look({ path: 'missing.db' })).toMatchObject([
      { value: null, detail: expect.stringMatching(/^missing\.db: unable to open/) },
    ])
  })

  it('is unknown when somebody keeps the database locked', async () => {
    const other = new DatabaseSync(join(directory, 'app.db'))
    other.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE')
    expect(await look()).toMatchObject([{ value: null, detail: expect.stringMatching(/locked/) }])
    other.close()
  })

  it('is unknown when the look is cancelled or takes too long', async () => {
    const cancelled = new AbortController()
    const looking = look({}, cancelled.signal)
    cancelled.abort()
    expect(await looking).toMatchObject([{ value: null, detail: 'app.db: the look was cancelled' }])
    const other = new DatabaseSync(join(directory, 'app.db'))
    other.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE')
    expect(await look({ timeoutMs: 300 })).toMatchObject([{ value: null, detail: 'app.db: no answer in 300 ms' }])
    other.close()
  })

  it('asks to be looked at as often as its options say', () => {
    const context = {
      directory,
      counters: () => Promise.resolve([]),
      instances: () => Promise.resolve({}),
      versions: () => ({ candidate: null, stable: null }),
    }
    expect(sqliteIntegrity.create(sqliteIntegrity.options.parse({ path: 'app.db' }), context).everyMs).toBe(10_000)
  })

  it('accepts its example and refuses its failing one', () => {
    expect(sqliteIntegrity.options.safeParse(sqliteIntegrity.example).success).toBe(true)
    expect(sqliteIntegrity.options.safeParse(sqliteIntegrity.failingExample).success).toBe(false)
  })
})
