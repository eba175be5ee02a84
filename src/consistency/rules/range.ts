// Rule kind `range`: values lie between bounds.
import { sql, type RawBuilder } from 'kysely'
import { z } from 'zod'
import { columnField, nameOf, nullsField } from '../columns.ts'
import { anyOf } from '../compile.ts'
import { defineRule } from '../rule.ts'
import { keyNames } from '../terms.ts'
import { boundOf, columnFamily } from '../values.ts'

const bound = z.union([z.number(), z.string().min(1)])

const options = z
  .strictObject({
    column: columnField('The column whose values are bounded'),
    from: bound.optional().describe('Smallest value allowed; text for columns of texts or times'),
    to: bound.optional().describe('Largest value allowed'),
    above: bound.optional().describe('Values must be greater than this'),
    below: bound.optional().describe('Values must be less than this'),
    nulls: nullsField(),
  })
  .refine((given) => (given.from ?? given.to ?? given.above ?? given.below) !== undefined, {
    error: 'has no bound: give `from`, `to`, `above` or `below`',
  })
type Options = z.output<typeof options>

export const range = defineRule<Options>({
  id: 'range',
  summary: 'values lie between bounds',
  options: options as z.ZodType<Options>,
  example: { column: 'relationships.confidence', from: 0, to: 1 },
  isRowwise: true,
  describe: (given) => `every ${nameOf(given.column)} is ${words(given)}`,
  reads: ({ column }) => [{ ...column, option: 'column' }],
  judges: ({ column }) => column.table,
  keyColumns: ({ column }, terms) => keyNames(terms, column.table),
  mismatch(given, terms) {
    const { family, type } = columnFamily(terms, given.column)
    for (const option of ['from', 'to', 'above', 'below'] as const) {
      const value = given[option]
      if (value === undefined || family === 'any') continue
      const isNumber = typeof value === 'number'
      const hint = isNumber ? 'texts and times compare with a text in quotes' : 'give a number'
      if (isNumber !== (family === 'number'))
        return {
          option,
          message: `${nameOf(given.column)} is ${type}, ${JSON.stringify(value)} is ${isNumber ? 'a number' : 'text'}`,
          hint,
        }
    }
    return null
  },
  violations({ column, from, to, above, below, nulls }, terms) {
    const value = sql`${sql.id('t', column.column)}`
    const compared = (operator: RawBuilder<unknown>, limit: number | string | undefined) =>
      limit === undefined ? [] : [sql`${value} ${operator} ${boundOf(terms, limit)}`]
    const outside = [
      ...compared(sql`<`, from),
      ...compared(sql`>`, to),
      ...compared(sql`<=`, above),
      ...compared(sql`>=`, below),
      ...(nulls === 'violate' ? [sql`${value} IS NULL`] : []),
      // Postgres holds NaN for the largest number of all.
      ...(isFloat(columnFamily(terms, column).type) && terms.engine === 'postgres' ? [sql`${value} = 'NaN'`] : []),
    ]
    return sql`SELECT ${terms.key(column.table, 't')} FROM ${terms.rows(column.table)} AS t WHERE ${anyOf(outside)}`
  },
  scan({ column, from: min = null, to: max = null, above, below, nulls }) {
    if (above !== undefined || below !== undefined || typeof min === 'string' || typeof max === 'string') return null
    return { type: 'value', ...column, test: { type: 'range', min, max }, nulls }
  },
})

const isFloat = (type: string): boolean => /^(?:real|double|float|numeric|decimal)/i.test(type)

function words({ from, to, above, below }: Options): string {
  const parts = [
    from === undefined ? '' : `at least ${from}`,
    above === undefined ? '' : `more than ${above}`,
    to === undefined ? '' : `at most ${to}`,
    below === undefined ? '' : `less than ${below}`,
  ]
  return parts.filter(Boolean).join(' and ')
}
