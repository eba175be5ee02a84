// The rows a fix is to change: only where the rule's keys are rows.
import { sql } from 'kysely'
import { PlanError } from '../../lib/errors.ts'
import type { Rule } from '../rule.ts'
import type { FixTerms } from './fix.ts'
import { list, name, numbered, type Sql } from './sql.ts'

/** SELECT of the keys of the rows that break the rule. @throws PlanError where its keys are values or groups. */
export function rowsOf(rule: Rule, terms: FixTerms): Sql {
  if (!terms.givesRows)
    throw new PlanError(`rule ${rule.name} finds groups of rows, not rows of ${terms.judged.name}`, {
      expected: 'a fix for groups: merge-duplicates, or sql',
    })
  const keys = list(numbered('k', terms.key(terms.judged).columns).map((column) => name(column)))
  return sql`SELECT ${keys} FROM ${terms.violating} AS violating ORDER BY ${keys}`
}
