// Rule kind `not-null`: a column has a value in every row.
import { sql } from 'kysely'
import { z } from 'zod'
import { columnField, nameOf } from '../columns.ts'
import { defineRule } from '../rule.ts'
import { keyNames } from '../terms.ts'

const options = z.strictObject({ column: columnField('The column that must have a value') })
type Options = z.output<typeof options>

export const notNull = defineRule<Options>({
  id: 'not-null',
  summary: 'a column has a value in every row',
  options: options as z.ZodType<Options>,
  example: { column: 'orders.customer_id' },
  isRowwise: true,
  describe: ({ column }) => `every ${nameOf(column)} has a value`,
  reads: ({ column }) => [{ ...column, option: 'column' }],
  judges: ({ column }) => column.table,
  keyColumns: ({ column }, terms) => keyNames(terms, column.table),
  violations: ({ column: { table, column } }, terms) =>
    sql`SELECT ${terms.key(table, 't')} FROM ${terms.rows(table)} AS t WHERE ${sql.id('t', column)} IS NULL`,
  scan: ({ column }) => ({ type: 'value', ...column, test: { type: 'not-null' }, nulls: 'violate' }),
})
