// Which columns a rule judges, from what it says that it reads.
import { PlanError } from '../../lib/errors.ts'
import { nearest } from '../../lib/nearest.ts'
import type { Column, Table } from '../../databases/schema.ts'
import type { Rule } from '../rule.ts'

/** Options of rules that name what is judged, and not what it is compared with. */
const JUDGED = ['column', 'to']

/** Columns of the judged table that the rule judges, in its order. */
export function columnsOf(rule: Rule, table: Table): string[] {
  const uses = rule.kind.reads(rule.options).filter((use) => use.table === table.name && JUDGED.includes(use.option))
  return [...new Set(uses.flatMap(({ column }) => column ?? []))]
}

/** The column that `option` names, else the one the rule judges. @throws PlanError */
export function columnToSet(rule: Rule, table: Table, option: string | undefined): Column {
  const [judged] = columnsOf(rule, table)
  const wanted = option ?? judged
  if (wanted === undefined)
    throw new PlanError(`rule ${rule.name} judges no single column of ${table.name}`, {
      expected: '`column`, the one to set',
    })
  return writable(table, wanted)
}

/** @throws PlanError for a column that is not there, or that the database computes. */
export function writable(table: Table, wanted: string): Column {
  const column = table.columns.find(({ name }) => name === wanted)
  if (!column) {
    const names = table.columns.map(({ name }) => name)
    const suggestion = nearest(wanted, names)
    throw new PlanError(`${table.name} has no column ${wanted}`, {
      expected: `one of ${names.join(', ')}`,
      ...(suggestion ? { hint: `did you mean "${suggestion}"?` } : {}),
    })
  }
  if (column.isGenerated)
    throw new PlanError(`${table.name}.${wanted} is computed by the database and cannot be set`, {
      hint: 'set a column that it is computed from',
    })
  return column
}
