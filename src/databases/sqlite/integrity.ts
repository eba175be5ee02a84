// What SQLite itself finds wrong with a file.
import type { Session } from '../database.ts'

/** More findings than this say nothing new. */
const FINDINGS_MAX = 20

/** Findings of integrity_check and foreign_key_check; empty when all is well. */
export async function sqliteIntegrity(session: Session): Promise<string[]> {
  const found = await session.all({ sql: `PRAGMA integrity_check(${FINDINGS_MAX})`, parameters: [] })
  const problems = found.map((row) => String(Object.values(row)[0])).filter((text) => text !== 'ok')
  // A damaged file has no foreign keys to speak of.
  if (problems.length > 0) return problems
  const broken = await session.all({
    sql: `SELECT "table" AS child, parent, count(*) AS n FROM pragma_foreign_key_check GROUP BY 1, 2 LIMIT ${FINDINGS_MAX}`,
    parameters: [],
  })
  return broken.map(({ child, parent, n }) => `${n} rows of ${child} refer to no row of ${parent}`)
}
