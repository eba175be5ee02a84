// Fix `insert-missing`: adds the row that another row asks for, a child or the parent that it refers to.
import { sql } from 'kysely'
import { relationOf } from '../../terms.ts'
import { z } from 'zod'
import type { Column, Table } from '../../../databases/schema.ts'
import { PlanError } from '../../../lib/errors.ts'
import { defineFix, type FixTerms } from '../fix.ts'
import { sameRow } from '../row-key.ts'
import { writable } from '../rule-column.ts'
import { rowsOf } from '../rows-of.ts'
import { list, name, valueOf, type Sql } from '../sql.ts'

const value = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.null(),
  z.strictObject({ copy: z.string().min(1).describe('Column of the judged row') }),
])

const options = z.strictObject({
  table: z.string().min(1).describe('Table that gets the rows'),
  values: z
    .record(z.string().min(1), value)
    .describe(
      'Columns of the new row: a value, or `{ copy: column }` of the row that asks for it; others get their default',
    ),
})
type Options = z.output<typeof options>

export const insertMissing = defineFix<Options>({
  id: 'insert-missing',
  summary:
    'adds the row that is missing, a child or the parent referred to, with values given or copied; one for equal values',
  options: options as z.ZodType<Options>,
  example: { table: 'customers', values: { id: { copy: 'customer_id' }, name: 'unknown' } },
  appliesTo: ['reference', 'requires-child', 'sql'],
  describe: ({ table }) => `insert the missing rows of ${table}`,
  plan(rule, { table, values }, terms) {
    const target = terms.table(table)
    terms.key(target)
    const columns = Object.entries(values).map(([column, given]) => ({ column: writable(target, column), given }))
    if (!columns.some(({ given }) => isCopy(given)))
      throw new PlanError('nothing ties the new rows to the rows that ask for them', {
        expected: '`values` with at least one `{ copy: column }`',
      })
    const missing = target.columns.filter(
      (column) =>
        column.notNull &&
        column.name !== target.rowidColumn &&
        columns.some((one) => one.column === column && one.given === null),
    )
    const [impossible] = missing
    if (impossible) throw new PlanError(`${table}.${impossible.name} is NOT NULL and cannot be null`)
    const picked = columns.map(
      ({ column, given }, index) => sql`${valueFrom(terms, column, given)} AS ${name(`v${index + 1}`)}`,
    )
    // Several rows may ask for one parent: a row for each set of values.
    const rows = sql`
      SELECT DISTINCT ${list(picked)} FROM (${rowsOf(rule, terms)}) AS violating
      CROSS JOIN ${relationOf(terms.engine, terms.judged.name)} AS "row" WHERE ${sameRow(terms.key(terms.judged), 'row', 'violating')}
      ORDER BY ${list(columns.map((_, index) => sql.lit(index + 1)))}`
    return {
      keySets: [],
      changes: [{ type: 'insert', table, columns: columns.map(({ column }) => column.name), rows }],
    }
  },
})

const isCopy = (given: Options['values'][string]): given is { copy: string } =>
  typeof given === 'object' && given !== null

function valueFrom(terms: FixTerms, column: Column, given: Options['values'][string]): Sql {
  return isCopy(given) ? name('row', copied(terms.judged, given.copy).name) : valueOf(terms.engine, column, given)
}

/** Also a column that the database computes can be copied. */
function copied(table: Table, wanted: string): Column {
  return table.columns.find((column) => column.name === wanted) ?? writable(table, wanted)
}
