// Database kind `sqlite`: sessions are processes of their own, so that a long statement blocks nobody here and ends when it is cancelled.
import { existsSync, realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { OutsideError } from '../lib/errors.ts'
import { defineDatabase, type Database, type Session } from './database.ts'
import type { PageScan } from './page-scan.ts'
import { createPageScan } from './sqlite/page-scan.ts'
import { readLogEnd, type LogEnd } from './sqlite/log-end.ts'
import { sqliteIntegrity } from './sqlite/integrity.ts'
import { readSchema } from './sqlite/read-schema.ts'
import { openSession, type OpenSession } from './sqlite/session.ts'

const options = z.strictObject({
  path: z.string().min(1).describe('The SQLite file, relative to gonogo.yaml'),
  lockTimeoutMs: z
    .number()
    .int()
    .min(0)
    .max(3_600_000)
    .default(10_000)
    .describe("How long to wait for another connection's lock"),
})
type Options = z.output<typeof options>

export const sqlite = defineDatabase<Options>({
  id: 'sqlite',
  summary: 'a SQLite file that may be in use, in WAL mode or not',
  options: options as z.ZodType<Options>,
  example: { path: 'data/app.db' },
  secretFields: [],
  create: (given, context) => createDatabase(resolve(context.directory, given.path), given),
  elsewhere: (given, path) => ({ ...given, path }),
})

function createDatabase(path: string, { lockTimeoutMs }: Options): Database {
  const open = (mode: 'read' | 'write', signal: AbortSignal): Promise<OpenSession> =>
    openSession({ path: fileOf(path), mode, lockTimeoutMs }, signal)
  const reading = <T>(signal: AbortSignal, use: (session: Session) => Promise<T>): Promise<T> =>
    using(() => open('read', signal), use)
  return {
    engine: 'sqlite',
    identity: path,
    schema: (signal) => reading(signal, readSchema),
    integrity: (signal) => reading(signal, sqliteIntegrity),
    write: (signal, use) => using(() => open('write', signal), use),
    async snapshot(readers, signal, use) {
      const file = fileOf(path)
      const opened = await openAll(Math.max(1, readers), () => open('read', signal))
      try {
        const { sessions, logEnd } = await beginTogether(file, opened, () => open('write', signal))
        const first = sessions[0] as Session
        const id = new Date().toISOString()
        return await use({ sessions, id, scan: logEnd === 'unknown' ? null : await scanOf(first, file, logEnd) })
      } finally {
        await Promise.all(opened.map((session) => session.close()))
      }
    },
  }
}

/** Side by side: each is a process that has to come up. None is left open where one cannot be opened. */
async function openAll(count: number, open: () => Promise<OpenSession>): Promise<OpenSession[]> {
  const tried = await Promise.allSettled(Array.from({ length: count }, open))
  const opened = tried.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const failed = tried.find((one) => one.status === 'rejected')
  if (!failed) return opened
  await Promise.all(opened.map((session) => session.close()))
  throw failed.reason
}

/** A scan of the pages as they are while the session holds its transaction. */
async function scanOf(pinned: Session, file: string, logEnd: LogEnd): Promise<PageScan> {
  const schema = await readSchema(pinned)
  const [row] = await pinned.all({ sql: 'PRAGMA schema_version', parameters: [] })
  return createPageScan({ file, schema, schemaVersion: Number(row?.schema_version), logEnd })
}

interface Begun {
  sessions: readonly OpenSession[]
  logEnd: LogEnd | 'unknown'
}

/** Whatever log there is, none of it is of this moment. */
const NO_FRAMES: LogEnd = { frames: 0, salts: new Uint8Array(8) }

/**
 * Makes the sessions begin at one moment: no commit can come between them while another connection holds the write lock. Only the first of
 * them, and no end of the log, where the lock cannot be had, as on a read-only file.
 */
async function beginTogether(
  file: string,
  sessions: readonly OpenSession[],
  openGate: () => Promise<OpenSession>,
): Promise<Begun> {
  let gate: OpenSession | null = null
  try {
    gate = await openGate()
    await gate.run({ sql: 'BEGIN IMMEDIATE', parameters: [] })
    const logEnd = await readLogEnd(sessions[0] as OpenSession, file)
    await Promise.all(sessions.map(begin))
    return { sessions, logEnd: logEnd ?? NO_FRAMES }
  } catch (error) {
    if (!(error instanceof OutsideError) || gate?.holdsTransaction) throw error
    const first = sessions[0] as OpenSession
    await begin(first)
    return { sessions: [first], logEnd: 'unknown' }
  } finally {
    await gate?.close()
  }
}

/** BEGIN takes no lock: the first read does. */
async function begin(session: Session): Promise<void> {
  await session.run({ sql: 'BEGIN', parameters: [] })
  await session.all({ sql: 'SELECT count(*) FROM sqlite_schema', parameters: [] })
}

async function using<T>(open: () => Promise<OpenSession>, use: (session: OpenSession) => Promise<T>): Promise<T> {
  const session = await open()
  try {
    return await use(session)
  } finally {
    await session.close()
  }
}

/** @throws OutsideError where there is no file: SQLite would create one. */
function fileOf(path: string): string {
  if (!existsSync(path))
    throw new OutsideError('sqlite', `there is no database ${path}`, {
      hint: 'set `path` to the SQLite file, relative to gonogo.yaml',
    })
  if (!statSync(path).isFile())
    throw new OutsideError('sqlite', `${path} is not a file`, { hint: 'set `path` to the SQLite file' })
  return realpathSync(path)
}
