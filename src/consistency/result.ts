// What a validation came to, rule by rule; and the one definition of "validation success".
import type { Key } from './rule.ts'

/** How far a count can be relied on. Sampled counts are lower bounds: they can fail a rule, never pass it. */
export type Certainty = 'exact' | 'sampled' | 'error'

export interface RuleResult {
  rule: string
  kind: string
  /** "every relationships.source_id is an entities.id" */
  title: string
  severity: 'error' | 'warning'
  status: 'passed' | 'failed' | 'unverified'
  certainty: Certainty
  /** Violations; null when there was an error. */
  count: number | null
  max: number
  /** Rows (or groups) that were judged; null when there was an error. */
  judged: number | null
  /** Column names of a key. */
  keyColumns: string[]
  /** The first few, ascending. */
  keys: Key[]
  /** `pages` or `sql`. */
  way: 'pages' | 'sql' | null
  /** The engine's query plan, a line each; null without SQL. */
  plan: string[] | null
  durationMs: number
  /** What went wrong, with what to do; null when there was no error. */
  problem: string | null
}

export interface Validation {
  database: string
  identity: string
  /** The moment all results are about. */
  snapshot: string
  mode: 'sampled' | 'full'
  startedAt: number
  durationMs: number
  schemaHash: string
  results: RuleResult[]
}

/**
 * Validation success: of all judgements made (one rule, one row or group), the share in percent that found nothing wrong. Every rule counts,
 * also those of severity `warning`. Null, which is not a pass, when nothing was judged or any rule was not judged exactly.
 */
export function successPercent(results: readonly RuleResult[]): number | null {
  if (results.length === 0 || results.some(({ certainty }) => certainty !== 'exact')) return null
  const judged = results.reduce((sum, result) => sum + (result.judged ?? 0), 0)
  const broken = results.reduce((sum, result) => sum + (result.count ?? 0), 0)
  return judged === 0 ? null : (100 * (judged - broken)) / judged
}

/**
 * Failed when a rule of severity `error` failed, else unverified when any rule is, also one of severity `warning`: a warning tells what was
 * found, and an error or a sample found out nothing. Else passed; nothing judged is unverified.
 */
export function verdictOf(results: readonly RuleResult[]): 'passed' | 'failed' | 'unverified' {
  const errors = results.filter(({ severity }) => severity === 'error')
  if (errors.some(({ status }) => status === 'failed')) return 'failed'
  if (results.length === 0 || results.some(({ status }) => status === 'unverified')) return 'unverified'
  return 'passed'
}
