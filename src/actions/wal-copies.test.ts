// A step that would copy a database in WAL mode byte by byte is refused; other copies run.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import { refuse, shellStep } from './steps.ts'

function directoryWith(journal: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo wal-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  mkdirSync(join(directory, 'data'))
  using database = new DatabaseSync(join(directory, 'data/app.db'))
  database.exec(`PRAGMA journal_mode = ${journal}; CREATE TABLE t (x)`)
  writeFileSync(join(directory, 'data/notes.txt'), 'SQLite format 3')
  return directory
}

it.each([
  'cp data/app.db copy.db',
  'cd data && cat app.db > ../copy.db',
  'tar czf copy.tgz data',
  'cp data/*.db /tmp/',
  'cp $DB x',
])('refuses: %s', (script) => {
  const directory = directoryWith('wal')
  const [reason, ...others] = refuse(shellStep(script), { DB: join(directory, 'data/app.db') }, directory)
  expect(reason).toContain(`${join(directory, 'data/app.db')} is no backup: it is a SQLite database in WAL mode`)
  expect(reason).toContain('gonogo backup create')
  expect(others).toEqual([])
})

it.each([
  ['delete', 'cp data/app.db copy.db'],
  ['wal', 'cp data/notes.txt copy.txt'],
  ['wal', 'cp data/missing.db copy.db'],
  ['wal', 'sqlite3 data/app.db ".backup copy.db"'],
  ['wal', 'sqlite3 data/app.db "VACUUM INTO \'copy.db\'"'],
  ['wal', 'ls -l data/app.db'],
])('lets run, journal mode %s: %s', (journal, script) => {
  expect(refuse(shellStep(script), {}, directoryWith(journal))).toEqual([])
})
