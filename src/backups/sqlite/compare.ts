// How a database differs from its backup, row by row: both read at one moment through one connection, by SQL over whole tables.
import { pathToFileURL } from 'node:url'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { explained, openForReading } from '../../databases/sqlite/open.ts'
import { excerpt } from '../../lib/excerpt.ts'
import type { TableDifference } from '../backup.ts'
import { quoted, tablePairs, type Pair, type TablePair } from './table-pairs.ts'

const SAMPLES_MAX = 5
const TEXT_MAX = 120
const PAIR: Pair = { now: 'main', before: 'backup' }

/** Tables that differ. @throws OutsideError when one of the files cannot be read. */
export function compare(live: string, copy: string): TableDifference[] {
  using database = openForReading(live)
  return explained(live, () => {
    database.exec('PRAGMA temp_store = FILE')
    attachCopy(database, copy, PAIR.before)
    database.exec('BEGIN')
    return tablePairs(database, PAIR)
      .map((pair) => differenceOf(database, pair))
      .filter((found) => found !== null)
  })
}

/** Attaches a file that nobody writes: no locks, nothing created beside it. */
export function attachCopy(database: DatabaseSync, copy: string, schema: string): void {
  database.prepare('ATTACH ? AS ?').run(`${pathToFileURL(copy).href}?immutable=1`, schema)
}

/** Rows of `now` whose key is not in `then`, in a table that both have: `FROM ... WHERE ...`, with the row as `n`. */
export function onlyNow({ table, key }: TablePair, { now, before }: Pair): string {
  return `FROM ${place(now, table)} AS n WHERE NOT EXISTS (SELECT 1 FROM ${place(before, table)} AS t WHERE ${sameKey(key ?? [])})`
}

function differenceOf(database: DatabaseSync, pair: TablePair): TableDifference | null {
  const found =
    !pair.inNow || !pair.inThen
      ? oneSided(database, pair)
      : pair.key
        ? byKey(database, pair)
        : byContent(database, pair)
  const note = noteOf(pair)
  const isEqual = found.inserted === 0 && found.changed === 0 && found.deleted === 0
  if (isEqual && pair.inNow && pair.inThen && pair.differing.length === 0) return null
  return { table: pair.table, key: pair.key, ...found, note }
}

/** Why its rows cannot be carried over, or what was not compared. */
export function noteOf({ inNow, inThen, key, differing }: TablePair): string | null {
  if (!inThen) return 'the backup has no such table'
  if (!inNow) return 'the database has no such table any more'
  if (differing.length > 0)
    return `only one of them has ${differing.map((name) => `"${name}"`).join(', ')}, which was not compared`
  return key ? null : 'it has no primary key without NULL: rows were compared as a whole'
}

type Found = Pick<TableDifference, 'inserted' | 'changed' | 'deleted' | 'samples'>
type Sample = TableDifference['samples'][number]

function oneSided(database: DatabaseSync, { table, inNow, columns }: TablePair): Found {
  const from = `FROM ${place(inNow ? PAIR.now : PAIR.before, table)} AS n`
  const rows = countOf(database, from)
  const change = inNow ? 'inserted' : 'deleted'
  const samples = rowsOf(database, columns, from, change)
  return { inserted: inNow ? rows : 0, changed: 0, deleted: inNow ? 0 : rows, samples }
}

