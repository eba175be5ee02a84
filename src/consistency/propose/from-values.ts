// Rules that names suggest and values confirm: each column in question is looked at once, by the database.
import { sql } from 'kysely'
import type { Row, Session } from '../../databases/database.ts'
import type { Column, DatabaseSchema, Table } from '../../databases/schema.ts'
import { formatDuration } from '../../lib/duration.ts'
import { nearest } from '../../lib/nearest.ts'
import { canonicalText } from '../../databases/canonical.ts'
import { familyOf } from '../column-type.ts'
import { compileStatement } from '../compile.ts'
import { relationOf } from '../terms.ts'
import { columnOf } from './from-schema.ts'
import { nameFor, type Candidate } from './proposed-rule.ts'

/** Fewer values show nothing. */
const VALUES_MIN = 50

/** A name that means a range, the range, and how much of the data must be in it for the name to mean that here. */
const RANGES: { name: RegExp; min: number; max?: number; share: number }[] = [
  { name: /(?:^|_)(?:confidence|probability|likelihood|certainty)$/i, min: 0, max: 1, share: 0.95 },
  { name: /(?:^|_)(?:confidence|probability|likelihood|certainty)$/i, min: 0, max: 100, share: 0.95 },
  {
    name: /^(?!.*(?:growth|change|delta|margin|yield)).*(?:^|_)(?:percent|percentage|pct)$/i,
    min: 0,
    max: 100,
    share: 0.95,
  },
  { name: /(?:^|_)(?:ratio|fraction|score)$/i, min: 0, max: 1, share: 1 },
  { name: /^(?:lat|latitude)$/i, min: -90, max: 90, share: 0.95 },
  { name: /^(?:lng|lon|longitude)$/i, min: -180, max: 180, share: 0.95 },
  { name: /_count$/i, min: 0, share: 0.95 },
]

const FEW = /(?:^|_)(?:status|state|kind|type|role|severity|level)$/i
const FEW_MAX = 12
const FREE = /^(?:content|mime|media)_type$/i

const LOG =
  /(?:^|[_.])(?:events?|logs?|audits?|audit_trail|heartbeats?|readings?|metrics?|measurements?|samples?|messages|jobs)$/i
const WRITTEN_AT =
  /^(?:created|recorded|logged|occurred|received|inserted|measured|sampled|enqueued)_at$|^(?:timestamp|ts)$/i
const RECENT_ROWS = 1000
const DAY_MS = 86_400_000
const WITHIN_MS = [300_000, 900_000, 3_600_000, 6 * 3_600_000, DAY_MS, 2 * DAY_MS, 7 * DAY_MS]

/** @throws OutsideError when the database cannot be read. */
export async function fromValues(session: Session, schema: DatabaseSchema, now: number): Promise<Candidate[]> {
  const found: Candidate[] = []
  for (const table of schema.tables.values())
    for (const column of table.kind === 'table' ? table.columns : []) {
      const looked = [
        await rangeOf(session, schema, table, column),
        await valuesOf(session, schema, table, column),
        await freshnessOf(session, schema, table, column, now),
      ]
      found.push(...looked.filter((candidate) => candidate !== null))
    }
  return found
}

const ask = (session: Session, { engine }: DatabaseSchema, query: ReturnType<typeof sql>): Promise<Row[]> =>
  session.all(compileStatement(engine, query))

async function rangeOf(
  session: Session,
  schema: DatabaseSchema,
  table: Table,
  column: Column,
): Promise<Candidate | null> {
  const ranges = RANGES.filter(({ name }) => name.test(column.name))
  if (ranges.length === 0 || familyOf(column, schema.engine) !== 'number') return null
  const value = sql`${sql.id(column.name)}`
  const inside = ranges.map(
    ({ min, max }, at) =>
      sql`sum(CASE WHEN ${value} >= ${sql.lit(min)}${max === undefined ? sql`` : sql` AND ${value} <= ${sql.lit(max)}`} THEN 1 ELSE 0 END) AS ${sql.id(`r${at}`)}`,
  )
  const [facts] = await ask(
    session,
    schema,
    sql`SELECT count(${value}) AS n, sum(CASE WHEN ${value} <> round(${value}) THEN 1 ELSE 0 END) AS broken, max(${value}) AS largest, ${sql.join(inside)} FROM ${relationOf(schema.engine, table.name)}`,
  )
  const count = Number(facts?.n)
  if (count < VALUES_MIN) return null
  const fitting = ranges.find(({ share }, at) => Number(facts?.[`r${at}`]) >= share * count)
  if (!fitting) return null
  const { min, max, share } = fitting
  // Whole numbers from 0 to 1 are a yes or no under another name; percentages that never pass 1 may be fractions.
  if (max === 1 && Number(facts?.broken) === 0) return null
  if (max === 100 && Number(facts?.largest) <= 1) return null
  const within = Math.floor((1000 * Number(facts?.[`r${ranges.indexOf(fitting)}`])) / count) / 10
  return {
    name: nameFor([table.name, column.name], 'range'),
    kind: 'range',
    options: { column: columnOf(table.name, column.name), from: min, ...(max === undefined ? {} : { to: max }) },
    why: `the name says so, and ${within} % of ${count} values are in it`,
    basis: share === 1 ? 'seen' : 'named',
    isEnforced: false,
    brokenShareMax: 1 - share,
  }
}

