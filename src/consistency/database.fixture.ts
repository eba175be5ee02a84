// A SQLite file with given tables, for tests of rules.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { onTestFinished } from 'vitest'
import type { Database } from '../databases/database.ts'
import { inProcess } from './compare/in-process.fixture.ts'

/** A file with these tables, gone when the test is over. */
export function fileOf(sql: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-rules-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const file = join(directory, 'app.db')
  using database = new DatabaseSync(file)
  database.exec(sql)
  return file
}

/** The same, opened: a process for each session would take most of the time of a small test. */
export function databaseOf(sql: string): Database {
  return inProcess(fileOf(sql))
}
