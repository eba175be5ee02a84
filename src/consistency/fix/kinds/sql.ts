// Fix `sql`: one statement as its author wrote it, logged by comparing the tables it may change before and after.
import { z } from 'zod'
import { defineFix } from '../fix.ts'

const options = z.strictObject({
  statement: z.string().min(1).max(100_000).describe('One INSERT, UPDATE or DELETE'),
  tables: z
    .array(z.string().min(1))
    .min(1)
    .max(20)
    .describe('Every table it changes, also by trigger or cascade: they are compared before and after, row by row'),
})
type Options = z.output<typeof options>

export const sqlStatement = defineFix<Options>({
  id: 'sql',
  summary: 'runs one INSERT, UPDATE or DELETE; in one transaction, as its rows are known only afterwards',
  options: options as z.ZodType<Options>,
  example: { statement: 'UPDATE users SET email = lower(email) WHERE email <> lower(email)', tables: ['users'] },
  appliesTo: [
    'not-null',
    'unique',
    'duplicate-groups',
    'reference',
    'requires-child',
    'range',
    'enum',
    'regex',
    'freshness',
    'row-count-drift',
    'aggregate-equals',
    'acyclic',
    'sql',
  ],
  describe: ({ tables }) => `run a statement that changes ${tables.join(', ')}`,
  plan(_, { statement, tables }, terms) {
    for (const table of tables) terms.key(terms.table(table))
    return { keySets: [], changes: [{ type: 'statement', sql: statement, tables }] }
  },
})