async function valuesOf(
  session: Session,
  schema: DatabaseSchema,
  table: Table,
  column: Column,
): Promise<Candidate | null> {
  if (!FEW.test(column.name) || FREE.test(column.name) || familyOf(column, schema.engine) !== 'text') return null
  // With `commentable_id` beside it `commentable_type` names tables, of which there will be more.
  const owner = column.name.replace(/_type$/i, '_id')
  if (owner !== column.name && table.columns.some(({ name }) => name === owner)) return null
  const value = sql.id(column.name)
  const rows = await ask(
    session,
    schema,
    sql`SELECT ${value} AS value, count(*) AS n FROM ${relationOf(schema.engine, table.name)} WHERE ${value} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${sql.lit(FEW_MAX + 1)}`,
  )
  const count = rows.reduce((sum, { n }) => sum + Number(n), 0)
  if (rows.length > FEW_MAX || count < VALUES_MIN || rows.length * 10 > count) return null
  const { values, slips } = withoutSlips(
    rows.map(({ value: text, n }) => ({ text: String(text), share: Number(n) / count })),
  )
  if (values.some((text) => text.length > 40 || text.trim() !== text || text === '')) return null
  const but =
    slips.length === 0 ? '' : `; ${slips.map((text) => JSON.stringify(text)).join(', ')} look like slips of them`
  return {
    name: nameFor([table.name, column.name], 'enum'),
    kind: 'enum',
    options: { column: columnOf(table.name, column.name), values },
    why: `only these stand in ${count} rows${but}`,
    basis: 'seen',
    isEnforced: false,
    brokenShareMax: 0.05,
  }
}

/** A rare value that is a frequent one but for case, space or a letter is most likely an error. */
function withoutSlips(seen: readonly { text: string; share: number }[]): { values: string[]; slips: string[] } {
  const frequent = seen.filter(({ share }) => share >= 0.01).map(({ text }) => text)
  const isSlip = ({ text, share }: { text: string; share: number }): boolean =>
    share < 0.01 && (text.trim() === '' || nearest(text.trim(), frequent) !== null)
  return {
    values: seen
      .filter((one) => !isSlip(one))
      .map(({ text }) => text)
      .toSorted(),
    slips: seen.filter(isSlip).map(({ text }) => text),
  }
}

/** Of a table that is written to all the time: its newest row is recent, and the gaps between the last ones are short. */
async function freshnessOf(
  session: Session,
  schema: DatabaseSchema,
  table: Table,
  column: Column,
  now: number,
): Promise<Candidate | null> {
  const family = familyOf(column, schema.engine)
  const isTime = /^(?:timestamp|date)/i.test(column.type)
  if (!LOG.test(table.name) || !WRITTEN_AT.test(column.name) || table.primaryKey.length !== 1) return null
  if (!isTime && family !== 'text' && family !== 'number') return null
  const [value, key] = [sql.id(column.name), sql.id(table.primaryKey[0] ?? '')]
  const rows = await ask(
    session,
    schema,
    sql`SELECT ${value} AS at FROM ${relationOf(schema.engine, table.name)} WHERE ${value} IS NOT NULL ORDER BY ${key} DESC LIMIT ${sql.lit(RECENT_ROWS)}`,
  )
  const times = rows
    .map(({ at }) => Number(canonicalText(at ?? null, 'timestamp', 0)))
    .filter(Number.isFinite)
    .toSorted((a, b) => b - a)
  const [newest] = times
  if (newest === undefined || times.length < VALUES_MIN || newest > now + DAY_MS || newest < now - DAY_MS) return null
  const gapMs = times.reduce((widest, at, index) => Math.max(widest, (times[index - 1] ?? at) - at), now - newest)
  const withinMs = WITHIN_MS.find((ms) => ms >= 4 * gapMs)
  if (withinMs === undefined) return null
  const isSeconds = Math.abs(Number(rows[0]?.at)) < 1e11
  const format = isTime ? {} : { format: family === 'text' ? 'text' : isSeconds ? 'seconds' : 'milliseconds' }
  // Only SQLite keeps times of such a type as what it was given.
  const kept =
    isTime && schema.engine === 'sqlite'
      ? { format: typeof rows[0]?.at === 'string' ? 'text' : isSeconds ? 'seconds' : 'milliseconds' }
      : format
  return {
    name: nameFor([table.name, column.name], 'freshness'),
    kind: 'freshness',
    options: { column: columnOf(table.name, column.name), within: formatDuration(withinMs), ...kept },
    why: `of the last ${times.length} rows none came more than ${formatDuration(Math.max(1000, gapMs))} after the one before`,
    basis: 'seen',
    isEnforced: false,
    brokenShareMax: 0,
  }
}
