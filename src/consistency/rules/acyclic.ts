// Rule kind `acyclic`: following a column from row to row never comes back to where it began.
import { sql, type RawBuilder } from 'kysely'
import { z } from 'zod'
import { columnField, nameOf } from '../columns.ts'
import { nodesOnCycles } from '../cycles.ts'
import { compareValues } from '../order.ts'
import { Unjudged, defineRule, type Terms } from '../rule.ts'
import { unlike } from '../unlike.ts'

const options = z.strictObject({
  from: columnField('What an edge leads from: the id of a row with a parent, or the source in a table of edges'),
  to: columnField('What it leads to: the parent, or the target'),
})
type Options = z.output<typeof options>

/** Ends of edges are taken away so many times before the rest is looked at. */
const ROUNDS = 4
/** More edges than this, on cycles or between ends, are not held in memory. */
const EDGES_MAX = 2_000_000

export const acyclic = defineRule<Options>({
  id: 'acyclic',
  summary: 'following parents, or edges, never comes back to where it began; the nodes on cycles break it',
  options: options as z.ZodType<Options>,
  example: { from: 'categories.id', to: 'categories.parent_id' },
  describe: ({ from, to }) => `from ${nameOf(from)} to ${nameOf(to)} nothing leads back to itself`,
  reads: ({ from, to }) => [
    { ...from, option: 'from' },
    { ...to, option: 'to' },
  ],
  judges: () => null,
  judged: ({ from }) => ({ rowsOf: from.table }),
  keyColumns: ({ from }) => [from.column],
  mismatch({ from, to }, terms) {
    if (from.table !== to.table)
      return { option: 'to', message: `${nameOf(to)} is not in ${from.table}`, hint: 'name two columns of one table' }
    const problem = unlike(terms, to, from)
    return problem && { option: 'to', ...problem }
  },
  async search({ from, to }, terms, { read, keysMax, signal }) {
    const rows = await read(innerEdges(terms, from.table, from.column, to.column))
    signal.throwIfAborted()
    if (rows.length > EDGES_MAX)
      throw new Unjudged(
        `more than ${EDGES_MAX.toLocaleString('en')} edges of ${from.table} may be on cycles: too many to follow`,
      )
    const nodes = nodesOnCycles(rows.map(({ a = null, b = null }) => [a, b]))
    const [counted] = await read(sql`SELECT count(*) AS n FROM ${terms.relation(from.table)} AS t`)
    const keys = nodes.toSorted(compareValues).slice(0, keysMax)
    return { count: nodes.length, judged: Number(counted?.n ?? 0), keys: keys.map((key) => [key]) }
  },
})

/** Edges that begin where another ends and end where another begins, several times over: most graphs without cycles have few. */
function innerEdges(terms: Terms, table: string, from: string, to: string): RawBuilder<unknown> {
  const rounds = Array.from({ length: ROUNDS }, (_, round) => {
    const last = sql.id(`e${round}`)
    return sql`, ${sql.id(`e${round + 1}`)} AS MATERIALIZED (
      SELECT a, b FROM ${last} WHERE b IN (SELECT a FROM ${last}) AND a IN (SELECT b FROM ${last}))`
  })
  return sql`WITH e0 AS MATERIALIZED (
      SELECT DISTINCT ${sql.id('t', from)} AS a, ${sql.id('t', to)} AS b FROM ${terms.relation(table)} AS t
      WHERE ${sql.id('t', from)} IS NOT NULL AND ${sql.id('t', to)} IS NOT NULL)${sql.join(rounds, sql``)}
    SELECT a, b FROM ${sql.id(`e${ROUNDS}`)} LIMIT ${sql.lit(EDGES_MAX + 1)}`
}
