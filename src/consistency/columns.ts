// How rules name columns: `orders.customer_id`, `audit.entries.id`, or { table, column } where a name itself has a point.
import { z } from 'zod'

export interface ColumnName {
  table: string
  column: string
}

const COLUMNS_MAX = 16

const written = z
  .string()
  .regex(/^[^.].*\.[^.]+$/s, { error: 'is no table.column' })
  .transform((text): ColumnName => {
    const point = text.lastIndexOf('.')
    return { table: text.slice(0, point), column: text.slice(point + 1) }
  })

const spelled = z.strictObject({ table: z.string().min(1), column: z.string().min(1) })

/** One column. Given as `{ table, column }`. */
export function columnField(description: string) {
  return z.union([written, spelled]).describe(`${description}, as table.column`)
}

/** One column or several of one table. Given as a list. */
export function columnsField(description: string) {
  const one = z.union([written, spelled])
  return z
    .union([one.transform((column) => [column]), z.array(one).min(1).max(COLUMNS_MAX)])
    .refine((columns) => columns.every(({ table }) => table === columns[0]?.table), {
      error: 'are not columns of one table',
    })
    .describe(`${description}: table.column, or a list of columns of one table`)
}

/** The table all of them are in. */
export function tableOf(columns: readonly ColumnName[]): string {
  return columns[0]?.table ?? ''
}

/** `orders.customer_id`, `(orders.country, orders.number)`. */
export function nameOf(columns: ColumnName | readonly ColumnName[]): string {
  if (!Array.isArray(columns)) return nameOfOne(columns as ColumnName)
  return columns.length === 1 ? nameOfOne(columns[0]) : `(${columns.map(nameOfOne).join(', ')})`
}

function nameOfOne({ table, column }: ColumnName): string {
  return `${table}.${column}`
}

/** What a null value means to a rule. */
export function nullsField(byDefault: 'ignore' | 'violate' = 'ignore') {
  return z
    .enum(['ignore', 'violate'])
    .default(byDefault)
    .describe('Whether a null value breaks the rule, or says nothing')
}
