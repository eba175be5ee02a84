// Fix `set`: gives the column that breaks the rule a value, null, or the nearest end of the allowed range.
import { sql } from 'kysely'
import { z } from 'zod'
import { PlanError } from '../../../lib/errors.ts'
import { defineFix } from '../fix.ts'
import { columnToSet } from '../rule-column.ts'
import { rowsOf } from '../rows-of.ts'
import { name, valueOf } from '../sql.ts'

const column = z.string().min(1).optional().describe('Column of the judged table; left out: the one the rule judges')

const options = z.union([
  z.strictObject({
    column,
    value: z.union([z.string(), z.number(), z.boolean(), z.null()]).describe('What it is set to'),
  }),
  z.strictObject({
    column,
    clamp: z
      .strictObject({ min: z.number().optional(), max: z.number().optional() })
      .describe('Values below `min` become `min`, values above `max` become `max`'),
  }),
])
type Options = z.output<typeof options>

export const setValue = defineFix<Options>({
  id: 'set',
  summary: 'sets the column that breaks the rule to a value, null, or the nearest end of a range',
  options: options as z.ZodType<Options>,
  example: { value: 'unknown' },
  appliesTo: [
    'not-null',
    'unique',
    'reference',
    'requires-child',
    'range',
    'enum',
    'regex',
    'aggregate-equals',
    'acyclic',
    'sql',
  ],
  describe: (given) =>
    'value' in given
      ? `set to ${JSON.stringify(given.value)}`
      : `bring between ${given.clamp.min ?? 'any'} and ${given.clamp.max ?? 'any'}`,
  plan(rule, given, terms) {
    const target = columnToSet(rule, terms.judged, given.column)
    if ('value' in given && given.value === null && target.notNull)
      throw new PlanError(`${terms.judged.name}.${target.name} is NOT NULL and cannot be set to null`)
    const now = name('row', target.name)
    const end = (value: number) => valueOf(terms.engine, target, value)
    const value =
      'value' in given
        ? valueOf(terms.engine, target, given.value)
        : sql`CASE ${given.clamp.min === undefined ? sql`` : sql`WHEN ${now} < ${end(given.clamp.min)} THEN ${end(given.clamp.min)}`}
          ${given.clamp.max === undefined ? sql`` : sql`WHEN ${now} > ${end(given.clamp.max)} THEN ${end(given.clamp.max)}`}
          WHEN 1 = 0 THEN ${now} ELSE ${now} END`
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
