// What both ways of fixing share: the job at hand, counting before and after, telling how far it is.
import type { DatabaseSchema } from '../../databases/schema.ts'
import type { Rule } from '../rule.ts'
import { hasTriggers } from './engine-catalogue.ts'
import type { RowChange } from './apply-slice.ts'
import type { PreparedFix } from './prepared-fix.ts'
import type { Reference } from './references.ts'
import type { FixedRule } from './report.ts'
import type { SqlSession } from './sql.ts'
import type { Violations } from './violations.ts'

export interface FixProgress {
  /** The rule being fixed. */
  rule: string
  rulesDone: number
  rulesTotal: number
  /** Rows of the change at hand: done, and in all; absent while rows are looked for. */
  rowsDone?: number
  rowsTotal?: number
}

export interface FixJob {
  session: SqlSession
  schema: DatabaseSchema
  references: readonly Reference[]
  /** All rules that are judged afterwards, in their declared order. */
  rules: readonly Rule[]
  /** Those with a fix, in the same order. */
  fixes: readonly PreparedFix[]
  /** Rules without a fix that one statement can count. */
  unfixed: readonly { rule: Rule; violations: Violations }[]
  /** Tables that any of them reads or changes. */
  tables: readonly string[]
  keepIncomplete: boolean
  /** What the run is called by its asker, or null. */
  label: string | null
  /** Rows shown of each change. */
  samples: number
  /** Milliseconds since the epoch. */
  now(): number
  progress(progress: FixProgress): void
}

export function tell(job: FixJob, progress: Omit<FixProgress, 'rulesTotal'>): void {
  job.progress({ ...progress, rulesTotal: job.fixes.length })
}

/** Violations of rules without a fix, before anything changes: a fix must not make them worse. */
export async function countUnfixed({ session, unfixed }: FixJob): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for (const { rule, violations } of unfixed) found.set(rule.name, await violations.count(session))
  return found
}

/** Counts every rule again. @param found violations before, by rule. */
export async function judge(job: FixJob, found: ReadonlyMap<string, number>): Promise<FixedRule[]> {
  const fixed = job.fixes.map(({ rule, kind, violations }) => ({ rule, fix: kind.id, violations }))
  const unfixed = job.unfixed.map((one) => ({ ...one, fix: null }))
  const judged: FixedRule[] = []
  for (const rule of job.rules) {
    const one = [...fixed, ...unfixed].find((candidate) => candidate.rule === rule)
    if (!one) continue
    const { name, max, severity } = rule
    judged.push({
      rule: name,
      fix: one.fix,
      max,
      severity,
      found: found.get(name) ?? 0,
      left: await one.violations.count(job.session),
    })
  }
  return judged
}

/** A rule with a fix is within its threshold afterwards; one without is, or is no worse than it was. */
export function isWithin({ fix, found, left, max }: FixedRule): boolean {
  return left !== null && left <= (fix === null ? Math.max(max, found) : max)
}

/** Which columns the images keep as the change leaves them: all where a trigger of the user's may change more than was set. */
export async function imagedColumns(
  session: SqlSession,
  change: RowChange,
): Promise<readonly string[] | 'all' | 'none'> {
  if (change.type === 'delete') return 'none'
  if (change.type === 'insert' || (await hasTriggers(session, change.table))) return 'all'
  return change.set.map(({ column }) => column)
}
