// Moves a database along migrations/ by gonogo's own runner, so that a release finds on record what was applied before it.
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exec } from '../../../src/lib/exec.ts'
import { sqlFolder } from '../../../src/migrations/sql-folder.ts'
import type { Migration, MigrationPlace } from '../../../src/migrations/tool.ts'

const DIRECTORY = fileURLToPath(new URL('../migrations', import.meta.url))
const TIMEOUT_MS = 600_000

/** Every migration in order, applied or not. @throws Error when that cannot be told, or one was edited since. */
export async function migrationsOf(path: string): Promise<Migration[]> {
  const status = await sqlFolder.status(placeOf(path))
  if (!status.known) throw new Error(status.why)
  if (status.problems.length > 0) throw new Error(status.problems.join('; '))
  return status.migrations
}

/**
 * Applies what is pending, up to `to` where it is given. Each migration is one transaction.
 * @returns what was applied. @throws Error when one could not be, of which nothing is left then.
 */
export async function migrateUp(path: string, to?: string): Promise<string[]> {
  const migrations = await migrationsOf(path)
  const last = to === undefined ? migrations.length : 1 + migrations.findIndex(({ version }) => version === to)
  const pending = migrations.slice(0, last).filter(({ applied }) => !applied)
  return carryOut('apply', path, pending)
}

/** Takes back the newest one that has a way down. @returns what was taken back. @throws Error when it could not be. */
export async function migrateDown(path: string): Promise<string[]> {
  const newest = (await migrationsOf(path)).findLast(({ applied }) => applied)
  return carryOut('down', path, newest?.down ? [newest] : [])
}

async function carryOut(way: 'apply' | 'down', path: string, migrations: readonly Migration[]): Promise<string[]> {
  const versions = migrations.map(({ version }) => version)
  if (versions.length === 0) return []
  const { ok, problem } = await sqlFolder[way](placeOf(path), versions, () => undefined)
  if (!ok) throw new Error(problem)
  return versions
}

function placeOf(path: string): MigrationPlace {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  const env = process.env as Record<string, string>
  return {
    project: DIRECTORY,
    directory: DIRECTORY,
    config: null,
    database: resolve(path),
    databaseVariable: 'DATABASE_URL',
    lockTimeoutMs: 5000,
    statementTimeoutMs: TIMEOUT_MS,
    allowGaps: false,
    env,
    signal,
    exec: (file, args, options) => exec(file, args, { cwd: DIRECTORY, env, timeoutMs: TIMEOUT_MS, signal, ...options }),
  }
}
