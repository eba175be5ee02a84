// Rules against a schema, before anything runs: tables and columns that are there, of a type that can be judged.
import type { DatabaseSchema } from '../databases/schema.ts'
import { PlanError } from '../lib/errors.ts'
import type { Rule } from './rule.ts'
import { createTerms, findColumn, findTable, keyNames, VIEW } from './terms.ts'

/**
 * Refuses a rule that the schema cannot answer.
 * @throws PlanError with the path `rules/NAME/OPTION`, what is wrong, what is there, and the nearest name.
 */
export function bindRule(rule: Rule, schema: DatabaseSchema): void {
  const { name, kind, options } = rule
  // Read in another database: looked up when it is compared.
  if (kind.compare) return
  const at = (option: string, work: () => void): void => {
    try {
      work()
    } catch (error) {
      if (!(error instanceof PlanError)) throw error
      throw new PlanError(`rule "${name}": ${error.message}`, { ...error.place, path: `rules/${name}/${option}` })
    }
  }
  const uses = kind.reads(options)
  for (const { table, column, option } of uses)
    at(option, () => {
      const found = findTable(schema, table)
      if (column !== null && found.kind !== 'virtual') findColumn(found, column)
    })
  const terms = createTerms(schema, { now: 0 })
  const judged = kind.judges(options)
  if (judged !== null)
    at(uses.find(({ table }) => table === judged)?.option ?? 'table', () => {
      const { kind: is } = findTable(schema, judged)
      if (is !== 'table')
        throw new PlanError(`${judged} is a ${is === 'view' ? 'view: its rows have no keys' : 'virtual table'}`, VIEW)
      keyNames(terms, judged)
    })
  const mismatch = kind.mismatch?.(options, terms)
  if (!mismatch) return
  throw new PlanError(`rule "${name}": ${mismatch.message}`, {
    path: `rules/${name}/${mismatch.option}`,
    hint: mismatch.hint,
  })
}
