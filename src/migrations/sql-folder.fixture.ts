// Folders of SQL files and SQLite databases in a temporary directory, and a place as the conductor makes one.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { onTestFinished } from 'vitest'
import { exec } from '../lib/exec.ts'
import type { MigrationPlace } from './tool.ts'

/** A directory that lives as long as the test. */
export function scratch(files: Record<string, string> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-migrations-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  write(directory, files)
  return directory
}

/** Writes files by path below a directory. */
export function write(directory: string, files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), content)
  }
}

/** A SQLite file that exists. */
export function emptySqlite(path: string, sql = ''): string {
  const database = new DatabaseSync(path)
  database.exec(`PRAGMA user_version = 1; ${sql}`)
  database.close()
  return path
}

/** Rows of one query. */
export function rowsOf(path: string, query: string): Record<string, SQLOutputValue>[] {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    return database.prepare(query).all()
  } finally {
    database.close()
  }
}

/** Names of the tables, the record of migrations left out. */
export function tablesOf(path: string): unknown[] {
  const query =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('gonogo_migrations', 'sqlite_sequence') ORDER BY name"
  return rowsOf(path, query).map(({ name }) => name)
}

/** A place with these changes. Programs run for real. */
export function placeIn(directory: string, change: Partial<MigrationPlace> = {}): MigrationPlace {
  const signal = change.signal ?? AbortSignal.timeout(60_000)
  return {
    project: directory,
    directory,
    config: null,
    database: null,
    databaseVariable: 'DATABASE_URL',
    lockTimeoutMs: 5000,
    statementTimeoutMs: 60_000,
    allowGaps: false,
    env: process.env as Record<string, string>,
    signal,
    exec: (file, args, options) => exec(file, args, { cwd: directory, timeoutMs: 60_000, signal, ...options }),
    ...change,
  }
}
