// Every way of copying or restoring a SQLite database that is known to lose data, shown losing it; and ours, not.
import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { backup as onlineBackup, DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { addRows, backupOf, makeDatabase, marksIn, stop, temporaryDirectory, userOf, WRITER } from './sqlite/fixture.ts'

const signal = AbortSignal.timeout(120_000)
const PATIENCE = { timeout: 20_000, interval: 20 }

function bank(journal = 'wal') {
  const directory = temporaryDirectory()
  const file = join(directory, 'app.db')
  makeDatabase(file, { rows: 1000, mark: 'old', journal })
  return { directory, file, backup: backupOf(directory) }
}

/** What can be read of a file: rows per mark, or that it is damaged. */
function contentOf(file: string): unknown {
  try {
    return marksIn(file)
  } catch (error) {
    return `damaged: ${(error as Error).message}`
  }
}

/** A user that commits `rows` rows `new`, which stay in the log, and remains connected. */
const COMMITS_TO_LOG = (rows: number) => `
  database.exec('PRAGMA wal_autocheckpoint = 0')
  database.exec("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) INSERT INTO facts (mark, pad) SELECT 'new', hex(randomblob(200)) FROM n")
  console.log('ready')
  setInterval(() => {}, 1000)`

describe('taking a copy', () => {
  it('cp of a quiet database loses what is in its log, and the copy looks sound', async () => {
    const { directory, file, backup } = bank()
    await userOf(file, COMMITS_TO_LOG(500))
    const naive = join(directory, 'naive.db')
    copyFileSync(file, naive)
    expect(marksIn(naive)).toEqual({ old: 1000 })
    expect(marksIn((await backup.create(signal)).file)).toEqual({ new: 500, old: 1000 })
  })

  it('cp while a writer checkpoints mixes two states of the database', async () => {
    const { directory, file, backup } = bank()
    using writer = new DatabaseSync(file)
    writer.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    const first = readFileSync(file)
    writer.exec(
      "UPDATE facts SET mark = 'new', pad = hex(randomblob(120)); DELETE FROM facts WHERE id % 3 = 0; PRAGMA wal_checkpoint(TRUNCATE)",
    )
    const naive = join(directory, 'naive.db')
    // As far as cp had come when the writer came in between.
    const half = (first.length / 2) & ~4095
    writeFileSync(naive, Buffer.concat([first.subarray(0, half), readFileSync(file).subarray(half)]))
    expect(contentOf(naive)).toMatch(/^damaged/)
    await userOf(file, WRITER)
    const { file: copy } = await backup.create(signal)
    using database = new DatabaseSync(copy)
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    expect(database.prepare('SELECT (SELECT count(*) FROM steps) - (SELECT n FROM total) AS off').get()).toEqual({
      off: 0,
    })
  })

  it('copying inside the process that holds a transaction lets a second writer in', async () => {
    const { file } = bank('delete')
    const holding = (copy: string) => `
      database.exec("BEGIN IMMEDIATE; INSERT INTO facts (mark) VALUES ('held')");
      ${copy}
      console.log('ready')
      setInterval(() => {}, 1000)`
    const entersBeside = async (copy: string): Promise<boolean> => {
      const holder = await userOf(file, holding(copy))
      using second = new DatabaseSync(file, { timeout: 0 })
      try {
        second.exec('BEGIN IMMEDIATE; ROLLBACK')
        return true
      } catch {
        return false
      } finally {
        await stop(holder)
      }
    }
    const beside = JSON.stringify(new URL('./sqlite/run-beside.ts', import.meta.url).href)
    const target = JSON.stringify(`${file}.copy`)
    expect(await entersBeside(`(await import('node:fs')).copyFileSync(process.argv[2], ${target})`)).toBe(true)
    expect(await entersBeside(`(await import(${beside})).copyBeside([[process.argv[2], ${target}]])`)).toBe(false)
  })

  it('the online backup with small steps begins anew with every commit, and never ends', async () => {
    const { directory, file, backup } = bank()
    using writer = new DatabaseSync(file)
    addRows(writer, { rows: 20_000, mark: 'old' })
    using source = new DatabaseSync(file)
    let steps = 0
    let nearest = Number.POSITIVE_INFINITY
    const naive = onlineBackup(source, join(directory, 'naive.db'), {
      rate: 100,
      progress: ({ remainingPages }) => {
        nearest = Math.min(nearest, remainingPages)
        writer.exec("INSERT INTO facts (mark) VALUES ('new')")
        if (++steps === 100) throw new Error('it would never end')
      },
    })
    await expect(naive).rejects.toThrow('it would never end')
    expect(nearest).toBeGreaterThan(0)
    await userOf(file, WRITER)
    expect((await backup.create(signal)).verified).not.toBeNull()
  })
})

describe('putting one back', () => {
  it('by rename, with the old log left beside, gives neither the old nor the new database', async () => {
    const { directory, file, backup } = bank()
    const manifest = await backup.create(signal)
    const user = await userOf(file, COMMITS_TO_LOG(500))
    await stop(user)
    const naive = join(directory, 'naive.db')
    for (const ending of ['', '-wal']) copyFileSync(file + ending, naive + ending)
    copyFileSync(manifest.file, `${naive}.restored`)
    renameSync(`${naive}.restored`, naive)
    expect(contentOf(naive)).not.toEqual({ old: 1000 })
    await backup.restore(manifest, { skipValidation: false, signal })
    expect(marksIn(file)).toEqual({ old: 1000 })
  })

  it('by cp over the file, with the log left beside, does so too', async () => {
    const { directory, file, backup } = bank()
    {
      using database = new DatabaseSync(file)
      database.exec("DELETE FROM facts; INSERT INTO facts (mark) VALUES ('young')")
    }
    const manifest = await backup.create(signal)
    const user = await userOf(file, COMMITS_TO_LOG(800))
    const naive = join(directory, 'naive.db')
    for (const ending of ['', '-wal']) copyFileSync(file + ending, naive + ending)
    writeFileSync(naive, readFileSync(manifest.file))
    expect(contentOf(naive)).not.toEqual({ young: 1 })
    await backup.restore(manifest, { skipValidation: false, signal })
    expect(marksIn(file)).toEqual({ young: 1 })
    await stop(user)
    expect(marksIn(file)).toEqual({ young: 1 })
  })

  it('by rename and removing the log, under a writer, loses all that it commits from then on', async () => {
    const writes = `
      database.exec("INSERT INTO facts (mark) VALUES ('before')")
      console.log('ready')
      process.stdin.on('data', () => { database.exec("INSERT INTO facts (mark) VALUES ('after')"); console.log('written') })`
    const commitsAfter = async (file: string, restore: () => Promise<void>): Promise<unknown> => {
      const user = await userOf(file, writes)
      using idle = new DatabaseSync(file)
      idle.prepare('SELECT count(*) FROM facts').get()
      await restore()
      let said = ''
      user.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()))
      user.stdin?.write('\n')
      await expect.poll(() => said, PATIENCE).toContain('written')
      await stop(user)
      return contentOf(file)
    }
    const naive = bank()
    const copy = (await naive.backup.create(signal)).file
    const lost = await commitsAfter(naive.file, async () => {
      copyFileSync(copy, `${naive.file}.restored`)
      renameSync(`${naive.file}.restored`, naive.file)
      for (const ending of ['-wal', '-shm']) rmSync(naive.file + ending, { force: true })
    })
    expect(lost).toEqual({ old: 1000 })
    const ours = bank()
    const manifest = await ours.backup.create(signal)
    const kept = await commitsAfter(ours.file, async () => {
      await ours.backup.restore(manifest, { skipValidation: false, signal })
    })
    expect(kept).toEqual({ after: 1, old: 1000 })
  })

  it('of a copy nobody looked at puts damage in place of data', async () => {
    const { file, backup } = bank()
    const manifest = await backup.create(signal)
    const content = readFileSync(manifest.file)
    content.fill(0, 8192, 12_288)
    writeFileSync(manifest.file, content)
    expect(contentOf(manifest.file)).toMatch(/^damaged/)
    await expect(backup.restore(manifest, { skipValidation: false, signal })).rejects.toThrow(
      /is not what was backed up/,
    )
    expect(marksIn(file)).toEqual({ old: 1000 })
  })
})
