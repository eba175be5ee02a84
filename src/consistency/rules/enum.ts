// Rule kind `enum`: values are among a few.
import { sql } from 'kysely'
import { z } from 'zod'
import { columnField, nameOf, nullsField } from '../columns.ts'
import { defineRule } from '../rule.ts'
import { keyNames } from '../terms.ts'
import { columnFamily } from '../values.ts'

const VALUES_MAX = 1000
const SHOWN_MAX = 8

const options = z.strictObject({
  column: columnField('The column'),
  values: z
    .array(z.union([z.string(), z.number()]))
    .min(1)
    .max(VALUES_MAX)
    .describe('All values allowed'),
  nulls: nullsField(),
})
type Options = z.output<typeof options>

export const enumeration = defineRule<Options>({
  id: 'enum',
  summary: 'values are among those listed',
  options: options as z.ZodType<Options>,
  example: { column: 'orders.status', values: ['open', 'paid', 'sent'] },
  isRowwise: true,
  describe: ({ column, values }) =>
    `every ${nameOf(column)} is one of ${values.slice(0, SHOWN_MAX).join(', ')}${values.length > SHOWN_MAX ? ', ...' : ''}`,
  reads: ({ column }) => [{ ...column, option: 'column' }],
  judges: ({ column }) => column.table,
  keyColumns: ({ column }, terms) => keyNames(terms, column.table),
  mismatch({ column, values }, terms) {
    const { family, type } = columnFamily(terms, column)
    const wrong = values.find((value) =>
      family === 'number' ? typeof value === 'string' : family === 'text' && typeof value === 'number',
    )
    if (wrong === undefined) return null
    const hint = family === 'number' ? 'write the values without quotes' : 'write the values in quotes'
    return {
      option: 'values',
      message: `${nameOf(column)} is ${type}, but ${JSON.stringify(wrong)} is ${typeof wrong === 'string' ? 'text' : 'a number'}`,
      hint,
    }
  },
  violations({ column, values, nulls }, terms) {
    const value = sql`${sql.id('t', column.column)}`
    const { family } = columnFamily(terms, column)
    const isText = terms.engine === 'postgres' && family !== 'number'
    // Postgres would refuse a value that its own enumerated type does not have, so there texts are compared.
    const compared = isText ? sql`${value}::text` : value
    const list = values.map((one) =>
      terms.engine === 'sqlite' ? sql`${one}` : isText ? sql`${String(one)}::text` : sql`${one}::numeric`,
    )
    const missing = nulls === 'violate' ? sql` OR ${value} IS NULL` : sql``
    return sql`SELECT ${terms.key(column.table, 't')} FROM ${terms.rows(column.table)} AS t
      WHERE ${compared} NOT IN (${sql.join(list)})${missing}`
  },
  scan: ({ column, values, nulls }) => ({ type: 'value', ...column, test: { type: 'enum', values }, nulls }),
})
