// Is the database ready to be fixed? Asked before anything is touched.
import type { DatabaseSync } from 'node:sqlite'
import { openDatabase, readNumber } from '../src/database.ts'
import { COMBINED_CONFIDENCE, CONFIDENCE_TOLERANCE } from '../src/schema.ts'
import { fixGraph } from './fix.ts'
import type { Judgement } from './judgement.ts'
import { withScratchCopy } from './scratch-copy.ts'
import { judgeIntegrity, judgeSchema } from './validate.ts'

/**
 * Sound, of a known schema, and the fix, tried on a copy, brings every threshold in.
 * Violations that are there now are no failure: they are what the release is for.
 */
export function preCheck(path: string): Judgement[] {
  const basics = checkBasics(path)
  if (basics.some((judgement) => judgement.ok !== true)) return basics
  const { changes, judgements } = withScratchCopy(path, (copy) => fixGraph(copy, { dryRun: true, now: 0 }))
  const count = Object.values(changes).reduce((sum, change) => sum + change, 0)
  return [
    ...basics,
    { metric: 'rehearsal', title: 'changes the fix would make', value: count, wanted: 'any', ok: true },
    ...judgements.map((judgement) => ({ ...judgement, title: `after the fix: ${judgement.title}` })),
  ]
}

function checkBasics(path: string): Judgement[] {
  using database = openDatabase(path, { readOnly: true })
  return [judgeIntegrity(database, 'quick_check'), judgeSchema(database)]
}

/**
 * Looks at `size` relationships only. Enough offenders among them prove that a threshold is broken; none prove nothing,
 * so this fails or stays unverified, and never passes.
 */
export function sampleCheck(path: string, size: number): Judgement[] {
  using database = openDatabase(path, { readOnly: true })
  const found = countInSample(database, size)
  return [
    judgeIntegrity(database, 'quick_check'),
    judgeSchema(database),
    ...SAMPLED.map(({ metric, title, limit }) => ({
      metric,
      title: `${title} in a sample of ${found.size}`,
      value: found[metric],
      wanted: limit === 1 ? '0' : `< ${limit}`,
      ok: found[metric] >= limit ? false : null,
    })),
  ]
}

const SAMPLED = [
  { metric: 'orphanedRelationships', title: 'orphaned relationships', limit: 1 },
  { metric: 'inconsistentConfidence', title: 'inconsistent confidence', limit: 5 },
  { metric: 'missingEvidence', title: 'missing evidence', limit: 10 },
] as const

function countInSample(
  database: DatabaseSync,
  size: number,
): Record<(typeof SAMPLED)[number]['metric'] | 'size', number> {
  const maxId = readNumber(database, 'SELECT max(id) FROM relationships')
  const look = database.prepare(`
    SELECT NOT (EXISTS (SELECT 1 FROM entities WHERE id = r.source_id)
            AND EXISTS (SELECT 1 FROM entities WHERE id = r.target_id)) AS orphaned,
      (SELECT count(*) FROM evidence WHERE relationship_id = r.id) AS evidence,
      abs(r.confidence - (SELECT ${COMBINED_CONFIDENCE} FROM evidence WHERE relationship_id = r.id))
        > ${CONFIDENCE_TOLERANCE} AS inconsistent
    FROM relationships AS r WHERE r.id = ?`)
  const found = { size: 0, orphanedRelationships: 0, inconsistentConfidence: 0, missingEvidence: 0 }
  const seen = new Set<number>()
  for (let draw = 0; draw < size; draw++) {
    const id = 1 + Math.floor(Math.random() * maxId)
    const row = seen.has(id) ? undefined : look.get(id)
    seen.add(id)
    if (!row) continue
    found.size++
    if (row.orphaned) found.orphanedRelationships++
    if (row.inconsistent) found.inconsistentConfidence++
    if (row.evidence === 0) found.missingEvidence++
  }
  return found
}
