// Rule kind `requires-child`: rows that others must refer to.
import { sql } from 'kysely'
import { z } from 'zod'
import { columnField, nameOf } from '../columns.ts'
import { defineRule } from '../rule.ts'
import { keyNames } from '../terms.ts'
import { areAlike, unlike } from '../unlike.ts'

const options = z.strictObject({
  column: columnField('The column that must be referred to, most often the primary key'),
  child: columnField('The referring column'),
})
type Options = z.output<typeof options>

export const requiresChild = defineRule<Options>({
  id: 'requires-child',
  summary: 'at least one row of another table refers to every row',
  options: options as z.ZodType<Options>,
  example: { column: 'relationships.id', child: 'evidence.relationship_id' },
  isRowwise: true,
  describe: ({ column, child }) => `every ${nameOf(column)} is referred to by a row's ${nameOf(child)}`,
  reads: ({ column, child }) => [
    { ...column, option: 'column' },
    { ...child, option: 'child' },
  ],
  judges: ({ column }) => column.table,
  keyColumns: ({ column }, terms) => keyNames(terms, column.table),
  mismatch({ column, child }, terms) {
    const problem = unlike(terms, child, column)
    return problem && { option: 'child', ...problem }
  },
  violations({ column, child }, terms) {
    const { table } = column
    if (terms.engine === 'postgres') {
      // Its planner makes one pass over each of it, in parallel; a grouping would be one more.
      const own = sql`${sql.id('t', column.column)}`
      return sql`SELECT ${terms.key(table, 't')} FROM ${terms.rows(table)} AS t WHERE ${own} IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM ${terms.relation(child.table)} AS c WHERE ${sql.id('c', child.column)} = ${own})`
    }
    const grouping = { table: child.table, by: child.column, aggregates: [], of: column }
    const held = terms.held(grouping)
    if (held)
      return sql`SELECT ${terms.key(table, 't')} FROM ${held.absent} AS a
        CROSS JOIN ${terms.rows(table)} AS t ON ${sql.id('t', column.column)} = a.value`
    const group = terms.grouping(grouping)
    const value = sql`${sql.id('t', column.column)}`
    const given = sql`SELECT ${value} AS value FROM ${terms.rows(table)} AS t WHERE ${value} IS NOT NULL`
    // One set less another is several times faster in SQLite than looking each up, but knows no conversion between types.
    const childless =
      terms.engine === 'sqlite' && areAlike(terms, column, child)
        ? sql`${given} EXCEPT SELECT g.value FROM ${group} AS g`
        : sql`SELECT r.value FROM (${given}) AS r LEFT JOIN ${group} AS g ON g.value = r.value WHERE g.value IS NULL`
    return sql`WITH childless AS MATERIALIZED (${childless})
      SELECT ${terms.key(table, 't')} FROM ${terms.rows(table)} AS t
      WHERE EXISTS (SELECT 1 FROM childless) AND ${value} IN (SELECT value FROM childless)`
  },
  scan({ column, child }, schema) {
    if (schema.tables.get(column.table)?.rowidColumn !== column.column) return null
    return { type: 'requires-child', table: column.table, child: child.table, childColumn: child.column }
  },
})
