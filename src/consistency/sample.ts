// Some rows of a table, picked at random: enough to find something wrong, never to find nothing wrong.
import { sql, type RawBuilder } from 'kysely'
import type { DatabaseSchema } from '../databases/schema.ts'
import { findTable, relationOf, rowName } from './terms.ts'

/** Rows looked at of each judged table. */
export const SAMPLE_ROWS = 20_000

/** Random row numbers tried for each row wanted: some fall into gaps. */
const TRIES = 2
/** The same rows in every statement of a validation. */
const SEED = 20_000

/** A SELECT of about `rows` rows, all columns; what tells rows apart that have no primary key is a column too. */
export function sampleStatement(schema: DatabaseSchema, name: string, rows: number): RawBuilder<unknown> {
  const table = findTable(schema, name)
  const relation = relationOf(schema.engine, name)
  const own = table.primaryKey.length === 0 ? sql`${sql.id('t', rowName(table, schema.engine))}, ` : sql``
  if (schema.engine === 'postgres') {
    // Whole pages are taken, so that more of them are than rows are wanted of a small table.
    const percent = sql`LEAST(100, 100.0 * ${sql.lit(rows)} / GREATEST(1, (SELECT reltuples FROM pg_class WHERE oid = ${relationName(name)}::regclass)))`
    return sql`SELECT ${own}t.* FROM ${relation} AS t TABLESAMPLE SYSTEM (${percent}) REPEATABLE (${sql.lit(SEED)}) LIMIT ${sql.lit(rows)}`
  }
  if (table.isWithoutRowid) {
    // No row numbers to guess: a coin for every row, until there are enough.
    const share = sql`(SELECT 9223372036854775807 / max(1, count(*)) * ${sql.lit(TRIES * rows)} FROM ${relation})`
    return sql`SELECT t.* FROM ${relation} AS t WHERE abs(random() / 2) * 2.0 < ${share} LIMIT ${sql.lit(rows)}`
  }
  const rowid = table.rowidColumn ?? rowName({ ...table, primaryKey: [] }, 'sqlite')
  const number = sql.id('t', rowid)
  return sql`WITH RECURSIVE span AS (SELECT min(${sql.id(rowid)}) AS least, max(${sql.id(rowid)}) AS most FROM ${relation}),
    picked(n, id) AS (
      SELECT 1, least FROM span WHERE least IS NOT NULL
      UNION ALL
      SELECT n + 1, CASE WHEN most - least < ${sql.lit(TRIES * rows)} THEN least + n
        ELSE least + CAST((most - least) * (abs(random() % 9007199254740991) / 9007199254740991.0) AS INTEGER) END
      FROM picked, span WHERE n <= ${sql.lit(TRIES * rows)})
    SELECT ${own}t.* FROM (SELECT DISTINCT id FROM picked) AS p CROSS JOIN ${relation} AS t ON ${number} = p.id LIMIT ${sql.lit(rows)}`
}

function relationName(name: string): RawBuilder<unknown> {
  const quoted = (part: string): string => `"${part.replaceAll('"', '""')}"`
  const point = name.indexOf('.')
  return sql`${point > 0 ? `${quoted(name.slice(0, point))}.${quoted(name.slice(point + 1))}` : quoted(name)}`
}
