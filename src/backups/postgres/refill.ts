// Fills a new database from a dump, and proves that it came out as it was.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { OutsideError } from '../../lib/errors.ts'
import { forLibpq, withDatabase } from '../../databases/postgres/place.ts'
import type { BackupContext, BackupManifest, CopyValidation } from '../backup.ts'
import { countRows, rowDifferences } from './count-rows.ts'
import { createStatement, type Dress } from './dress.ts'
import { DRESS, majorOf } from './dump.ts'
import { onDatabase, withMadeDatabase, type Server } from './scratch.ts'
import { findTools, runTool } from './tools.ts'

export interface Refill {
  server: Server
  /** The dump. */
  file: string
  jobs: number
  tools: string | undefined
}

/** What the database was when it was dumped. @throws OutsideError when the dump does not say. */
export function dressIn(file: string): Dress {
  try {
    return JSON.parse(readFileSync(join(file, DRESS), 'utf8')) as Dress
  } catch (error) {
    throw new OutsideError('backup', `${file} is not a dump that gonogo took: it lacks ${DRESS}`, {
      hint: 'restore another backup: gonogo backup list',
      cause: error,
    })
  }
}

/** Runs pg_restore into an empty database. Scratch keeps no owners, privileges and replication: nobody uses it. @throws OutsideError */
export async function refill(
  { server, file, jobs, tools: given }: Refill,
  database: string,
  purpose: 'scratch' | 'restore',
  signal: AbortSignal,
): Promise<void> {
  const major = await onDatabase(server, database, signal, async (session) => majorOf(session))
  const tools = await findTools(major, given)
  const { dbname, env } = forLibpq(withDatabase(server.url, database))
  const plain = [
    '--no-owner',
    '--no-privileges',
    '--no-comments',
    '--no-publications',
    '--no-subscriptions',
    '--no-security-labels',
  ]
  const args = [
    `--jobs=${jobs}`,
    '--exit-on-error',
    '--no-password',
    ...(purpose === 'scratch' ? [...plain, '--no-tablespaces'] : []),
    `--dbname=${dbname}`,
    file,
  ]
  await runTool(tools, 'pg_restore', args, { env, timeoutMs: server.timeoutMs, signal })
}

export interface RefillProof {
  /** Empty: the copy is what was recorded. */
  problems: string[]
  validation: CopyValidation | null
}

/** Restores into scratch, compares rows per table, runs the rules if there are any, drops it. @throws OutsideError */
export async function proveByRestoring(
  work: Refill,
  { rows, takenAt }: Pick<BackupManifest, 'rows' | 'takenAt'>,
  validate: BackupContext['validate'],
  signal: AbortSignal,
): Promise<RefillProof> {
  const dress = dressIn(work.file)
  const create = (database: string): string => createStatement(database, dress, false)
  return withMadeDatabase(work.server, 'scratch', create, signal, async (database) => {
    await refill(work, database, 'scratch', signal)
    const problems = rowDifferences(rows, await rowsOf(work.server, database, signal))
    if (problems.length > 0 || !validate) return { problems, validation: null }
    await analyse(work.server, database, signal)
    return { problems, validation: await validate(withDatabase(work.server.url, database), signal, takenAt) }
  })
}

export function rowsOf(server: Server, database: string, signal: AbortSignal): Promise<Record<string, number>> {
  return onDatabase(server, database, signal, countRows)
}

/** Without statistics the first queries after a restore get plans that can take minutes. */
export async function analyse(server: Server, database: string, signal: AbortSignal): Promise<void> {
  await onDatabase(server, database, signal, (session) => session.run({ sql: 'ANALYZE', parameters: [] }))
}
