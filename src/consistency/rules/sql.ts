// Rule kind `sql`: a statement of the user's own that gives the keys of what breaks the rule.
import { sql as text } from 'kysely'
import { z } from 'zod'
import { defineRule } from '../rule.ts'
import { readStatement } from '../read-statement.ts'
import { keyNames } from '../terms.ts'

const options = z.strictObject({
  query: z
    .string()
    .min(1)
    .max(100_000)
    .superRefine((query, context) => {
      const read = readStatement(query)
      if ('problem' in read) context.addIssue({ code: 'custom', message: read.problem })
    })
    .describe('One SELECT that gives a row for each violation, its first columns the key'),
  key: z.array(z.string().min(1)).min(1).max(16).describe('The columns of the query that are the key'),
  table: z.string().min(1).optional().describe('The table whose rows are judged, where they are those of one table'),
  title: z.string().min(1).optional().describe('What must hold, in words'),
})
type Options = z.output<typeof options>

export const sqlRule = defineRule<Options>({
  id: 'sql',
  summary: 'a SELECT of your own gives the keys of what breaks the rule',
  options: options as z.ZodType<Options>,
  example: { query: 'SELECT id FROM orders WHERE shipped_at < paid_at', key: ['id'], table: 'orders' },
  describe: ({ title, query }) => title ?? `nothing is found by ${query.trim().replaceAll(/\s+/g, ' ')}`,
  reads: ({ table }) => (table === undefined ? [] : [{ table, column: null, option: 'table' }]),
  judges: ({ table }) => table ?? null,
  judged: ({ table }) => (table === undefined ? 'one' : { rowsOf: table }),
  keyColumns: ({ key }) => key,
  mismatch({ key, table }, terms) {
    if (table === undefined) return null
    const names = keyNames(terms, table)
    if (names.length === key.length) return null
    return {
      option: 'key',
      message: `has ${key.length} columns, but rows of ${table} are told apart by ${names.join(', ')}`,
      hint: 'name those, or leave out `table`',
    }
  },
  violations({ query, key }) {
    const read = readStatement(query)
    if ('problem' in read) throw new Error(read.problem)
    const columns = key.map((name, index) => text`${text.id('q', name)} AS ${text.id(`k${index + 1}`)}`)
    // On lines of its own: it may end in a comment.
    return text`SELECT ${text.join(columns)} FROM (
${text.raw(read.body)}
) AS q`
  },
})
