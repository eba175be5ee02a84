// What came of a rule, as its result says it. An error is never a pass, and a sample neither.
import type { RuleResult } from './result.ts'
import type { Key, Rule, Terms } from './rule.ts'

export type Answer =
  | {
      type: 'found'
      way: 'pages' | 'sql'
      count: number
      judged: number
      keys: Key[]
      plan: string[]
      durationMs: number
    }
  /** `late`: its statement still runs. `unjudged`: nobody's fault. `not-eligible`: by a scan; SQL has not been asked yet. */
  | { type: 'error' | 'late' | 'unjudged' | 'not-eligible'; problem: string; durationMs: number }

/** A result in one form for every answer. */
export function resultOf(rule: Rule, terms: Terms, answer: Answer, isSample: boolean): RuleResult {
  if (answer.type !== 'found') return errorResult(rule, terms, answer.problem, answer.durationMs)
  const { count, judged, keys, plan, way, durationMs } = answer
  const isBroken = count > rule.max
  return {
    ...headOf(rule, terms),
    status: isBroken ? 'failed' : isSample ? 'unverified' : 'passed',
    certainty: isSample ? 'sampled' : 'exact',
    count,
    judged,
    keys,
    way,
    plan: way === 'sql' ? plan : null,
    durationMs,
    problem: null,
  }
}

/** A rule that was not judged. */
export function errorResult(rule: Rule, terms: Terms, problem: string, durationMs = 0): RuleResult {
  const nothing = { count: null, judged: null, keys: [], way: null, plan: null }
  return { ...headOf(rule, terms), ...nothing, status: 'unverified', certainty: 'error', durationMs, problem }
}

function headOf({ name, kind, options, severity, max }: Rule, terms: Terms) {
  return {
    rule: name,
    kind: kind.id,
    title: kind.describe(options),
    severity,
    max,
    keyColumns: kind.keyColumns(options, terms),
  }
}
