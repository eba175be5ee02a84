// Rule kind `regex`: values match a pattern.
import { sql } from 'kysely'
import { z } from 'zod'
import { columnField, nameOf, nullsField } from '../columns.ts'
import { postgresPattern } from '../postgres-pattern.ts'
import { defineRule } from '../rule.ts'
import { keyNames } from '../terms.ts'
import { columnFamily } from '../values.ts'

const options = z.strictObject({
  column: columnField('The column'),
  pattern: z
    .string()
    .min(1)
    .max(1000)
    .refine(isPattern, { error: 'is no JavaScript pattern' })
    .describe('JavaScript pattern, with Unicode on; write ^ and $ for the whole value'),
  nulls: nullsField(),
})
type Options = z.output<typeof options>

export const regex = defineRule<Options>({
  id: 'regex',
  summary: 'values match a pattern; bytes match none',
  options: options as z.ZodType<Options>,
  example: { column: 'users.email', pattern: '^[^@ ]+@[^@ ]+$' },
  isRowwise: true,
  callsPerRow: true,
  describe: ({ column, pattern }) => `every ${nameOf(column)} matches ${pattern}`,
  reads: ({ column }) => [{ ...column, option: 'column' }],
  judges: ({ column }) => column.table,
  keyColumns: ({ column }, terms) => keyNames(terms, column.table),
  mismatch({ column, pattern }, terms) {
    if (columnFamily(terms, column).family === 'bytes')
      return { option: 'column', message: `${nameOf(column)} is bytes`, hint: 'name a column of texts' }
    if (terms.engine === 'sqlite') return null
    const translated = postgresPattern(pattern)
    if ('pattern' in translated) return null
    const hint = 'write it without, or as a rule of kind sql'
    return { option: 'pattern', message: `Postgres has no equal of ${translated.unlike}`, hint }
  },
  violations({ column, pattern, nulls }, terms) {
    const value = sql`${sql.id('t', column.column)}`
    const missing = nulls === 'violate' ? sql` OR ${value} IS NULL` : sql``
    const from = sql`SELECT ${terms.key(column.table, 't')} FROM ${terms.rows(column.table)} AS t`
    if (terms.engine === 'postgres') {
      const translated = postgresPattern(pattern)
      if (!('pattern' in translated)) throw new Error(`no pattern for Postgres: ${translated.unlike}`)
      return sql`${from} WHERE ${value}::text !~ ${translated.pattern}${missing}`
    }
    // Integers may be larger than a JavaScript number, so they go over as text.
    return sql`${from} WHERE CASE typeof(${value}) WHEN 'null' THEN 0 WHEN 'blob' THEN 1
      WHEN 'integer' THEN NOT (CAST(${value} AS TEXT) REGEXP ${pattern}) ELSE NOT (${value} REGEXP ${pattern}) END${missing}`
  },
  scan: ({ column, pattern, nulls }) => ({ type: 'value', ...column, test: { type: 'regex', pattern }, nulls }),
})

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp
  } catch {
    return false
  }
}
