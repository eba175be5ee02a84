// The same tables in two databases, row by row: sums of hashes per bucket of keys first, then only the rows of unequal buckets.
import type { Row, Session, Value } from '../../databases/database.ts'
import { readSchema } from '../../databases/postgres/read-schema.ts'
import { quoted } from '../../databases/postgres/session.ts'
import type { Table } from '../../databases/schema.ts'
import type { TableDifference } from '../backup.ts'

const BUCKETS = 4096
/** Rows of so many keys are held at once on each side, about. */
const HELD_MAX = 200_000
const SAMPLES_MAX = 5

/** Both sides in one snapshot each; tables that are the same are left out. @throws OutsideError */
export async function compareTables(then: Session, now: Session): Promise<TableDifference[]> {
  for (const session of [then, now]) {
    await session.run({ sql: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', parameters: [] })
    // Both name their tables alike, whatever their users' settings are.
    await session.all({ sql: `SELECT set_config('search_path', 'public', true)`, parameters: [] })
  }
  const [old, current] = [(await readSchema(then)).tables, (await readSchema(now)).tables]
  const differences: TableDifference[] = []
  for (const name of new Set([...old.keys(), ...current.keys()])) {
    const [before, after] = [old.get(name), current.get(name)]
    if ((before ?? after)?.kind !== 'table') continue
    const difference =
      before && after
        ? await compareTable(then, now, before, after)
        : await onlyOnOneSide(before ? then : now, name, !before)
    if (difference.inserted + difference.changed + difference.deleted > 0 || difference.note !== null)
      differences.push(difference)
  }
  return differences
}

async function onlyOnOneSide(session: Session, table: string, isNew: boolean): Promise<TableDifference> {
  const [counted] = await session.all({ sql: `SELECT count(*) AS n FROM ${nameOf(table)}`, parameters: [] })
  const rows = Number(counted?.n)
  const note = isNew ? 'the table is not in the backup' : 'the table is only in the backup'
  return { table, key: null, inserted: isNew ? rows : 0, changed: 0, deleted: isNew ? 0 : rows, samples: [], note }
}

async function compareTable(then: Session, now: Session, before: Table, after: Table): Promise<TableDifference> {
  const table = before.name
  const names = (side: Table): string[] => side.columns.map(({ name }) => name)
  const shared = names(before).filter((name) => names(after).includes(name))
  const others = [...names(before), ...names(after)].filter((name) => !shared.includes(name))
  const hasKey = before.primaryKey.length > 0 && before.primaryKey.join('\0') === after.primaryKey.join('\0')
  const key = hasKey ? before.primaryKey : null
  const terms = { table, key: textOf(key ?? shared), row: textOf(shared) }
  const found = { inserted: 0, changed: 0, deleted: 0 }
  const keys = { inserted: [] as string[], changed: [] as string[], deleted: [] as string[] }
  const note = (change: 'inserted' | 'changed' | 'deleted', text: string, times = 1): void => {
    found[change] += times
    if (keys[change].length < SAMPLES_MAX) keys[change].push(text)
  }
  for (const buckets of await unequalBuckets(then, now, terms)) {
    const [old, current] = [await rowsIn(then, terms, buckets), await rowsIn(now, terms, buckets)]
    for (const [text, { hash, n }] of current) {
      const was = old.get(text)
      if (!was) note('inserted', text, n)
      else if (was.n < n) note('inserted', text, n - was.n)
      else if (key && was.hash !== hash) note('changed', text)
    }
    for (const [text, { n }] of old) {
      const left = current.get(text)?.n ?? 0
      if (left < n) note('deleted', text, n - left)
    }
  }
  const samples: TableDifference['samples'] = []
  for (const change of ['inserted', 'changed', 'deleted'] as const)
    for (const row of await rowsOfKeys(change === 'deleted' ? then : now, terms, shared, keys[change]))
      samples.push({ change, row })
  return {
    table,
    key,
    ...found,
    samples,
    note: others.length > 0 ? `columns not compared: ${others.join(', ')}` : null,
  }
}

interface Terms {
  table: string
  /** Text of the key of a row; where there is none, of the whole row. */
  key: string
  /** Text of the row. */
  row: string
}

/** A row constructor as text tells null from empty, and is the same for equal values in both databases. */
function textOf(columns: readonly string[]): string {
  return `ROW(${columns.map((column) => `t.${quoted(column)}`).join(', ')})::text`
}

const bucketOf = ({ key }: Terms): string => `(hashtextextended(${key}, 0) & ${BUCKETS - 1})`

/** In groups that fit into memory. */
async function unequalBuckets(then: Session, now: Session, terms: Terms): Promise<number[][]> {
  const sql = `SELECT ${bucketOf(terms)}::int AS bucket, count(*)::int8 AS n, sum(hashtextextended(${terms.row}, 1)::numeric) AS hashes FROM ${nameOf(terms.table)} AS t GROUP BY 1`
  const [old, current] = await Promise.all([then, now].map((session) => session.all({ sql, parameters: [] })))
  const byBucket = (rows: readonly Row[] = []) => new Map(rows.map((row) => [Number(row.bucket), row]))
  const [olds, currents] = [byBucket(old), byBucket(current)]
  const groups: number[][] = []
  let held = HELD_MAX
  for (const bucket of new Set([...olds.keys(), ...currents.keys()])) {
    const [a, b] = [olds.get(bucket), currents.get(bucket)]
    if (a && b && a.n === b.n && a.hashes === b.hashes) continue
    if (held >= HELD_MAX) {
      groups.push([])
      held = 0
    }
    held += Math.max(Number(a?.n ?? 0), Number(b?.n ?? 0))
    groups.at(-1)?.push(bucket)
  }
  return groups
}

async function rowsIn(
  session: Session,
  terms: Terms,
  buckets: readonly number[],
): Promise<Map<string, { hash: string; n: number }>> {
  const sql = `SELECT ${terms.key} AS key, min(hashtextextended(${terms.row}, 1))::text AS hash, count(*)::int8 AS n FROM ${nameOf(terms.table)} AS t
    WHERE ${bucketOf(terms)} = ANY ($1::int8[]) GROUP BY 1 ORDER BY 1`
  const rows = await session.all({ sql, parameters: [`{${buckets.join(',')}}`] })
  return new Map(rows.map(({ key, hash, n }) => [String(key), { hash: String(hash), n: Number(n) }]))
}

async function rowsOfKeys(
  session: Session,
  terms: Terms,
  columns: readonly string[],
  keys: readonly string[],
): Promise<TableDifference['samples'][number]['row'][]> {
  if (keys.length === 0) return []
  const shown = columns.map((column) => `t.${quoted(column)}`).join(', ')
  const sql = `SELECT ${shown} FROM ${nameOf(terms.table)} AS t WHERE ${terms.key} IN (SELECT json_array_elements_text($1::json)) ORDER BY ${terms.key} LIMIT ${SAMPLES_MAX}`
  const rows = await session.all({ sql, parameters: [JSON.stringify(keys)] })
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, cellOf(value)])))
}

function cellOf(value: Value): string | number | null {
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  return typeof value === 'bigint' ? String(value) : value
}

/** `audit.entries` is a table of another schema than `public`. */
function nameOf(table: string): string {
  const dot = table.indexOf('.')
  return dot > 0 ? `${quoted(table.slice(0, dot))}.${quoted(table.slice(dot + 1))}` : quoted(table)
}
