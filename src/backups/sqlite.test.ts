// Backups are taken, proved, kept and refused; and what is left behind when they fail: nothing.
import {
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { mayWriteSharedWal } from '../databases/sqlite/open.ts'
import { describeAdded, rowsAdded } from './sqlite/preview.ts'
import {
  addRows,
  backupOf,
  IDLE,
  makeDatabase,
  marksIn,
  outsideErrorOf,
  stop,
  temporaryDirectory,
  userOf,
  WRITER,
} from './sqlite/fixture.ts'
import { sqlite } from './sqlite.ts'

const signal = AbortSignal.timeout(120_000)

function overwriteByte(file: string, offset: number): void {
  const handle = openSync(file, 'r+')
  const byte = readFileSync(file)[offset] ?? 0
  writeSync(handle, Buffer.from([byte ^ 0xff]), 0, 1, offset)
  closeSync(handle)
}

function leftBehind(directory: string): string[] {
  const copies = join(directory, '.gonogo/backups/main')
  return existsSync(copies) ? readdirSync(copies) : []
}

describe('taking a copy', () => {
  it('is consistent every time while another process writes', async () => {
    const directory = temporaryDirectory()
    const file = join(directory, 'app.db')
    makeDatabase(file, { rows: 20_000, mark: 'old' })
    const writer = await userOf(file, WRITER)
    const backup = backupOf(directory)
    let before = 0
    for (let round = 0; round < 4; round++) {
      const manifest = await backup.create(signal)
      using copy = new DatabaseSync(manifest.file, { readOnly: true })
      const row = copy
        .prepare(
          'SELECT (SELECT count(*) FROM steps) AS steps, (SELECT max(n) FROM steps) AS last, (SELECT n FROM total) AS total',
        )
        .get()
      expect(row?.steps).toBe(row?.last)
      expect(row?.steps).toBe(row?.total)
      expect(Number(row?.steps)).toBeGreaterThan(before)
      before = Number(row?.steps)
      expect(manifest.rows).toEqual({ facts: 20_000, steps: before, total: 1 })
    }
    expect(writer.exitCode).toBeNull()
    await stop(writer)
  })

  it('holds rows that are only in the log, which a plain copy of the file would lose', async () => {
    const directory = temporaryDirectory()
    const file = join(directory, 'app.db')
    using database = new DatabaseSync(file)
    database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE facts (id INTEGER PRIMARY KEY, mark TEXT, pad TEXT)',
    )
    addRows(database, { rows: 500, mark: 'in the log' })
    const manifest = await backupOf(directory).create(signal)
    expect(manifest.rows).toEqual({ facts: 500 })
    expect(readdirSync(join(directory, '.gonogo/backups/main'))).toEqual([
      `${manifest.id}.db`,
      `${manifest.id}.db.manifest.json`,
    ])
  })

  it('says what it is', async () => {
    const directory = temporaryDirectory()
    makeDatabase(join(directory, 'app.db'), { rows: 10, mark: 'old', journal: 'delete' })
    const manifest = await backupOf(directory, { check: 'quick' }).create(signal)
    expect(manifest).toMatchObject({
      kind: 'sqlite',
      rows: { facts: 10 },
      bytes: statSync(manifest.file).size,
      verified: { method: 'quick_check: ok' },
    })
    expect(manifest.id).toMatch(/^\d{8}T\d{6}Z-[0-9a-f]{4}$/)
    expect(manifest.sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(statSync(manifest.file).mode & 0o077).toBe(0)
    expect(await backupOf(directory).verify(manifest, signal)).toEqual({
      ok: true,
      summary: 'restored into scratch: quick_check ok, SHA-256 matches, 10 rows in 1 table as recorded',
    })
  })

  it('keeps the newest, lists them newest first, and leaves out a manifest whose copy is gone', async () => {
    const directory = temporaryDirectory()
    makeDatabase(join(directory, 'app.db'), { rows: 1, mark: 'old' })
    const backup = backupOf(directory, { keep: 2 })
    const taken = [await backup.create(signal), await backup.create(signal), await backup.create(signal)]
    const listed = (await backup.list()).map(({ id }) => id)
    expect(listed).toEqual([taken[2]?.id, taken[1]?.id])
    rmSync(taken[2]?.file ?? '')
    expect((await backup.list()).map(({ id }) => id)).toEqual([taken[1]?.id])
  })
})

describe('a copy that cannot be taken', () => {
  it('names free and wanted bytes when the disk is too small', async () => {
    const directory = temporaryDirectory()
    makeDatabase(join(directory, 'app.db'), { rows: 1, mark: 'old' })
    truncateSync(join(directory, 'app.db'), 8 * 2 ** 40)
    const error = await outsideErrorOf(backupOf(directory).create(signal))
    expect(error.message).toMatch(/^disk full: .* \(\d+ bytes\) free, a copy of .* wants .* \(\d+ bytes\)$/)
    expect(error.hint).toContain('make room')
    expect(leftBehind(directory)).toEqual([])
  })

  it.each([
    ['there is none', () => {}, /there is no database .*app\.db/],
    [
      'it is something else',
      (file: string) => writeFileSync(file, 'text\n'.repeat(5000)),
      /app\.db is not a SQLite database/,
    ],
  ])('says so when %s', async (_, prepare, message) => {
    const directory = temporaryDirectory()
    prepare(join(directory, 'app.db'))
    const error = await outsideErrorOf(backupOf(directory).create(signal))
    expect(error.message).toMatch(message)
    expect(error.hint).toMatch(/set `database`|unencrypted/)
    expect(leftBehind(directory)).toEqual([])
  })

  it('refuses a damaged database: its copy does not pass the check', async () => {
    const directory = temporaryDirectory()
    const file = join(directory, 'app.db')
    makeDatabase(file, { rows: 3000, mark: 'old' })
    for (let page = 3; page < 8; page++) for (let i = 0; i < 8; i++) overwriteByte(file, 4096 * page + i)
    const error = await outsideErrorOf(backupOf(directory).create(signal))
    expect(error.message).toMatch(/does not pass quick_check/)
    expect(leftBehind(directory)).toEqual([])
  })

  it('leaves nothing behind when it is cancelled', async () => {
    const directory = temporaryDirectory()
    makeDatabase(join(directory, 'app.db'), { rows: 50_000, mark: 'old' })
    const cancel = new AbortController()
    const creating = outsideErrorOf(backupOf(directory).create(cancel.signal))
    setTimeout(() => cancel.abort(), 60)
    expect((await creating).message).toMatch(/^(snapshot|prove) was cancelled$/)
    expect(leftBehind(directory)).toEqual([])
  })

  it('names the directory that cannot be written', async () => {
    const directory = temporaryDirectory()
    makeDatabase(join(directory, 'app.db'), { rows: 1, mark: 'old' })
    const error = await outsideErrorOf(backupOf(directory, { directory: 'app.db/copies' }).create(signal))
    expect(error.message).toMatch(/^cannot create .*app\.db\/copies: ENOTDIR$/)
  })

  it('removes what a killed maker left', async () => {
    const directory = temporaryDirectory()
    makeDatabase(join(directory, 'app.db'), { rows: 1, mark: 'old' })
    const backup = backupOf(directory)
    const { id } = await backup.create(signal)
    writeFileSync(join(directory, '.gonogo/backups/main/.unfinished-999999999-1-abc.db'), 'half')
    await backup.create(signal)
    expect(leftBehind(directory).filter((name) => name.startsWith('.'))).toEqual([])
    expect(leftBehind(directory)).toContain(`${id}.db`)
  })
})

describe('proving a copy again', () => {
  it('finds one changed byte, and a restore refuses the copy and changes nothing', async () => {
    const directory = temporaryDirectory()
    const file = join(directory, 'app.db')
    makeDatabase(file, { rows: 1000, mark: 'old' })
    const backup = backupOf(directory)
    const manifest = await backup.create(signal)
    overwriteByte(manifest.file, manifest.bytes - 5)
    expect(await backup.verify(manifest, signal)).toMatchObject({
      ok: false,
      summary: expect.stringContaining('SHA-256'),
    })
    const error = await outsideErrorOf(backup.restore(manifest, { skipValidation: false, signal }))
    expect(error.message).toMatch(/is not what was backed up/)
    await outsideErrorOf(backup.stage(manifest, signal))
    expect(marksIn(file)).toEqual({ old: 1000 })
    expect(readdirSync(directory).filter((name) => name !== '.gonogo')).toEqual(['app.db'])
  })

  it('finds a cut copy, which is refused even without validation', async () => {
    const directory = temporaryDirectory()
    makeDatabase(join(directory, 'app.db'), { rows: 1000, mark: 'old' })
    const backup = backupOf(directory)
    const manifest = await backup.create(signal)
    truncateSync(manifest.file, 4096)
    expect(await backup.verify(manifest, signal)).toMatchObject({
      ok: false,
      summary: expect.stringContaining('4096 bytes'),
    })
    const error = await outsideErrorOf(backup.restore(manifest, { skipValidation: true, signal }))
    expect(error.message).toMatch(/has 4096 bytes/)
  })
})

describe('what a restore would undo', () => {
  it('is counted in rows per table, on a database in use', async () => {
    const directory = temporaryDirectory()
    const file = join(directory, 'app.db')
    makeDatabase(file, { rows: 10, mark: 'old' })
    await userOf(file, IDLE)
    const backup = backupOf(directory)
    const manifest = await backup.create(signal)
    expect((await backup.preview(manifest)).rowsAddedSince).toEqual({})
    using database = new DatabaseSync(file)
    addRows(database, { rows: 312, mark: 'new' })
    const preview = await backup.preview(manifest)
    expect(preview.rowsAddedSince).toEqual({ facts: 312 })
    expect(preview.summary).toMatch(/^312 rows in 1 table were written since .* UTC$/)
  })

  it('tells written from deleted, and new tables from old', () => {
    const added = rowsAdded({ a: 5, b: 5, c: 1 }, { a: 7, b: 2, c: 1, d: 4 })
    expect(added).toEqual({ a: 2, b: -3, d: 4 })
    expect(describeAdded(added, 0)).toBe(
      '6 rows in 2 tables were written and 3 rows in 1 table were deleted since 1970-01-01 00:00:00 UTC; changes of existing rows are not counted',
    )
  })
})

describe('the kind', () => {
  it('has an example that fails', async () => {
    const directory = temporaryDirectory()
    const options = sqlite.options.parse(sqlite.failingExample)
    const backup = sqlite.create(options, { name: 'main', directory, stateDirectory: join(directory, '.gonogo') })
    await outsideErrorOf(backup.create(signal))
    expect(sqlite.options.safeParse({ database: 'a', databse: 'b' }).success).toBe(false)
    expect(sqlite.options.parse(sqlite.options.parse(sqlite.example))).toEqual(sqlite.options.parse(sqlite.example))
  })

  it('knows which SQLite must not write a shared log', () => {
    expect(['3.40.1', '3.50.4', '3.51.2'].map((version) => mayWriteSharedWal(version))).toEqual([false, false, false])
    expect(['3.51.3', '3.52.0', '4.0.0'].map((version) => mayWriteSharedWal(version))).toEqual([true, true, true])
  })
})
