// Rule kind `cross-database`: the same rows in two databases, whatever engines hold them.
import { z } from 'zod'
import { compareTables, type CompareOptions } from '../compare/compare.ts'
import { defineRule } from '../rule.ts'

const names = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1).max(100)])
  .transform((given) => (typeof given === 'string' ? [given] : given))

const side = z.strictObject({
  database: z.string().min(1).describe('Name under `databases`'),
  table: z.string().min(1).describe('Table or view; of a graph a label, or a relationship type as `-[TYPE]->`'),
  key: names.optional().describe('Column or columns that tell a row from all others; default: the primary key'),
  columns: names
    .optional()
    .describe(
      'Columns to compare, in the same order on both sides; default: those that both sides have under one name',
    ),
  where: z.string().min(1).optional().describe('Only rows that fulfil this condition, in the language of the database'),
})

const options = z.strictObject({
  left: side,
  right: side,
  decimals: z
    .number()
    .int()
    .min(0)
    .max(15)
    .default(9)
    .describe('Floats are compared to so many places after the point, and to 15 significant digits'),
  recheckAfterMs: z
    .number()
    .int()
    .min(0)
    .max(3_600_000)
    .default(2000)
    .describe('Differences are looked at again so much later, as rows may be on their way; 0: they count at once'),
})

export const crossDatabase = defineRule<CompareOptions>({
  id: 'cross-database',
  summary: 'two tables of two databases have the same rows',
  options: options as z.ZodType<CompareOptions>,
  example: {
    left: { database: 'live', table: 'entities', key: 'id', columns: ['name', 'confidence'] },
    right: { database: 'warehouse', table: 'entities', key: 'id', columns: ['name', 'confidence'] },
  },
  describe: ({ left, right }) =>
    `${left.database}.${left.table} and ${right.database}.${right.table} have the same rows`,
  reads: () => [],
  judges: () => null,
  keyColumns: ({ left, right }, { schema }) => [
    ...(left.key ?? right.key ?? schema.tables.get(left.table)?.primaryKey ?? ['key']),
    'difference',
  ],
  compare: compareTables,
})
