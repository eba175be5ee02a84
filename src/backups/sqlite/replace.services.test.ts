// Putting a backup back: alone, with others connected, over a damaged file, and killed in the middle.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { entryPoint } from '../../lib/entry-point.ts'
import { OutsideError } from '../../lib/errors.ts'
import type { Backup, BackupManifest } from '../backup.ts'
import { addRows, backupOf, IDLE, makeDatabase, marksIn, stop, temporaryDirectory, userOf, WRITER } from './fixture.ts'
import { stagedPath, unusedKeptPath } from './places.ts'
import type { Tasks } from './tasks.ts'

const signal = AbortSignal.timeout(120_000)

/** For another process to get on: it waits for what must come, so a stalled machine only takes longer. */
const PATIENCE = { timeout: 20_000, interval: 20 }

/** A database backed up with 1000 rows `old`, to which 500 rows `new` were added since. */
async function changedSince(
  options: { journal?: string; rows?: number } = {},
): Promise<{ directory: string; file: string; backup: Backup; manifest: BackupManifest }> {
  const directory = temporaryDirectory()
  const file = join(directory, 'app.db')
  makeDatabase(file, { rows: 1000, mark: 'old', ...options })
  const backup = backupOf(directory)
  const manifest = await backup.create(signal)
  using database = new DatabaseSync(file)
  addRows(database, { rows: 500, mark: 'new' })
  return { directory, file, backup, manifest }
}

const visible = (directory: string) => readdirSync(directory).filter((name) => !name.startsWith('.gonogo'))

function startRestore(live: string, manifest: BackupManifest) {
  const input: Tasks['restore']['wants'] = {
    lay: { manifest, live, staged: stagedPath(live, manifest), sha256: manifest.sha256 },
    kept: unusedKeptPath(live, Date.now()),
  }
  const worker = entryPoint(import.meta.url, './worker')
  return spawn(process.execPath, [worker, 'restore', JSON.stringify(input)], { detached: true, stdio: 'ignore' })
}

describe('nobody connected', () => {
  it.each(['wal', 'delete'])('renames the copy into place and keeps the old database (%s)', async (journal) => {
    const { directory, file, backup, manifest } = await changedSince({ journal })
    const result = await backup.restore(manifest, { skipValidation: false, signal })
    expect(result.method).toContain('renamed into place')
    expect(marksIn(file)).toEqual({ old: 1000 })
    expect(marksIn(result.keptAt ?? '')).toEqual({ new: 500, old: 1000 })
    expect(visible(directory).every((name) => /^app\.db(\.replaced-\w+)?$/.test(name))).toBe(true)
    using database = new DatabaseSync(file)
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: journal })
  })

  it('takes a log that a dead service left along with the old database', async () => {
    const { file, backup, manifest } = await changedSince()
    const user = await userOf(
      file,
      `database.exec("PRAGMA wal_autocheckpoint = 0; INSERT INTO facts (mark) VALUES ('last words')"); console.log('ready'); setInterval(() => {}, 1000)`,
    )
    await stop(user)
    expect(existsSync(`${file}-wal`)).toBe(true)
    const result = await backup.restore(manifest, { skipValidation: true, signal })
    expect(marksIn(file)).toEqual({ old: 1000 })
    expect(marksIn(result.keptAt ?? '')).toEqual({ 'last words': 1, new: 500, old: 1000 })
  })

  it('lays the copy in place when the database is gone', async () => {
    const { file, backup, manifest } = await changedSince()
    for (const ending of ['', '-wal', '-shm']) rmSync(file + ending, { force: true })
    const result = await backup.restore(manifest, { skipValidation: false, signal })
    expect(result.keptAt).toBeNull()
    expect(marksIn(file)).toEqual({ old: 1000 })
  })

  it('uses the copy that was staged before', async () => {
    const { file, backup, manifest } = await changedSince()
    await backup.stage(manifest, signal)
    rmSync(manifest.file)
    await backup.restore(manifest, { skipValidation: false, signal })
    expect(marksIn(file)).toEqual({ old: 1000 })
  })

  it('can be done again and again', async () => {
    const { file, backup, manifest } = await changedSince()
    for (let round = 0; round < 2; round++) await backup.restore(manifest, { skipValidation: false, signal })
    expect(marksIn(file)).toEqual({ old: 1000 })
  })
})

