// Rule kind `duplicate-groups`: counts the values, or combinations of values, that stand in more than one row.
import { sql } from 'kysely'
import { z } from 'zod'
import { columnsField, nameOf, tableOf } from '../columns.ts'
import { allOf } from '../compile.ts'
import { defineRule } from '../rule.ts'
import { findColumn, orderedColumn } from '../terms.ts'

const options = z.strictObject({ column: columnsField('What must not stand in several rows; null is no value') })
type Options = z.output<typeof options>

export const duplicateGroups = defineRule<Options>({
  id: 'duplicate-groups',
  summary: 'counts the values or combinations of values that stand in more than one row, one for each value',
  options: options as z.ZodType<Options>,
  example: { column: 'relationships.semantic_id' },
  isRowwise: true,
  sorts: true,
  describe: ({ column }) => `no two rows have the same ${nameOf(column)}`,
  reads: ({ column }) => column.map((one) => ({ ...one, option: 'column' })),
  judges: () => null,
  judged: ({ column }) => ({ rowsOf: tableOf(column) }),
  keyColumns: ({ column }) => column.map((one) => one.column),
  violations({ column }, terms) {
    const columns = column.map((one) => sql`${sql.id('t', one.column)}`)
    const table = terms.table(tableOf(column))
    const keys = column.map((one, index) => {
      const value = orderedColumn(findColumn(table, one.column), 't', terms.engine)
      return sql`${value} AS ${sql.id(`k${index + 1}`)}`
    })
    return sql`SELECT ${sql.join(keys)} FROM ${terms.rows(tableOf(column))} AS t
      WHERE ${allOf(columns.map((one) => sql`${one} IS NOT NULL`))} GROUP BY ${sql.join(columns)} HAVING count(*) > 1`
  },
  scan: ({ column: [only, ...others] }) => (only && others.length === 0 ? { type: 'duplicates', ...only } : null),
})
