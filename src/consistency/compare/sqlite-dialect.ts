// The statements of a comparison in SQLite's SQL, with the functions of `databases/sqlite/comparison.ts`.
import type { Dialect } from './dialect.ts'
import { quoted } from './dialect.ts'
import type { ComparedColumn } from './side.ts'

const SAFE = Number.MAX_SAFE_INTEGER

/** A value as those functions take it: integers that a JavaScript number cannot hold come as text. */
function argument({ name, valueClass }: ComparedColumn): string {
  const column = quoted(name)
  switch (valueClass) {
    case 'text':
    case 'json':
      return `CAST(${column} AS TEXT)`
    case 'bytes':
    case 'uuid':
      return `CASE WHEN typeof(${column}) = 'blob' THEN ${column} ELSE CAST(${column} AS TEXT) END`
    default:
      return `CASE WHEN ${column} BETWEEN -${SAFE} AND ${SAFE} THEN ${column} ELSE CAST(${column} AS TEXT) END`
  }
}

const classes = (columns: readonly ComparedColumn[]): string =>
  `'${columns.map(({ valueClass }) => valueClass).join(',')}'`
const values = (columns: readonly ComparedColumn[]): string => columns.map(argument).join(', ')

export const sqliteDialect: Dialect = {
  table: quoted,
  canonical: (column, decimals) => `gonogo_canonical('${column.valueClass}', ${decimals}, ${argument(column)})`,
  row: (columns, decimals) => `gonogo_row(${classes(columns)}, ${decimals}, ${values(columns)})`,
  remainder: (column, count) => `coalesce(CAST(${quoted(column)} AS INTEGER) % ${count}, 0)`,
  bucketOf: (text, count) => `gonogo_bucket(${count}, ${text})`,
  among: (expression) => `${expression} IN (SELECT value FROM json_each(?))`,
  checksums: ({ bucket, columns, decimals, from }) =>
    `SELECT gonogo_checksums(${classes(columns)}, ${decimals}, ${bucket}, ${values(columns)}) AS sums FROM ${from}`,
  open: (select) => `CREATE TEMP TABLE gonogo_rows AS ${select}`,
  fetch: (from, count) =>
    `SELECT * FROM temp.gonogo_rows WHERE rowid > ${from} AND rowid <= ${from + count} ORDER BY rowid`,
  close: 'DROP TABLE temp.gonogo_rows',
}
