// All fixes in one transaction: detected again, logged, applied and judged inside it, so that all of it happens or nothing.
import { sql } from 'kysely'
import { findTable } from '../terms.ts'
import { applySlice } from './apply-slice.ts'
import { countUnfixed, imagedColumns, isWithin, judge, tell, type FixJob } from './fix-job.ts'
import { openImages, type Imaged } from './images.ts'
import { aim, detect, explainConstraint, TARGET, type PreparedFix } from './prepared-fix.ts'
import { reportChange, type FixedRule, type FixOutcome, type ReportedChange } from './report.ts'
import { beginRun, moveRun, nextSeq } from './shadow-log.ts'
import { applyStatement } from './statements.ts'
import { inTransaction, TakenBack } from './transaction.ts'
import { workTable } from './work-tables.ts'

export interface FixedAtOnce {
  run: number | null
  outcome: FixOutcome
  rules: FixedRule[]
  changes: ReportedChange[]
}

/** @throws PlanError, OutsideError: nothing is kept. */
export function fixAtOnce(job: FixJob, options: { isDryRun: boolean }): Promise<FixedAtOnce> {
  const { session, schema, rules, fixes } = job
  return inTransaction(session, job.tables, async () => {
    const run = await beginRun(session, {
      state: 'fixing',
      mode: 'transaction',
      rules: rules.map(({ name }) => name),
      label: job.label,
      schemaHash: schema.hash,
      startedAt: job.now(),
    })
    const found = await countUnfixed(job)
    const changes: Imaged[] = []
    for (const [index, fix] of fixes.entries()) {
      tell(job, { rule: fix.rule.name, rulesDone: index })
      const violations = await detect(session, fix, schema)
      found.set(fix.rule.name, violations)
      if (violations > 0) changes.push(...(await applyAll(job, fix, run)))
    }
    const touched = changes.filter(({ change }) => change.rows > 0)
    const judged = await judge(job, found)
    const reported: ReportedChange[] = []
    for (const imaged of touched) reported.push(await reportChange(session, imaged, job.samples))
    const result = (outcome: FixOutcome, kept: boolean): FixedAtOnce => ({
      run: kept ? run : null,
      outcome,
      rules: judged,
      changes: reported,
    })
    const isEnough = judged.every(isWithin)
    if (touched.length === 0 && isEnough) throw new TakenBack(result('nothing-to-fix', false))
    if (!isEnough && !job.keepIncomplete) throw new TakenBack(result('rolled-back', false))
    const outcome = isEnough ? 'fixed' : 'incomplete'
    if (options.isDryRun) throw new TakenBack(result(isEnough ? 'would-fix' : 'incomplete', false))
    await moveRun(session, run, { from: ['fixing'], to: outcome, at: job.now() })
    return result(outcome, true)
  })
}

async function applyAll(job: FixJob, fix: PreparedFix, run: number): Promise<Imaged[]> {
  const { session, schema, references } = job
  const changes: Imaged[] = []
  try {
    for (const change of fix.plan.changes) {
      if (change.type === 'statement') {
        const at = { run, rule: fix.rule.name, kind: fix.kind.id, schema, references }
        changes.push(...(await applyStatement(session, change, at)))
        continue
      }
      const last = await aim(session, change, schema)
      if (last === 0) continue
      const imaged = await openImages(
        session,
        {
          run,
          seq: await nextSeq(session, run),
          rule: fix.rule.name,
          kind: fix.kind.id,
          table: change.table,
          type: change.type,
        },
        { table: findTable(schema, change.table), changed: await imagedColumns(session, change) },
      )
      const slice = { target: workTable(session.engine, TARGET), first: 1, last, where: sql`1 = 1` }
      changes.push(await applySlice(session, change, imaged, slice, references))
    }
    return changes
  } catch (error) {
    throw explainConstraint(error, fix)
  }
}
