// Fix `merge-duplicates`: of rows that are the same thing one is kept; what referred to the others refers to it, and they are deleted.
import { sql } from 'kysely'
import { relationOf } from '../../terms.ts'
import { z } from 'zod'
import { PlanError } from '../../../lib/errors.ts'
import type { Rule } from '../../rule.ts'
import { defineFix, type Change, type FixTerms, type KeySet } from '../fix.ts'
import type { Reference } from '../references.ts'
import { keyIn, keyOf, sameRow } from '../row-key.ts'
import { columnsOf, writable } from '../rule-column.ts'
import { list, name, numbered, type Sql } from '../sql.ts'

const options = z.strictObject({
  keep: z
    .union([
      z.enum(['oldest', 'newest']),
      z.strictObject({ column: z.string().min(1), order: z.enum(['lowest', 'highest']).default('lowest') }),
    ])
    .default('oldest')
    .describe('The row that stays: by key, or with the lowest or highest value of a column (then the lowest key)'),
  columns: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('What makes rows the same; left out: what the rule says'),
})
type Options = z.output<typeof options>

/** The rows that go, `k1`..., each with the key of the row that stays, `v1`.... */
const MERGED = 'merged'

export const mergeDuplicates = defineFix<Options>({
  id: 'merge-duplicates',
  summary: 'keeps one of the rows that are the same thing, points what refers to the others at it, and deletes them',
  options: options as z.ZodType<Options>,
  example: { keep: 'oldest' },
  appliesTo: ['unique', 'duplicate-groups'],
  describe: ({ keep }) =>
    `merge into the ${typeof keep === 'string' ? keep : `row with the ${keep.order} ${keep.column}`}`,
  plan(rule, given, terms) {
    const { judged } = terms
    const merged: KeySet = {
      name: MERGED,
      table: judged.name,
      values: terms.key(judged).columns.map((column) => ({ table: judged.name, column })),
      seed: pairs(rule, given, terms),
      grows: [],
    }
    const keys = list(keyIn(terms.key(judged), 'gone'))
    const moves = terms.references
      .filter(({ parent }) => parent === judged.name)
      .map((reference) => move(terms, reference))
    const removal: Change = {
      type: 'delete',
      table: judged.name,
      rows: sql`SELECT ${keys} FROM ${terms.keySet(MERGED)} AS gone ORDER BY ${keys}`,
    }
    return { keySets: [merged], changes: [...moves, removal] }
  },
})

function pairs(rule: Rule, { keep, columns }: Options, terms: FixTerms): Sql {
  const { judged, engine } = terms
  const same = columns ?? columnsOf(rule, judged)
  if (same.length === 0)
    throw new PlanError(`rule ${rule.name} does not say which columns of ${judged.name} make rows the same`, {
      expected: '`columns`',
    })
  for (const column of same) if (!judged.columns.some(({ name: one }) => one === column)) writable(judged, column)
  const keys = keyOf(terms.key(judged), 'row')
  const direction = keep === 'newest' ? sql`DESC` : sql`ASC`
  const order = keys.map((key) => sql`${key} ${direction}`)
  if (typeof keep === 'object') {
    writable(judged, keep.column)
    const value = name('row', keep.column)
    // Null is no value to be kept for, on either end.
    order.unshift(sql`${value} IS NULL`, sql`${value} ${keep.order === 'highest' ? sql`DESC` : sql`ASC`}`)
  }
  const group = list(same.map((column) => name('row', column)))
  const window = sql`(PARTITION BY ${group} ORDER BY ${list(order)})`
  const own = numbered('k', keys)
  const kept = numbered('v', keys)
  const picked = [
    ...keys.map((key, index) => sql`${key} AS ${name(own[index] as string)}`),
    ...keys.map((key, index) => sql`first_value(${key}) OVER ${window} AS ${name(kept[index] as string)}`),
    sql`row_number() OVER ${window} AS place`,
  ]
  return sql`
    SELECT ${list([...own, ...kept].map((column) => name(column)))} FROM (
      SELECT ${list(picked)} FROM ${relationOf(engine, judged.name)} AS "row" WHERE ${inGroups(terms, same)}) AS ranked
    WHERE place > 1`
}

/** Rows of the groups that break the rule: its keys are their values, or rows of them. */
function inGroups(terms: FixTerms, same: readonly string[]): Sql {
  const { judged, engine } = terms
  const columns = same.map((column) => name('row', column))
  const values = terms.givesRows
    ? sql`SELECT ${list(same.map((column) => name('one', column)))}
        FROM ${terms.violating} AS violating CROSS JOIN ${relationOf(engine, judged.name)} AS one
        WHERE ${sameRow(terms.key(judged), 'one', 'violating')}`
    : sql`SELECT ${list(numbered('k', same).map((column) => name(column)))} FROM ${terms.violating} AS violating`
  return columns.length === 1 ? sql`${columns[0]} IN (${values})` : sql`(${list(columns)}) IN (${values})`
}

/** Rows that refer to a row that goes refer to the one that stays. */
function move(terms: FixTerms, reference: Reference): Change {
  const { judged, engine } = terms
  const child = terms.table(reference.table)
  const key = terms.key(judged)
  const childKeys = keyOf(terms.key(child), 'child').map((column, index) => sql`${column} AS ${name(`k${index + 1}`)}`)
  const values = reference.parentColumns.map(
    (column, index) => sql`${name('kept', column)} AS ${name(`v${index + 1}`)}`,
  )
  const refers = reference.columns.map(
    (column, index) => sql`${name('child', column)} = ${name('gone', reference.parentColumns[index] as string)}`,
  )
  const judgedTable = relationOf(engine, judged.name)
  return {
    type: 'update',
    table: child.name,
    rows: sql`
      SELECT ${list([...childKeys, ...values])} FROM ${terms.keySet(MERGED)} AS merged
      CROSS JOIN ${judgedTable} AS gone CROSS JOIN ${judgedTable} AS kept JOIN ${relationOf(engine, child.name)} AS child
      ON ${sql.join(refers, sql` AND `)}
      WHERE ${sameRow(key, 'gone', 'merged')} AND ${sameRow(key, 'kept', 'merged', 'v')}
      ORDER BY ${list(keyOf(terms.key(child), 'child'))}`,
    values: reference.columns,
    set: reference.columns.map((column, index) => ({ column, value: name('target', `v${index + 1}`) })),
  }
}