function byKey(database: DatabaseSync, pair: TablePair): Found {
  const { table, columns } = pair
  const key = pair.key ?? []
  const rest = columns.filter((column) => !key.includes(column))
  const joined = `FROM ${place(PAIR.now, table)} AS n LEFT JOIN ${place(PAIR.before, table)} AS t ON ${sameKey(key)}`
  const isNew = `t.${quoted(key[0] ?? '')} IS NULL`
  const isOther = anyOf(rest.map((column) => `n.${quoted(column)} COLLATE BINARY IS NOT t.${quoted(column)}`))
  const isChanged = `NOT ${isNew} AND ${isOther}`
  const sums = database
    .prepare(
      `SELECT count(*) AS rows, coalesce(sum(${isNew}), 0) AS inserted, coalesce(sum(${isChanged}), 0) AS changed ${joined}`,
    )
    .get()
  const [rows, inserted, changed] = [Number(sums?.rows), Number(sums?.inserted), Number(sums?.changed)]
  // Every row that is not new has its one partner; the others of the backup have none.
  const deleted = countOf(database, `FROM ${place(PAIR.before, table)}`) - (rows - inserted)
  const gone = onlyNow(pair, { now: PAIR.before, before: PAIR.now })
  return {
    inserted,
    changed,
    deleted,
    samples: [
      ...(inserted > 0 ? rowsOf(database, columns, `${joined} WHERE ${isNew}`, 'inserted') : []),
      ...(changed > 0 ? rowsOf(database, columns, `${joined} WHERE ${isChanged}`, 'changed') : []),
      ...(deleted > 0 ? rowsOf(database, columns, gone, 'deleted') : []),
    ],
  }
}

/** Equal rows cancel each other out; what is left is only in one of them. */
function byContent(database: DatabaseSync, { table, columns }: TablePair): Found {
  const names = columns.map((column, index) => `${quoted(column)} COLLATE BINARY AS c${index}`).join(', ')
  const groups = columns.map((_, index) => `c${index}`).join(', ')
  const left = `SELECT ${groups}, sum(side) AS side FROM (
    SELECT ${names}, 1 AS side FROM ${place(PAIR.now, table)}
    UNION ALL SELECT ${names}, -1 FROM ${place(PAIR.before, table)}) GROUP BY ${groups} HAVING sum(side) <> 0`
  const sums = database
    .prepare(
      `SELECT coalesce(sum(max(side, 0)), 0) AS inserted, coalesce(sum(max(-side, 0)), 0) AS deleted FROM (${left})`,
    )
    .get()
  const [inserted, deleted] = [Number(sums?.inserted), Number(sums?.deleted)]
  const aliased = columns.map((column, index) => `c${index} AS ${quoted(column)}`).join(', ')
  const samples = (condition: string, change: Sample['change']): Sample[] =>
    rowsOf(database, columns, `FROM (SELECT ${aliased}, side FROM (${left})) AS n WHERE n.side ${condition} 0`, change)
  return {
    inserted,
    changed: 0,
    deleted,
    samples: [...(inserted > 0 ? samples('>', 'inserted') : []), ...(deleted > 0 ? samples('<', 'deleted') : [])],
  }
}

function rowsOf(database: DatabaseSync, columns: readonly string[], from: string, change: Sample['change']): Sample[] {
  const names = columns.map((column) => `n.${quoted(column)} AS ${quoted(column)}`).join(', ')
  const statement = database.prepare(`SELECT ${names} ${from} LIMIT ${SAMPLES_MAX}`)
  statement.setReadBigInts(true)
  return statement.all().map((row) => ({
    change,
    row: Object.fromEntries(Object.entries(row).map(([column, value]) => [column, shown(value)])),
  }))
}

function shown(value: SQLOutputValue): Sample['row'][string] {
  if (typeof value === 'string') return excerpt(value, TEXT_MAX)
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  return value instanceof Uint8Array ? `blob of ${value.length} bytes` : value
}

function countOf(database: DatabaseSync, from: string): number {
  return Number(database.prepare(`SELECT count(*) AS count ${from}`).get()?.count)
}

function sameKey(key: readonly string[]): string {
  return key.map((column) => `t.${quoted(column)} = n.${quoted(column)}`).join(' AND ')
}

/** As a tree of little depth: SQLite takes chains of 1000 at the most. */
function anyOf(conditions: readonly string[]): string {
  if (conditions.length <= 1) return conditions[0] ?? '0'
  const middle = Math.ceil(conditions.length / 2)
  return `(${anyOf(conditions.slice(0, middle))} OR ${anyOf(conditions.slice(middle))})`
}

function place(schema: string, table: string): string {
  return `${quoted(schema)}.${quoted(table)}`
}