describe('others connected', () => {
  it.each(['wal', 'delete'])('overwrites in one transaction, and an idle connection sees it (%s)', async (journal) => {
    const { file, backup, manifest } = await changedSince({ journal })
    const before = new DatabaseSync(file)
    expect(before.prepare('SELECT count(*) AS count FROM facts').get()).toEqual({ count: 1500 })
    await userOf(file, IDLE)
    const result = await backup.restore(manifest, { skipValidation: false, signal })
    expect(result.method).toContain('overwritten in one transaction')
    expect(before.prepare('SELECT count(*) AS count FROM facts').get()).toEqual({ count: 1000 })
    before.close()
    expect(marksIn(file)).toEqual({ old: 1000 })
    expect(marksIn(result.keptAt ?? '')).toEqual({ new: 500, old: 1000 })
  })

  it('loses no commit of a busy writer: each is in the kept database or in the restored one', async () => {
    const { file, backup, manifest: first } = await changedSince()
    await backup.restore(first, { skipValidation: false, signal })
    {
      using database = new DatabaseSync(file)
      database.exec(
        'CREATE TABLE steps (n INTEGER PRIMARY KEY); CREATE TABLE total (n INTEGER); CREATE TABLE log (at INTEGER PRIMARY KEY)',
      )
    }
    const manifest = await backup.create(signal)
    // Says what it has committed; numbers go on across the swap, so that each commit can be looked for afterwards.
    const user = await userOf(
      file,
      `database.exec('PRAGMA synchronous = OFF')
      let next = 1
      function write() {
        database.exec('INSERT INTO log VALUES (' + next + ')')
        process.stdout.write(next++ + '\\n')
        setImmediate(write)
      }
      write()`,
    )
    let printed = ''
    user.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()))
    await expect.poll(() => printed.split('\n').length, PATIENCE).toBeGreaterThan(20)
    const result = await backup.restore(manifest, { skipValidation: false, signal })
    using restored = new DatabaseSync(file, { timeout: 10_000 })
    const firstAfter = restored.prepare('SELECT min(at) AS first FROM log')
    await expect.poll(() => firstAfter.get(), PATIENCE).not.toEqual({ first: null })
    await stop(user)
    const committed = printed.trim().split('\n').map(Number)
    const found = new Set<number>()
    for (const part of [result.keptAt ?? '', file]) {
      using database = new DatabaseSync(part)
      for (const row of database.prepare('SELECT at FROM log').all()) found.add(Number(row.at))
    }
    expect(committed.filter((number) => !found.has(number))).toEqual([])
    expect(Number(firstAfter.get()?.first)).toBeGreaterThan(20)
  })

  it('waits for a writer that holds the lock for a while', async () => {
    const { file, backup, manifest } = await changedSince()
    await userOf(
      file,
      `database.exec("BEGIN IMMEDIATE; INSERT INTO facts (mark) VALUES ('held')"); console.log('ready')
      setTimeout(() => { database.exec('COMMIT') }, 600); setInterval(() => {}, 1000)`,
    )
    const result = await backup.restore(manifest, { skipValidation: true, signal })
    expect(marksIn(file)).toEqual({ old: 1000 })
    expect(marksIn(result.keptAt ?? '')).toEqual({ held: 1, new: 500, old: 1000 })
  })
})

describe('a damaged database', () => {
  it('is replaced when nobody has it open', async () => {
    const { file, backup, manifest } = await changedSince()
    writeFileSync(file, 'garbage\n'.repeat(5000))
    const result = await backup.restore(manifest, { skipValidation: false, signal })
    expect(result.method).toContain('damaged')
    expect(marksIn(file)).toEqual({ old: 1000 })
    expect(existsSync(result.keptAt ?? '')).toBe(true)
  })

  it.runIf(process.platform === 'linux')(
    'is not replaced under a process that has it open, which is named',
    async () => {
      const { file, backup, manifest } = await changedSince()
      const user = await userOf(file, IDLE)
      writeFileSync(file, 'garbage\n'.repeat(5000))
      const restoring = backup.restore(manifest, { skipValidation: false, signal })
      await expect(restoring).rejects.toThrow(new RegExp(`in use by process ${user.pid}`))
      await expect(restoring).rejects.toBeInstanceOf(OutsideError)
    },
  )
})

describe('killed in the middle', () => {
  const cases: [string, { journal: string; user: string | null }][] = [
    ['renaming', { journal: 'wal', user: null }],
    ['overwriting a log', { journal: 'wal', user: IDLE }],
    ['overwriting with a rollback journal', { journal: 'delete', user: IDLE }],
  ]
  it.each(cases)('leaves the old or the new database, never half: %s', async (_, { journal, user }) => {
    const { directory, file, backup, manifest } = await changedSince({ journal, rows: 30_000 })
    if (user) await userOf(file, user)
    const sound = new Set<string>()
    for (let moment = 0; moment < 10; moment++) {
      const child = startRestore(file, manifest)
      const gone = once(child, 'exit')
      const isOver = await Promise.race([sleep(30 + moment * 25).then(() => false), gone.then(() => true)])
      if (!isOver && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      await gone
      const found = marksIn(file)
      sound.add(JSON.stringify(found))
      expect([{ new: 500, old: 30_000 }, { old: 30_000 }]).toContainEqual(found)
      if (!('new' in found)) {
        using database = new DatabaseSync(file)
        addRows(database, { rows: 500, mark: 'new' })
      }
    }
    await backup.restore(manifest, { skipValidation: false, signal })
    expect(marksIn(file)).toEqual({ old: 30_000 })
    for (const name of visible(directory).filter(
      (entry) => entry.includes('.replaced-') && !/-(wal|shm|journal)$/.test(entry),
    ))
      expect(marksIn(join(directory, name))).toEqual({ new: 500, old: 30_000 })
  })
})

describe('a writer that goes on', () => {
  it('keeps its invariants across the swap', async () => {
    const { file, backup } = await changedSince()
    const writer = await userOf(file, WRITER)
    const manifest = await backup.create(signal)
    await backup.restore(manifest, { skipValidation: false, signal })
    await sleep(100)
    expect(writer.exitCode).toBeNull()
    await stop(writer)
    using database = new DatabaseSync(file)
    const row = database.prepare('SELECT (SELECT count(*) FROM steps) AS steps, (SELECT n FROM total) AS total').get()
    expect(row?.steps).toBe(row?.total)
  })
})
