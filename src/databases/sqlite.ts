// Database kind `sqlite`: sessions are processes of their own, so that a long statement blocks nobody here and ends when it is cancelled.
import { existsSync, realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { OutsideError } from '../lib/errors.ts'
import { defineDatabase, type Database, type Session } from './database.ts'
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
      const opened: OpenSession[] = []
      try {
        for (let reader = 0; reader < Math.max(1, readers); reader++) opened.push(await open('read', signal))
        const sessions = await beginTogether(opened, () => open('write', signal))
        return await use({ sessions, id: new Date().toISOString(), scan: null })
      } finally {
        await Promise.all(opened.map((session) => session.close()))
      }
    },
  }
}

/**
 * Makes the sessions begin at one moment: no commit can come between them while another connection holds the write lock.
 * @returns those that did: only the first where the lock cannot be had, as on a read-only file.
 */
async function beginTogether(
  sessions: readonly OpenSession[],
  openGate: () => Promise<OpenSession>,
): Promise<readonly OpenSession[]> {
  const [first, ...others] = sessions
  if (!first) return []
  if (others.length === 0) {
    await begin(first)
    return sessions
  }
  let gate: OpenSession | null = null
  try {
    gate = await openGate()
    await gate.run({ sql: 'BEGIN IMMEDIATE', parameters: [] })
    for (const session of sessions) await begin(session)
    return sessions
  } catch (error) {
    if (!(error instanceof OutsideError) || gate?.holdsTransaction) throw error
    await begin(first)
    return [first]
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
