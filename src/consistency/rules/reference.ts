// Rule kind `reference`: what a row refers to is there.
import { sql, type RawBuilder } from 'kysely'
import { z } from 'zod'
import { columnsField, nameOf, nullsField, tableOf } from '../columns.ts'
import { allOf, anyOf } from '../compile.ts'
import { defineRule, type Terms } from '../rule.ts'
import { keyList, keyNames } from '../terms.ts'
import { unlike } from '../unlike.ts'
import { columnFamily } from '../values.ts'

const options = z
  .strictObject({
    column: columnsField('The referring column or columns'),
    references: columnsField('The columns they refer to, in the same order'),
    nulls: nullsField(),
  })
  .refine(({ column, references }) => column.length === references.length, {
    path: ['references'],
    error: 'has not as many columns as `column`',
  })
type Options = z.output<typeof options>

export const reference = defineRule<Options>({
  id: 'reference',
  summary: 'what a row refers to is there: no orphans',
  options: options as z.ZodType<Options>,
  example: { column: 'relationships.source_id', references: 'entities.id' },
  isRowwise: true,
  describe: ({ column, references }) => `every ${nameOf(column)} is one of ${nameOf(references)}`,
  reads: ({ column, references }) => [
    ...column.map((one) => ({ ...one, option: 'column' })),
    ...references.map((one) => ({ ...one, option: 'references' })),
  ],
  judges: ({ column }) => tableOf(column),
  keyColumns: ({ column }, terms) => keyNames(terms, tableOf(column)),
  mismatch({ column, references }, terms) {
    for (const [index, one] of column.entries()) {
      const problem = unlike(terms, one, references[index] ?? one)
      if (problem) return { option: 'references', ...problem }
    }
    return null
  },
  violations({ column, references, nulls }, terms) {
    const table = tableOf(column)
    const columns = column.map((one) => sql`${sql.id('t', one.column)}`)
    const orphans =
      terms.engine === 'postgres'
        ? lookedUp({ column, references }, terms)
        : (notHeld({ column, references }, terms) ?? distinctFirst({ column, references }, terms))
    if (nulls === 'ignore') return orphans
    return sql`SELECT ${keyList(keyNames(terms, table).length)} FROM (${orphans}) AS o UNION ALL SELECT ${terms.key(table, 't')} FROM ${terms.rows(table)} AS t
      WHERE ${anyOf(columns.map((one) => sql`${one} IS NULL`))}`
  },
  scan({ column: [child, ...others], references: [parent], nulls }, schema) {
    if (!child || !parent || others.length > 0) return null
    if (schema.tables.get(parent.table)?.rowidColumn !== parent.column) return null
    return { type: 'reference', ...child, parent: parent.table, nulls }
  },
})

type Pair = Pick<Options, 'column' | 'references'>

/** Against the numbers of the parents' rows, kept in memory; null where they cannot be. */
function notHeld({ column: [child], references: [parent, ...others] }: Pair, terms: Terms): RawBuilder<unknown> | null {
  if (!child || !parent || others.length > 0) return null
  const { family } = columnFamily(terms, child)
  const held =
    family === 'number' ? terms.held({ table: parent.table, by: parent.column, aggregates: [], of: parent }) : null
  const value = sql`${sql.id('t', child.column)}`
  return (
    held && sql`SELECT ${terms.key(child.table, 't')} FROM ${terms.rows(child.table)} AS t WHERE NOT ${held.has(value)}`
  )
}

/** Each value once, then looked up: far fewer look-ups, and in order. */
function distinctFirst({ column, references }: Pair, terms: Terms): RawBuilder<unknown> {
  const table = tableOf(column)
  const columns = column.map((one) => sql`${sql.id('t', one.column)}`)
  const [only, ...others] = column
  const values = column.map((_, index) => `v${index + 1}`)
  const named = columns.map((one, index) => sql`${one} AS ${sql.id(values[index] ?? '')}`)
  const distinct =
    only && others.length === 0
      ? sql`(SELECT value AS v1 FROM ${terms.grouping({ table, by: only.column, aggregates: [] })} AS g)`
      : sql`(SELECT DISTINCT ${sql.join(named)} FROM ${terms.rows(table)} AS t
          WHERE ${allOf(columns.map((one) => sql`${one} IS NOT NULL`))})`
  const equal = references.map((one, index) => sql`${sql.id('p', one.column)} = ${sql.id('d', values[index] ?? '')}`)
  return sql`WITH orphans AS MATERIALIZED (
      SELECT d.* FROM ${distinct} AS d LEFT JOIN ${terms.relation(tableOf(references))} AS p ON ${allOf(equal)}
      WHERE ${sql.id('p', references[0]?.column ?? '')} IS NULL)
    SELECT ${terms.key(table, 't')} FROM ${terms.rows(table)} AS t
    WHERE EXISTS (SELECT 1 FROM orphans) AND (${sql.join(columns)}) IN (SELECT * FROM orphans)`
}

/** What Postgres makes one pass over each table of, in parallel; values once first would be one more. */
function lookedUp({ column, references }: Pair, terms: Terms): RawBuilder<unknown> {
  const columns = column.map((one) => sql`${sql.id('t', one.column)}`)
  const equal = references.map((one, index) => sql`${sql.id('p', one.column)} = ${columns[index] ?? sql`NULL`}`)
  return sql`SELECT ${terms.key(tableOf(column), 't')} FROM ${terms.rows(tableOf(column))} AS t
    WHERE ${allOf(columns.map((one) => sql`${one} IS NOT NULL`))}
      AND NOT EXISTS (SELECT 1 FROM ${terms.relation(tableOf(references))} AS p WHERE ${allOf(equal)})`
}
