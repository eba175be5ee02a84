// Database kind `postgres`: readers share one exported snapshot, the writer is one connection whose statements can be cancelled.
import { z } from 'zod'
import { defineDatabase, type Database, type Session } from './database.ts'
import { postgresIntegrity } from './postgres/integrity.ts'
import { shownPlace } from './postgres/place.ts'
import { readSchema } from './postgres/read-schema.ts'
import { openSession, type OpenSession } from './postgres/session.ts'

const options = z.strictObject({
  url: z
    .string()
    .refine(isPostgresUrl, 'not a URL that begins with postgres:// or postgresql://')
    .describe('Postgres URL; a secret: write ${env:DATABASE_URL}'),
  searchPath: z
    .array(z.string().min(1))
    .max(100)
    .default([])
    .describe('Schemas whose tables are named without them; default: the search_path of the user'),
  lockTimeoutMs: z
    .number()
    .int()
    .min(1)
    .max(3_600_000)
    .default(10_000)
    .describe("How long to wait for another connection's lock"),
  statementTimeoutMs: z
    .number()
    .int()
    .min(1)
    .max(86_400_000)
    .default(1_800_000)
    .describe('How long one statement may take'),
})
type Options = z.output<typeof options>

export const postgres = defineDatabase<Options>({
  id: 'postgres',
  summary: 'a Postgres database, read on one snapshot by several connections',
  options: options as z.ZodType<Options>,
  example: { url: '${env:DATABASE_URL}', searchPath: ['public'] },
  secretFields: ['url'],
  create: (given) => createDatabase(given),
  elsewhere: (given, url) => ({ ...given, url }),
})

/** What is only known when `${env:...}` is put in is judged then. */
function isPostgresUrl(text: string): boolean {
  return /\$\{(?:env|file):[^}]+\}/.test(text) || (/^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text))
}

const SNAPSHOT = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'

function createDatabase(given: Options): Database {
  const open = (signal: AbortSignal): Promise<OpenSession> => openSession(given, signal)
  const reading = <T>(signal: AbortSignal, use: (session: Session) => Promise<T>): Promise<T> =>
    using(open(signal), async (session) => {
      await run(session, SNAPSHOT)
      return use(session)
    })
  return {
    engine: 'postgres',
    identity: shownPlace(given.url),
    schema: (signal) => reading(signal, readSchema),
    integrity: (signal) => reading(signal, postgresIntegrity),
    write: (signal, use) => using(open(signal), use),
    snapshot: (readers, signal, use) =>
      using(open(signal), async (first) => {
        await run(first, SNAPSHOT)
        const [exported] = await first.all({
          sql: `SELECT pg_export_snapshot() AS id, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at`,
          parameters: [],
        })
        const { id, at } = exported ?? {}
        return withOthers(Math.max(1, readers) - 1, open, signal, String(id), (others) =>
          use({ sessions: [first, ...others], id: `${String(at)} snapshot ${String(id)}`, scan: null }),
        )
      }),
  }
}

/** Opens so many more sessions that see the moment of an exported snapshot. */
async function withOthers<T>(
  count: number,
  open: (signal: AbortSignal) => Promise<OpenSession>,
  signal: AbortSignal,
  snapshot: string,
  use: (sessions: Session[]) => Promise<T>,
): Promise<T> {
  const opened: OpenSession[] = []
  try {
    for (let index = 0; index < count; index++) {
      const session = await open(signal)
      opened.push(session)
      // It takes no parameter; the server's own word, a string of hexadecimal digits and hyphens.
      await run(session, `${SNAPSHOT}; SET TRANSACTION SNAPSHOT '${snapshot.replaceAll("'", "''")}'`)
    }
    return await use(opened)
  } finally {
    await Promise.all(opened.map((session) => session.close()))
  }
}

async function using<T>(opening: Promise<OpenSession>, use: (session: OpenSession) => Promise<T>): Promise<T> {
  const session = await opening
  try {
    return await use(session)
  } finally {
    await session.close()
  }
}

async function run(session: Session, sql: string): Promise<void> {
  await session.run({ sql, parameters: [] })
}
