// A rule with its fix, planned against the schema: everything that can be wrong with it is found before anything changes.
import type { DatabaseSchema } from '../../databases/schema.ts'
import { OutsideError, PlanError } from '../../lib/errors.ts'
import { nearest } from '../../lib/nearest.ts'
import type { Rule } from '../rule.ts'
import { findTable } from '../terms.ts'
import type { Change, FixKind, FixPlan, FixTerms } from './fix.ts'
import { growSets, setTable } from './grow-sets.ts'
import type { Reference } from './references.ts'
import { rowKey } from './row-key.ts'
import { numbered, type SqlSession } from './sql.ts'
import { judgedTable, violationsOf, type Violations } from './violations.ts'
import { layTarget, workTable } from './work-tables.ts'

export interface PreparedFix {
  rule: Rule
  kind: FixKind
  violations: Violations
  plan: FixPlan
  /** Tables it reads or changes. */
  tables: string[]
}

/** Work tables of the fix at hand. */
const VIOLATING = 'violating'
export const TARGET = 'target'

export interface PrepareOptions {
  kinds: readonly FixKind[]
  schema: DatabaseSchema
  references: readonly Reference[]
  now: number
  signal: AbortSignal
}

/** @throws PlanError that names the rule, for a fix that does not fit the rule or the schema. */
export function prepareFix(rule: Rule, options: PrepareOptions): PreparedFix {
  try {
    return prepare(rule, options)
  } catch (error) {
    throw error instanceof PlanError
      ? new PlanError(error.message, { path: `rules/${rule.name}/fix`, ...error.place })
      : error
  }
}

function prepare(rule: Rule, { kinds, schema, references, now, signal }: PrepareOptions): PreparedFix {
  const kind = findFix(rule, kinds)
  if (!kind.appliesTo.includes(rule.kind.id))
    throw new PlanError(`fix ${kind.id} cannot repair a rule of kind ${rule.kind.id}`, {
      expected: `one of ${kinds
        .filter((one) => one.appliesTo.includes(rule.kind.id))
        .map(({ id }) => id)
        .join(', ')}`,
    })
  const judged = judgedTable(rule)
  if (judged === null) throw new PlanError(`rule ${rule.name} judges no rows of one table, so there is nothing to fix`)
  const { engine } = schema
  const table = findTable(schema, judged)
  rowKey(engine, table)
  const violations = violationsOf(rule, schema, { now, signal })
  const terms: FixTerms = {
    engine,
    schema,
    judged: table,
    violating: workTable(engine, VIOLATING),
    givesRows: violations.givesRows,
    table: (name) => findTable(schema, name),
    key: (wanted) => rowKey(engine, wanted),
    keySet: (name) => workTable(engine, setTable(name)),
    references,
  }
  const plan = kind.plan(rule, rule.fix?.options, terms)
  const changed = plan.changes.flatMap(tablesOf)
  for (const name of changed) rowKey(engine, findTable(schema, name))
  const read = rule.kind.reads(rule.options).map((use) => use.table)
  return {
    rule,
    kind,
    violations,
    plan,
    tables: [...new Set([...read, ...changed])].filter((name) => schema.tables.has(name)),
  }
}

export const tablesOf = (change: Change): readonly string[] =>
  change.type === 'statement' ? change.tables : [change.table]

function findFix(rule: Rule, kinds: readonly FixKind[]): FixKind {
  const id = rule.fix?.kind ?? ''
  const found = kinds.find((kind) => kind.id === id)
  if (found) return found
  const ids = kinds.map((kind) => kind.id)
  const suggestion = nearest(id, ids)
  throw new PlanError(`unknown fix kind "${id}"`, {
    expected: `one of ${ids.join(', ')}`,
    ...(suggestion ? { hint: `did you mean "${suggestion}"?` } : {}),
  })
}

/** Lays aside what breaks the rule now and the key sets that grow from it. @returns how many break it. */
export async function detect(session: SqlSession, fix: PreparedFix, schema: DatabaseSchema): Promise<number> {
  const found = await fix.violations.lay(session, VIOLATING)
  if (found > 0) await growSets(session, schema, fix.plan.keySets)
  return found
}

/** Lays aside the rows of a change in a work table, numbered in the order to be done. @returns how many. */
export async function aim(
  session: SqlSession,
  change: Exclude<Change, { type: 'statement' }>,
  schema: DatabaseSchema,
  work: string = TARGET,
): Promise<number> {
  const key = rowKey(session.engine, findTable(schema, change.table))
  const columns = change.type === 'insert' ? numbered('v', change.columns) : numbered('k', key.columns)
  if (change.type === 'update' && change.values) columns.push(...numbered('v', change.values))
  return layTarget(session, work, change.rows, columns)
}

/** What the database says against a change is about the fix where it is about a constraint. */
export function explainConstraint(error: unknown, { rule, kind }: PreparedFix): unknown {
  if (!(error instanceof OutsideError) || !/constraint failed|violates .* constraint/i.test(error.message)) return error
  const isForeignKey = /foreign key/i.test(error.message)
  return new PlanError(`fix ${kind.id} of rule ${rule.name} breaks a constraint: ${error.message}`, {
    path: `rules/${rule.name}/fix`,
    hint: isForeignKey
      ? 'rows still refer to what it deletes or changes: set `cascade: true`, or fix those first'
      : 'choose another value, or fix what it clashes with first',
  })
}
