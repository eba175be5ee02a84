// Measures the consistency of the graph exactly and judges it by the thresholds of the checklist.
import type { DatabaseSync } from 'node:sqlite'
import { readNumber } from '../src/database.ts'
import { schemaProblems } from '../src/migrations.ts'
import type { Judgement } from './judgement.ts'
import { RULES, type RuleId } from './rules.ts'

export interface Metrics {
  relationships: number
  orphanedRelationships: number
  inconsistentConfidence: number
  missingEvidence: number
  duplicateGroups: number
  /** Share of relationships that break no rule; null when there are none. */
  successPercent: number | null
}

/** Measures in one snapshot, inside the caller's transaction if there is one; needs no write access. */
export function measure(database: DatabaseSync): Metrics {
  database.exec(`
    SAVEPOINT measuring;
    CREATE TEMP TABLE offenders (rule TEXT, id INTEGER, PRIMARY KEY (rule, id)) WITHOUT ROWID`)
  try {
    for (const { id, offenders } of RULES)
      database.exec(`INSERT INTO temp.offenders SELECT '${id}', id FROM (${offenders})`)
    const count = (rule: RuleId) => readNumber(database, 'SELECT count(*) FROM temp.offenders WHERE rule = ?', rule)
    const relationships = readNumber(database, 'SELECT count(*) FROM relationships')
    const offending = readNumber(database, 'SELECT count(DISTINCT id) FROM temp.offenders')
    return {
      relationships,
      orphanedRelationships: count('orphaned'),
      inconsistentConfidence: count('inconsistent-confidence'),
      missingEvidence: count('missing-evidence'),
      duplicateGroups: readNumber(
        database,
        `SELECT count(DISTINCT semantic_id) FROM relationships
         WHERE id IN (SELECT id FROM temp.offenders WHERE rule = 'duplicate')`,
      ),
      successPercent: relationships === 0 ? null : (100 * (relationships - offending)) / relationships,
    }
  } finally {
    database.exec('DROP TABLE temp.offenders; RELEASE measuring')
  }
}

interface Limit {
  metric: Exclude<keyof Metrics, 'relationships'>
  title: string
  wanted: string
  holds(value: number): boolean
}

const LIMITS: readonly Limit[] = [
  { metric: 'orphanedRelationships', title: 'orphaned relationships', wanted: '0', holds: (value) => value === 0 },
  { metric: 'inconsistentConfidence', title: 'inconsistent confidence', wanted: '< 5', holds: (value) => value < 5 },
  { metric: 'missingEvidence', title: 'missing evidence', wanted: '< 10', holds: (value) => value < 10 },
  { metric: 'duplicateGroups', title: 'duplicate semantic id groups', wanted: '< 5', holds: (value) => value < 5 },
  { metric: 'successPercent', title: 'validation success, percent', wanted: '> 95', holds: (value) => value > 95 },
]

/** One judgement a threshold. An empty graph gives no reason to call it consistent. */
export function judgeMetrics(metrics: Metrics): Judgement[] {
  return LIMITS.map(({ metric, title, wanted, holds }) => {
    const value = metrics[metric]
    return { metric, title, value, wanted, ok: value === null || metrics.relationships === 0 ? null : holds(value) }
  })
}

/** Whether the file is sound: `integrity_check`, or the quicker one that leaves out comparing indexes with tables. */
export function judgeIntegrity(database: DatabaseSync, pragma: 'integrity_check' | 'quick_check'): Judgement {
  const found = firstProblem(database, pragma)
  return { metric: 'integrity', title: pragma, value: found, wanted: 'ok', ok: found === 'ok' }
}

function firstProblem(database: DatabaseSync, pragma: string): string {
  try {
    return String(Object.values(database.prepare(`PRAGMA ${pragma}(1)`).get() ?? {})[0]).replaceAll('\n', ' ')
  } catch (error) {
    return (error as Error).message
  }
}

/** Whether the tables are those its version number stands for. */
export function judgeSchema(database: DatabaseSync): Judgement {
  const problems = schemaProblems(database)
  const value = problems.length === 0 ? 'as expected' : problems.join(', ')
  return { metric: 'schema', title: 'schema', value, wanted: 'as expected', ok: problems.length === 0 }
}
