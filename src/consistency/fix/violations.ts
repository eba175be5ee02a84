// What breaks a rule right now, asked within the session that is about to change it.
import { sql } from 'kysely'
import type { DatabaseSchema } from '../../databases/schema.ts'
import { PlanError } from '../../lib/errors.ts'
import type { Rule, Terms } from '../rule.ts'
import { createTerms, keyNames, relationOf } from '../terms.ts'
import { rowKey, sameRow } from './row-key.ts'
import { list, name, numbered, type Sql, type SqlSession } from './sql.ts'
import { layKeys, workTable } from './work-tables.ts'

/** Most keys taken from a rule that gives them one by one instead of as a statement. */
const SEARCHED_KEYS_MAX = 100_000
/** Rows a VALUES list holds: a statement takes so many parameters and no more. */
const LISTED_MAX = 500

/** Rule kinds that say of one row, whatever the others are, whether it breaks the rule. */
const ROW_BY_ROW: readonly string[] = [
  'not-null',
  'reference',
  'range',
  'enum',
  'regex',
  'requires-child',
  'aggregate-equals',
]

/** The table whose rows a rule judges, also where what breaks it is values or groups of them. */
export function judgedTable({ kind, options }: Rule): string | null {
  const judged = kind.judged?.(options)
  return kind.judges(options) ?? (typeof judged === 'object' ? judged.rowsOf : null)
}

export interface Violations {
  /** How many columns a key has. */
  width: number
  /** Whether the keys are rows of the judged table. */
  givesRows: boolean
  /** Lays the keys of what breaks the rule now into a work table. @returns how many. @throws OutsideError */
  lay(session: SqlSession, work: string): Promise<number>
  /** How many break the rule now. @throws OutsideError */
  count(session: SqlSession): Promise<number>
  /** SELECT of those of `keys` that still break the rule, without asking about others; null where that cannot be said. */
  among: ((keys: Sql) => Sql) | null
}

/** @throws PlanError where the rule does not fit the schema, or is not about rows of one database. */
export function violationsOf(
  rule: Rule,
  schema: DatabaseSchema,
  options: { now: number; signal: AbortSignal },
): Violations {
  const terms = createTerms(schema, options)
  const { kind } = rule
  const columns = kind.keyColumns(rule.options, terms)
  const judged = judgedTable(rule)
  const givesRows =
    kind.judges(rule.options) !== null ||
    (judged !== null && JSON.stringify(keyNames(terms, judged)) === JSON.stringify(columns))
  const width = columns.length
  if (kind.violations) {
    const statement = kind.violations(rule.options, terms)
    return {
      width,
      givesRows,
      lay: (session, work) => layKeys(session, work, statement, width),
      count: (session) => session.number(sql`SELECT count(*) AS n FROM (${statement}) AS violating`),
      among: givesRows && ROW_BY_ROW.includes(kind.id) ? (keys) => amongRows(rule, schema, options.now, keys) : null,
    }
  }
  if (!kind.search)
    throw new PlanError(`rule ${rule.name} compares databases, and cannot be fixed in one of them`, {
      hint: 'fix it where the rows come from',
    })
  const search = async (session: SqlSession, keysMax: number) =>
    kind.search?.(rule.options, terms, { read: (query) => session.all(query), keysMax, signal: options.signal })
  return {
    width,
    givesRows,
    lay: async (session, work) =>
      layListed(session, work, (await search(session, SEARCHED_KEYS_MAX))?.keys ?? [], terms, rule),
    count: async (session) => (await search(session, 1))?.count ?? 0,
    among: null,
  }
}

/** The rule's own statement, with those rows in place of the table. */
function amongRows(rule: Rule, schema: DatabaseSchema, now: number, keys: Sql): Sql {
  const judged = rule.kind.judges(rule.options) as string
  const table = schema.tables.get(judged)
  if (!table || !rule.kind.violations) throw new PlanError(`rule ${rule.name} judges no rows`)
  const key = rowKey(schema.engine, table)
  // The row number is no column of a table unless it is asked for.
  const all = key.isHidden ? sql`${name('row', key.columns[0] as string)}, "row".*` : sql`"row".*`
  const rows = sql`(SELECT ${all} FROM (${keys}) AS those CROSS JOIN ${relationOf(schema.engine, judged)} AS "row" WHERE ${sameRow(key, 'row', 'those')})`
  const terms = createTerms(schema, { now, rowsOf: (wanted) => (wanted === judged ? rows : null) })
  const columns = list(numbered('k', key.columns).map((column) => name(column)))
  return sql`SELECT ${columns} FROM (${rule.kind.violations(rule.options, terms)}) AS violating`
}

async function layListed(
  session: SqlSession,
  work: string,
  keys: readonly (readonly unknown[])[],
  terms: Terms,
  rule: Rule,
): Promise<number> {
  const columns = rule.kind.keyColumns(rule.options, terms)
  const judged = terms.table(judgedTable(rule) ?? '')
  const typed = list(columns.map((column, index) => sql`${name('row', column)} AS ${name(`k${index + 1}`)}`))
  await layKeys(
    session,
    work,
    sql`SELECT ${typed} FROM ${relationOf(terms.engine, judged.name)} AS "row" WHERE 1 = 0`,
    columns.length,
  )
  for (let from = 0; from < keys.length; from += LISTED_MAX) {
    const rows = keys.slice(from, from + LISTED_MAX).map((key) => sql`(${sql.join(key)})`)
    await session.run(sql`INSERT INTO ${workTable(session.engine, work)} VALUES ${sql.join(rows)}`)
  }
  return keys.length
}
