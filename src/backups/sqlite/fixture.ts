// For the tests of this folder: a directory with a database, and processes that use it.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished } from 'vitest'
import { OutsideError } from '../../lib/errors.ts'
import type { Backup, BackupContext } from '../backup.ts'
import { sqlite } from '../sqlite.ts'

/** A new directory; removed when the test is over. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "gonogo backup's-"))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** Makes `file` a database with so many rows in `facts`, each with this mark. */
export function makeDatabase(
  file: string,
  options: { rows: number; mark: string; journal?: string; pad?: number },
): void {
  using database = new DatabaseSync(file)
  database.exec(`PRAGMA journal_mode = ${options.journal ?? 'wal'}`)
  database.exec(
    'CREATE TABLE facts (id INTEGER PRIMARY KEY, mark TEXT, pad TEXT); CREATE INDEX by_mark ON facts (mark)',
  )
  addRows(database, options)
}

export function addRows(
  database: DatabaseSync,
  { rows, mark, pad = 20 }: { rows: number; mark: string; pad?: number },
): void {
  database.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
    INSERT INTO facts (mark, pad) SELECT '${mark}', hex(randomblob(${pad})) FROM n`)
}

/** Rows per mark, read as the service would. Throws when the file is not whole. */
export function marksIn(file: string): Record<string, number> {
  using database = new DatabaseSync(file)
  const check = database.prepare('PRAGMA integrity_check').all()
  if (check.length !== 1 || check[0]?.integrity_check !== 'ok') throw new Error(`not whole: ${JSON.stringify(check)}`)
  const rows = database.prepare('SELECT mark, count(*) AS count FROM facts GROUP BY mark ORDER BY mark').all()
  return Object.fromEntries(rows.map((row) => [String(row.mark), Number(row.count)]))
}

export function backupOf(
  directory: string,
  options: Record<string, unknown> = {},
  context: Pick<BackupContext, 'validate'> = {},
): Backup {
  const parsed = sqlite.options.parse({ database: 'app.db', ...options })
  const { validate } = context
  const given = { name: 'main', directory, stateDirectory: join(directory, '.gonogo') }
  return sqlite.create(parsed, { ...given, ...(validate ? { validate } : {}) })
}

/** The error of work that must fail with one. */
export async function outsideErrorOf(work: Promise<unknown>): Promise<OutsideError> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(OutsideError)
  return error as OutsideError
}

/** Drafts and staged copies beside the database: none, when all is done. */
export function leftBeside(directory: string): string[] {
  return readdirSync(directory).filter((name) => /unfinished|staged|-newer/.test(name))
}

/**
 * A Node process of its own that runs `body` with `database` open on `file`; resolves when it has printed `ready`.
 * Killed when the test is over.
 */
export async function userOf(file: string, body: string): Promise<ChildProcess> {
  const script = join(temporaryDirectory(), 'user.mjs')
  writeFileSync(
    script,
    `import { DatabaseSync } from 'node:sqlite'
    const database = new DatabaseSync(process.argv[2], { timeout: 20_000 })
    ${body}`,
  )
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => stop(child))
  await once(child.stdout, 'data')
  return child
}

/** Kills and waits. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** Body of a user that writes as fast as it can: each transaction adds one row to `steps` and counts it in `total`. */
export const WRITER = `
  database.exec('CREATE TABLE IF NOT EXISTS steps (n INTEGER PRIMARY KEY); CREATE TABLE IF NOT EXISTS total (n INTEGER)')
  database.exec('INSERT INTO total SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM total)')
  let written = 0
  function write() {
    for (let i = 0; i < 20; i++) {
      database.exec('BEGIN IMMEDIATE')
      database.exec('INSERT INTO steps SELECT coalesce(max(n), 0) + 1 FROM steps; UPDATE total SET n = n + 1')
      database.exec('COMMIT')
    }
    if (written++ === 0) console.log('ready')
    setImmediate(write)
  }
  write()
`

/** Body of a user that is merely connected. */
export const IDLE = `
  database.prepare('SELECT count(*) FROM facts').get()
  console.log('ready')
  setInterval(() => {}, 1000)
`
