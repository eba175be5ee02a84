// Puts a dump back: a new database is filled and proved beside the live one, then two renames in one transaction exchange them.
import { existsSync } from 'node:fs'
import { OutsideError } from '../../lib/errors.ts'
import { plural } from '../../lib/plural.ts'
import { partsOf } from '../../databases/postgres/place.ts'
import { quoted, type OpenSession } from '../../databases/postgres/session.ts'
import type { BackupManifest, RestoreResult } from '../backup.ts'
import { rowDifferences } from './count-rows.ts'
import { hashDirectory } from './directory-hash.ts'
import { createStatement, dressUp, readDress } from './dress.ts'
import { analyse, dressIn, refill, rowsOf, type Refill } from './refill.ts'
import { withMadeDatabase, type Server } from './scratch.ts'
import { exists, keptName, stagedBeginning, stagedName, swap } from './swap.ts'

type Source = Pick<BackupManifest, 'id' | 'file' | 'bytes' | 'sha256' | 'rows'>

/** @throws OutsideError when it cannot be done; then the live database is as it was, though its users may have been disconnected. */
export async function restore(
  source: Source,
  work: Omit<Refill, 'file'>,
  { skipValidation, signal }: { skipValidation: boolean; signal: AbortSignal },
): Promise<Omit<RestoreResult, 'durationMs'>> {
  const { server } = work
  if (!skipValidation) await requireRecorded(source, signal)
  return withFilled(source, work, skipValidation, signal, async (fresh, admin) => {
    const live = partsOf(server.url).database
    const kept = (await exists(admin, live)) ? keptName(live, Date.now()) : null
    const ended = await swap(server, admin, { live, fresh, kept }, signal)
    if (kept === null) return { keptAt: null, method: 'renamed into place: there was no database' }
    const who = ended === 0 ? 'nobody was connected' : `${plural(ended, 'connection')} of others were ended`
    return { keptAt: placeOf(server, kept), method: `renamed into place: ${who}` }
  })
}

/** Lays the restored copy ready under a name of its own, once. @returns that name. @throws OutsideError */
export async function layReady(
  source: Source,
  work: Omit<Refill, 'file'>,
  isThere: boolean,
  signal: AbortSignal,
): Promise<string> {
  const live = partsOf(work.server.url).database
  const staged = stagedName(live, source.id)
  if (isThere) return staged
  await requireRecorded(source, signal)
  return withFilled(source, work, false, signal, async (fresh, admin) => {
    const older = await admin.all({
      sql: `SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1)`,
      parameters: [stagedBeginning(live)],
    })
    // Each is as large as the database, and only the last is wanted.
    for (const { name } of older)
      await admin.run({ sql: `DROP DATABASE IF EXISTS ${quoted(String(name))} WITH (FORCE)`, parameters: [] })
    await admin.run({ sql: `ALTER DATABASE ${quoted(fresh)} RENAME TO ${quoted(staged)}`, parameters: [] })
    return staged
  })
}

/** A new database with the content of the dump and the owner, privileges and settings of the live one, or else of the dumped one. */
async function withFilled<T>(
  source: Source,
  given: Omit<Refill, 'file'>,
  skipValidation: boolean,
  signal: AbortSignal,
  use: (fresh: string, admin: OpenSession) => Promise<T>,
): Promise<T> {
  const work = { ...given, file: source.file }
  const { server } = work
  const dumped = dressIn(source.file)
  const create = (database: string): string => createStatement(database, dumped, true)
  return withMadeDatabase(server, 'restore', create, signal, async (fresh, admin) => {
    await refill(work, fresh, 'restore', signal)
    const differences = skipValidation ? [] : rowDifferences(source.rows, await rowsOf(server, fresh, signal))
    if (differences.length > 0)
      throw new OutsideError('backup', `${source.file} does not come out as it was: ${differences.join('; ')}`, {
        hint: 'restore another backup: gonogo backup list',
      })
    await analyse(server, fresh, signal)
    await dressUp(admin, fresh, (await readDress(admin, partsOf(server.url).database)) ?? dumped)
    signal.throwIfAborted()
    return use(fresh, admin)
  })
}

/** @throws OutsideError when the copy is gone, or not the bytes that were recorded. */
async function requireRecorded({ file, bytes, sha256 }: Source, signal: AbortSignal): Promise<void> {
  const hint = 'restore another backup: gonogo backup list'
  if (!existsSync(file)) throw new OutsideError('backup', `the copy ${file} is gone`, { hint })
  const found = await hashDirectory(file, signal)
  if (found.bytes !== bytes)
    throw new OutsideError('backup', `${file} has ${found.bytes} bytes, ${bytes} were recorded`, { hint })
  if (found.sha256 !== sha256)
    throw new OutsideError('backup', `${file} is not what was backed up: its SHA-256 has changed`, { hint })
}

function placeOf(server: Server, database: string): string {
  const { host, port } = partsOf(server.url)
  return `${host}:${port}/${database}`
}
