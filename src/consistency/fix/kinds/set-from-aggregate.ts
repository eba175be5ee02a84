// Fix `set-from-aggregate`: gives a column what the rows that refer to its row come to.
import { sql } from 'kysely'
import { z } from 'zod'
import type { Engine } from '../../../databases/schema.ts'
import { PlanError } from '../../../lib/errors.ts'
import type { Rule } from '../../rule.ts'
import { aggregateOf, findColumn, relationOf } from '../../terms.ts'
import { defineFix, type FixTerms } from '../fix.ts'
import { columnToSet } from '../rule-column.ts'
import { rowsOf } from '../rows-of.ts'
import { name, type Sql } from '../sql.ts'

const options = z.strictObject({
  column: z.string().min(1).optional().describe('Column of the judged table; left out: the one the rule judges'),
  from: z
    .strictObject({
      aggregate: z.enum(['count', 'sum', 'avg', 'min', 'max', 'noisy-or']),
      table: z.string().min(1).describe('Table of the rows that are put together'),
      column: z.string().min(1).describe('Their value'),
      by: z.string().min(1).describe('Their column that refers to the judged row'),
      references: z
        .string()
        .min(1)
        .optional()
        .describe('Column of the judged table that `by` refers to; left out: its key'),
    })
    .optional()
    .describe('Left out: what the rule says, where it is one of kind aggregate-equals'),
  decimals: z.number().int().min(0).max(15).optional().describe('Rounded to so many'),
  childless: z
    .union([z.literal('keep'), z.number(), z.null()])
    .default('keep')
    .describe('Of a row that nothing refers to: `keep` what it is, or this value'),
})
type Options = z.output<typeof options>

export const setFromAggregate = defineFix<Options>({
  id: 'set-from-aggregate',
  summary:
    'sets a column to the count, sum, average, least, greatest or combined certainty of the rows that refer to its row',
  options: options as z.ZodType<Options>,
  example: { from: { aggregate: 'sum', table: 'order_lines', column: 'price', by: 'order_id' } },
  appliesTo: ['aggregate-equals', 'not-null', 'range', 'sql'],
  describe: ({ from }) =>
    from ? `set to the ${from.aggregate} of ${from.table}.${from.column}` : 'set to what it must equal',
  plan(rule, given, terms) {
    const target = columnToSet(rule, terms.judged, given.column)
    const source = given.from ?? sourceOf(rule)
    const child = terms.table(source.table)
    for (const column of [source.column, source.by]) findColumn(child, column)
    const value = valueFor(source, given, terms, name('row', target.name))
    return {
      keySets: [],
      changes: [
        {
          type: 'update',
          table: terms.judged.name,
          rows: rowsOf(rule, terms),
          set: [{ column: target.name, value }],
          areViolating: true,
        },
      ],
    }
  },
})

type Source = NonNullable<Options['from']>

/** Options of a rule of kind aggregate-equals, as far as they say what a column must equal. */
interface Equals {
  aggregate: Source['aggregate']
  of: { table: string; column: string }
  by: { column: string }
  references?: { column: string }
}

function sourceOf(rule: Rule): Source {
  if (rule.kind.id !== 'aggregate-equals')
    throw new PlanError(`rule ${rule.name} does not say what the column must equal`, { expected: '`from`' })
  const { aggregate, of, by, references } = rule.options as Equals
  return { aggregate, ...of, by: by.column, ...(references ? { references: references.column } : {}) }
}

function valueFor(source: Source, { decimals, childless }: Options, terms: FixTerms, now: Sql): Sql {
  const { engine, judged } = terms
  const parent = source.references ?? judged.primaryKey[0]
  if (parent === undefined || (source.references === undefined && judged.primaryKey.length !== 1))
    throw new PlanError(`${judged.name} has no single key column`, {
      expected: '`references`, the column that `by` refers to',
    })
  const combined = aggregateOf(source.aggregate, name('child', source.column), engine)
  const rounded = decimals === undefined ? combined : roundedTo(engine, combined, decimals)
  const otherwise = childless === 'keep' ? now : sql`${childless}`
  // One look at the children a row: the value and whether there are any.
  return sql`(SELECT CASE WHEN count(*) = 0 THEN ${otherwise} ELSE ${rounded} END
    FROM ${relationOf(engine, source.table)} AS child WHERE ${name('child', source.by)} = ${name('row', findColumn(judged, parent).name)})`
}

function roundedTo(engine: Engine, value: Sql, decimals: number): Sql {
  const digits = sql.lit(decimals)
  return engine === 'sqlite'
    ? sql`round(${value}, ${digits})`
    : sql`round((${value})::numeric, ${digits})::double precision`
}
