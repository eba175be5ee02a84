// What a consistent graph is: four rules, each a query for the relationships that break it.
import { COMBINED_CONFIDENCE, CONFIDENCE_TOLERANCE } from '../src/schema.ts'

export type RuleId = 'orphaned' | 'duplicate' | 'missing-evidence' | 'inconsistent-confidence'

export interface Rule {
  id: RuleId
  title: string
  /** Gives the ids of the offending relationships. Written so that every table is read once, not once a row. */
  offenders: string
}

export const RULES: readonly Rule[] = [
  {
    id: 'orphaned',
    title: 'one of its ends is an entity that does not exist',
    // Distinct ends first: looking every relationship's two ends up is ten times as much work.
    offenders: `
      WITH nobody AS MATERIALIZED (
        SELECT source_id AS id FROM relationships UNION SELECT target_id FROM relationships
        EXCEPT SELECT id FROM entities)
      SELECT id FROM relationships WHERE source_id IN nobody
      UNION SELECT id FROM relationships WHERE target_id IN nobody`,
  },
  {
    id: 'duplicate',
    title: 'an older relationship has the same semantic id',
    offenders: `
      WITH doubled AS MATERIALIZED (
        SELECT semantic_id, min(id) AS oldest FROM relationships GROUP BY semantic_id HAVING count(*) > 1)
      SELECT r.id FROM doubled CROSS JOIN relationships AS r
      ON r.semantic_id = doubled.semantic_id AND r.id <> doubled.oldest`,
  },
  {
    id: 'missing-evidence',
    title: 'nothing supports it',
    offenders: 'SELECT id FROM relationships EXCEPT SELECT relationship_id FROM evidence',
  },
  {
    id: 'inconsistent-confidence',
    title: 'its confidence is not what its evidence says',
    offenders: `
      WITH supported AS MATERIALIZED (
        SELECT relationship_id, ${COMBINED_CONFIDENCE} AS expected FROM evidence GROUP BY relationship_id)
      SELECT r.id FROM supported CROSS JOIN relationships AS r
      ON r.id = supported.relationship_id AND abs(r.confidence - supported.expected) > ${CONFIDENCE_TOLERANCE}`,
  },
]

export function ruleOf(id: RuleId): Rule {
  const rule = RULES.find((candidate) => candidate.id === id)
  if (!rule) throw new Error(`no rule ${id}`)
  return rule
}
