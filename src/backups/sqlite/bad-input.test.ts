// What cannot be backed up or restored: one clear error each, and nothing half done is left behind.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { CopyValidation } from '../backup.ts'
import { backupOf, leftBeside, makeDatabase, marksIn, outsideErrorOf, temporaryDirectory } from './fixture.ts'
import { runInWorker } from './run-in-worker.ts'

const signal = AbortSignal.timeout(120_000)
const SOUND: CopyValidation = { verdict: 'passed', passed: 0, failed: 0, unverified: 0, counts: {}, findings: [] }

function bank(rows = 1000) {
  const directory = temporaryDirectory()
  const file = join(directory, 'app.db')
  makeDatabase(file, { rows, mark: 'old' })
  return { directory, file }
}

const copiesIn = (directory: string): string[] =>
  existsSync(join(directory, '.gonogo/backups/main')) ? readdirSync(join(directory, '.gonogo/backups/main')) : []

describe('a database that cannot be copied', () => {
  it.each([
    ['encrypted', (file: string) => writeFileSync(file, randomBytes(40_960)), /app\.db is not a SQLite database/],
    ['cut in the middle', (file: string) => truncateSync(file, 12_288), /app\.db is damaged|does not pass quick_check/],
    [
      'cut in its first page',
      (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 50)),
      /app\.db is damaged|is not a SQLite database/,
    ],
    ['emptied', (file: string) => truncateSync(file, 0), /app\.db is empty/],
  ])('says so: %s', async (_, spoil, message) => {
    const { directory, file } = bank()
    spoil(file)
    expect((await outsideErrorOf(backupOf(directory).create(signal))).toLine()).toMatch(message)
    expect(copiesIn(directory)).toEqual([])
  })

  it.skipIf(process.getuid?.() === 0)('says so: in a directory that cannot be written', async () => {
    const { directory } = bank()
    chmodSync(directory, 0o500)
    onTestFinished(() => chmodSync(directory, 0o700))
    expect((await outsideErrorOf(backupOf(directory).create(signal))).toLine()).toMatch(/cannot (create|open)/)
  })
})

describe('rules', () => {
  const failing: CopyValidation = {
    verdict: 'failed',
    passed: 6,
    failed: 2,
    unverified: 0,
    counts: { orphans: 17, names: 1 },
    findings: ['orphans', 'names'].map((rule) => ({
      rule,
      title: rule,
      severity: 'error',
      status: 'failed',
      count: rule === 'orphans' ? 17 : 1,
      problem: null,
    })),
  }

  it('that fail are told, and the copy is still a backup of what was there', async () => {
    const { directory } = bank()
    const backup = backupOf(directory, { rules: 'app' }, { validate: async () => failing })
    const manifest = await backup.create(signal)
    expect(manifest.verified?.method).toBe(
      'quick_check: ok, 2 of 8 rules fail (orphans: 17 violations, names: 1 violation)',
    )
    expect((await backup.list())[0]?.validation).toEqual(failing)
    expect(await backup.verify(manifest, signal)).toMatchObject({
      ok: true,
      summary: expect.stringContaining('2 of 8 rules fail'),
    })
  })

  it('that fail make it none where they are required, as do rules that nobody runs', async () => {
    const { directory } = bank()
    const required = { rules: 'app', requireRules: true }
    for (const context of [{ validate: async () => failing }, {}])
      expect((await outsideErrorOf(backupOf(directory, required, context).create(signal))).message).toMatch(
        /breaks its rules|were not run/,
      )
    expect(copiesIn(directory)).toEqual([])
  })

  it('that say otherwise when they are run again are told by verify', async () => {
    const { directory } = bank()
    let answer = SOUND
    const backup = backupOf(directory, { rules: 'app' }, { validate: async () => answer })
    const manifest = await backup.create(signal)
    answer = failing
    expect(await backup.verify(manifest, signal)).toMatchObject({
      ok: false,
      summary: expect.stringContaining('orphans: 17 violations, not judged recorded'),
    })
  })

  it('that break down leave nothing behind, nor does the check beside them', async () => {
    const { directory } = bank()
    const backup = backupOf(directory, { rules: 'app' }, { validate: () => Promise.reject(new Error('no such rule')) })
    await expect(backup.create(signal)).rejects.toThrow('no such rule')
    expect(copiesIn(directory)).toEqual([])
  })
})

describe('a disk that fills up in the middle', () => {
  /** A file system of so many megabytes, or null where none can be mounted. */
  function smallDisk(megabytes: number): string | null {
    const directory = temporaryDirectory()
    const disk = join(directory, 'disk')
    mkdirSync(disk)
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'none', disk]).status !== 0) {
      console.warn('SKIPPED: a full disk needs a tmpfs, which only root can mount')
      return null
    }
    onTestFinished(() => void spawnSync('umount', [disk]))
    return disk
  }

  it('says so while the copy is made', async ({ skip }) => {
    const disk = smallDisk(1) ?? skip()
    const { file } = bank(30_000)
    const copying = runInWorker('snapshot', { source: file, file: join(disk, 'copy.db') }, { timeoutMs: 60_000 })
    expect((await outsideErrorOf(copying)).message).toMatch(/^disk full: while copying/)
  })

  it('says so while the manifest is written, and leaves no copy', async ({ skip }) => {
    const disk = smallDisk(40) ?? skip()
    const { directory, file } = bank()
    const fill = async (): Promise<CopyValidation> => {
      try {
        for (let size = 1 << 20; size > 0; size >>= 1)
          for (let n = 0; n < 60; n++) writeFileSync(join(disk, `fill-${size}-${n}`), Buffer.alloc(size, 1))
      } catch {
        for (let n = 0; n < 1000; n++)
          try {
            writeFileSync(join(disk, `last-${n}`), Buffer.alloc(4096, 1))
          } catch {
            break
          }
      }
      return SOUND
    }
    const copies = join(disk, 'copies')
    const backup = backupOf(directory, { directory: copies, rules: 'app' }, { validate: fill })
    expect((await outsideErrorOf(backup.create(signal))).message).toMatch(/^disk full: while writing/)
    expect(readdirSync(copies)).toEqual([])
    expect(marksIn(file)).toEqual({ old: 1000 })
    expect(leftBeside(directory)).toEqual([])
  })
})
