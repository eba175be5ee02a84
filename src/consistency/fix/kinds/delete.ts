// Fix `delete`: removes the rows that break the rule, and what refers to them.
import { sql } from 'kysely'
import { relationOf } from '../../terms.ts'
import { z } from 'zod'
import type { Table } from '../../../databases/schema.ts'
import { defineFix, type Change, type FixPlan, type FixTerms, type KeySet } from '../fix.ts'
import type { Reference } from '../references.ts'
import { keyIn, keyOf, sameRow } from '../row-key.ts'
import { rowsOf } from '../rows-of.ts'
import { list, name, numbered, type Sql } from '../sql.ts'

const options = z.strictObject({
  cascade: z
    .boolean()
    .default(true)
    .describe(
      'Rows that refer to a deleted row go with it, or let go of it where their foreign key says SET NULL; without, they forbid it',
    ),
})
type Options = z.output<typeof options>

export const deleteRows = defineFix<Options>({
  id: 'delete',
  summary: 'removes the rows that break the rule, and the rows that refer to them',
  options: options as z.ZodType<Options>,
  example: { cascade: true },
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
  describe: ({ cascade }) => (cascade ? 'delete the rows and what refers to them' : 'delete the rows'),
  plan: (rule, { cascade }, terms) => planDeletion(terms, rowsOf(rule, terms), cascade),
})

function planDeletion(terms: FixTerms, violating: Sql, cascade: boolean): FixPlan {
  const { judged } = terms
  if (!cascade)
    return { keySets: [], changes: [{ type: 'delete', table: judged.name, rows: violating, areViolating: true }] }
  const reached = reachedFrom(terms, judged.name)
  const setOf = new Map(reached.map((table, index) => [table, `d${index + 1}`]))
  const toReached = terms.references.filter(({ parent }) => setOf.has(parent))
  const going = toReached.filter((reference) => !letsGo(reference))
  const keySets = reached.map((table): KeySet => {
    const incoming = going.filter((reference) => reference.table === table)
    return {
      name: setOf.get(table) as string,
      table,
      seed: table === judged.name ? violating : null,
      grows: incoming.map(
        (reference) => (added) => referring(terms, reference, added(setOf.get(reference.parent) as string)),
      ),
    }
  })
  const changes: Change[] = [
    ...toReached.filter(letsGo).map((reference) => letGo(terms, reference, setOf)),
    ...farFirst(reached, going).map((table) => removal(terms, terms.table(table), setOf.get(table) as string)),
  ]
  return { keySets, changes }
}

const letsGo = ({ onDelete }: Reference): boolean => onDelete === 'SET NULL'

/** Tables whose rows may have to go when rows of `start` do, itself first. */
function reachedFrom(terms: FixTerms, start: string): string[] {
  const reached = [start]
  for (const table of reached)
    for (const reference of terms.references)
      if (reference.parent === table && !letsGo(reference) && !reached.includes(reference.table))
        reached.push(reference.table)
  return reached
}

/** Keys of the rows that refer to the rows of `parents`. */
function referring(terms: FixTerms, reference: Reference, parents: Sql, where: Sql = sql`1 = 1`): Sql {
  const child = terms.table(reference.table)
  const parent = terms.table(reference.parent)
  const keys = keyOf(terms.key(child), 'child').map((column, index) => sql`${column} AS ${name(`k${index + 1}`)}`)
  const given = reference.columns.map((column) => name('child', column))
  const wanted = reference.parentColumns.map((column) => name('row', column))
  const values = sql`
    SELECT ${list(wanted)} FROM ${parents} AS gone CROSS JOIN ${relationOf(terms.engine, parent.name)} AS "row"
    WHERE ${sameRow(terms.key(parent), 'row', 'gone')}`
  const left = given.length === 1 ? given[0] : sql`(${list(given)})`
  return sql`SELECT ${list(keys)} FROM ${relationOf(terms.engine, child.name)} AS child WHERE ${left} IN (${values}) AND ${where}`
}

/** Rows that stay and no longer refer to what goes. */
function letGo(terms: FixTerms, reference: Reference, setOf: ReadonlyMap<string, string>): Change {
  const child = terms.table(reference.table)
  const own = setOf.get(reference.table)
  const columns = keyOf(terms.key(child), 'child')
  const keys = columns.length === 1 ? columns[0] : sql`(${list(columns)})`
  const stays = own
    ? sql`${keys} NOT IN (SELECT ${list(numbered('k', columns).map((one) => name(one)))} FROM ${terms.keySet(own)})`
    : sql`1 = 1`
  return {
    type: 'update',
    table: child.name,
    rows: referring(terms, reference, terms.keySet(setOf.get(reference.parent) as string), stays),
    set: reference.columns.map((column) => ({ column, value: sql`NULL` })),
  }
}

function removal(terms: FixTerms, table: Table, set: string): Change {
  const keys = list(keyIn(terms.key(table), 'gone'))
  return {
    type: 'delete',
    table: table.name,
    // What was reached last refers to what was reached before it.
    rows: sql`SELECT ${keys} FROM ${terms.keySet(set)} AS gone ORDER BY gone.round DESC, ${keys}`,
  }
}

/** Tables that refer before those they refer to; where they do so in a circle, as they were reached, the farthest first. */
function farFirst(reached: readonly string[], references: readonly Reference[]): string[] {
  const left = reached.toReversed()
  const ordered: string[] = []
  while (left.length > 0) {
    const free = left.findIndex(
      (table) => !references.some((one) => one.parent === table && one.table !== table && left.includes(one.table)),
    )
    ordered.push(...left.splice(Math.max(free, 0), 1))
  }
  return ordered
}
