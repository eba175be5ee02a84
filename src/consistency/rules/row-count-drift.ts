// Rule kind `row-count-drift`: a table has not grown or shrunk by more than so much since the last recorded run.
import { sql } from 'kysely'
import { z } from 'zod'
import { Unjudged, defineRule } from '../rule.ts'

const options = z
  .strictObject({
    table: z.string().min(1).describe('The table'),
    up: z
      .number()
      .min(0)
      .optional()
      .describe('Growth still accepted, in percent of the rows of the last run; left out: any'),
    down: z.number().min(0).max(100).optional().describe('Loss still accepted, in percent; left out: any'),
  })
  .refine(({ up, down }) => (up ?? down) !== undefined, { error: 'has no bound: give `up`, `down` or both' })
type Options = z.output<typeof options>

export const rowCountDrift = defineRule<Options>({
  id: 'row-count-drift',
  summary: 'a table has not grown or shrunk by more than some percent since the last recorded run',
  options: options as z.ZodType<Options>,
  example: { table: 'orders', up: 50, down: 5 },
  describe({ table, up, down }) {
    const bounds = [down === undefined ? '' : `-${down} %`, up === undefined ? '' : `+${up} %`].filter(Boolean)
    return `the rows of ${table} changed by no more than ${bounds.join(' or ')} since the last run`
  },
  reads: ({ table }) => [{ table, column: null, option: 'table' }],
  judges: () => null,
  judged: () => 'one',
  keyColumns: () => ['rows now', 'rows before'],
  violations({ table, up, down }, terms) {
    const before = terms.rowsBefore(table)
    if (before === null)
      throw new Unjudged(`no earlier run recorded how many rows ${table} has; this run does, so the next one can tell`)
    const most = up === undefined ? null : before * (1 + up / 100)
    const least = down === undefined ? null : before * (1 - down / 100)
    const outside = [
      ...(most === null ? [] : [sql`c.n > ${sql.lit(most)}`]),
      ...(least === null ? [] : [sql`c.n < ${sql.lit(least)}`]),
    ]
    return sql`SELECT c.n AS k1, ${sql.lit(before)} AS k2 FROM (SELECT count(*) AS n FROM ${terms.relation(table)}) AS c
      WHERE ${sql.join(outside, sql` OR `)}`
  },
})
