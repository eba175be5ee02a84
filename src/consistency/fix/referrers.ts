// How many rows refer to each inserted row: when it is inserted (that may be why it was), and when it is to be removed again.
import { sql } from 'kysely'
import { relationOf } from '../terms.ts'
import { valueAfter, type Imaged } from './images.ts'
import type { Reference } from './references.ts'
import { name, type Sql, type SqlSession } from './sql.ts'

/** SELECT of `n` and `referrers` of the images that any row refers to; null where no table refers to this one. */
export function referrersOf(
  session: SqlSession,
  imaged: Imaged,
  references: readonly Reference[],
  which: Sql,
): Sql | null {
  const own = references.filter(({ parent }) => parent === imaged.table.name)
  if (own.length === 0) return null
  const found = own.map(({ table, columns, parentColumns }) => {
    const same = columns.map(
      (column, index) => sql`${name('child', column)} = ${valueAfter(imaged, parentColumns[index] as string)}`,
    )
    return sql`SELECT image.n AS n FROM ${imaged.images} AS image JOIN ${relationOf(session.engine, table)} AS child
      ON ${sql.join(same, sql` AND `)} WHERE ${which}`
  })
  return sql`SELECT n, count(*) AS referrers FROM (${sql.join(found, sql` UNION ALL `)}) AS referring GROUP BY n`
}

/** Keeps with each new image how many rows refer to its row already. */
export async function logReferrers(
  session: SqlSession,
  imaged: Imaged,
  references: readonly Reference[],
  which: Sql,
): Promise<void> {
  const referrers = referrersOf(session, imaged, references, which)
  if (!referrers) return
  await session.run(sql`
    UPDATE ${imaged.images} AS target SET dangling = counted.referrers FROM (${referrers}) AS counted WHERE target.n = counted.n`)
}
