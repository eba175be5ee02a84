// From a run's record to its report. Pure: the same run gives the same report.
import type { ReleasePlan } from '../plan/release-plan.ts'
import { FINAL_STATES, type LedgerEntry, type RunRecord } from '../plan/run-record.ts'
import type { Sample } from '../plan/signal.ts'
import { readLedger, type LedgerReading } from './entries.ts'
import { createEvidenceReader, type EvidenceLimits } from './evidence.ts'
import { findRecommendations, findRisks } from './findings.ts'
import { reportGuards } from './guards.ts'
import { reportItems } from './items.ts'
import { reportMetrics } from './metrics.ts'
import { Recording } from './recording.ts'
import { reportIncident, reportRollback } from './rollback.ts'
import { reportCharts } from './series.ts'
import type { ReportItem, ReportModel, ReportPhase, SignOff } from './shape.ts'
import { reportStages } from './stages.ts'
import { countItems, writeHeadline, writeRehearsal, writeSummary } from './summary.ts'
import { reportTimeline } from './timeline.ts'
import { reportVerdicts } from './verdict/verdicts.ts'

export interface ReportInput {
  run: RunRecord
  plan: ReleasePlan
  ledger: readonly LedgerEntry[]
  samples: readonly Sample[]
  /** Content by hash; null when there is none or it no longer has its hash. */
  evidence: (sha256: string) => string | null
  /** The version that was replaced. @default the most sampled version that is not the candidate */
  stable?: string | null
  /** @default 4,000 characters a piece, 1,000,000 in all */
  evidenceLimits?: EvidenceLimits
}

/** Everything the report forms need, derived from plan, ledger and samples. */
export function buildReport(input: ReportInput): ReportModel {
  const { plan, ledger } = input
  const reading = readLedger(ledger)
  const recording = new Recording(input.samples)
  const candidate = plan.delivery?.candidate ?? null
  const versions = {
    candidate,
    stable: input.stable ?? recording.versions().find((version) => version !== candidate) ?? null,
  }
  const run = reportRun(input.run, ledger)
  const until = run.startedAt + run.durationMs
  const ended = FINAL_STATES.includes(run.state)
  const guards = reportGuards(plan.guards, reading.guard, recording, versions)
  const stages = reportStages(plan.delivery?.stages ?? [], reading.stage, { recording, candidate, until, ended })
  const verdicts = reportVerdicts(plan.guards, { ledger, reading, recording, candidate, stages, until })
  const evidence = createEvidenceReader(input.evidence, input.evidenceLimits ?? { pieceMax: 4000, totalMax: 1_000_000 })
  const phases = reportPhases(plan, ledger, reading, {
    state: run.state,
    people: plan.people,
    guards: new Map(guards.map((guard) => [guard.rule.id, guard])),
    stages,
    evidence,
  })
  const counts = countItems(phases.flatMap(({ items }) => items))
  const rollback = reportRollback(reading.rollback)
  const timeline = reportTimeline(ledger, reading, plan)
  const incident = reportIncident(rollback, { reading, rules: plan.guards, recording, candidate, stages, timeline })
  const rehearsal = writeRehearsal(run.pace)
  const facts = { plan, reading, phases, guards, rollback, incident }
  const { path, title, sha256 } = plan.checklist.document
  return {
    format: 'gonogo-report',
    formatVersion: 1,
    run,
    document: { path, title, sha256 },
    versions,
    headline: writeHeadline({ run, versions, rollback }),
    summary: writeSummary({ run, versions, rollback, counts, stages, guards, verdicts, incident }),
    rehearsal,
    counts,
    stages,
    rollback,
    incident,
    phases,
    metrics: reportMetrics({ recording, versions, stages, rollback, until }),
    charts: reportCharts(recording, versions, plan.guards),
    guards,
    verdicts,
    risks: findRisks(facts),
    recommendations: findRecommendations(facts, rehearsal !== null),
    signOffs: reportSignOffs(plan, phases),
    timeline,
    ledger: { entries: ledger.length, head: ledger.at(-1)?.hash ?? null },
  }
}

function reportRun(run: RunRecord, ledger: readonly LedgerEntry[]): ReportModel['run'] {
  const { id, service, environment, state, reason, startedBy, createdAt, endedAt, pace, planHash } = run
  const lastAt = endedAt ?? ledger.at(-1)?.at ?? createdAt
  const durationMs = Math.max(0, lastAt - createdAt)
  return {
    id,
    service,
    environment,
    state,
    reason,
    startedBy,
    startedAt: createdAt,
    endedAt,
    durationMs,
    pace,
    planHash,
  }
}

/** Phases that have planned items, in document order. @throws Error when an item's phase is not in the checklist. */
function reportPhases(
  plan: ReleasePlan,
  ledger: readonly LedgerEntry[],
  reading: LedgerReading,
  context: Parameters<typeof reportItems>[3],
): ReportPhase[] {
  const items = Map.groupBy(reportItems(plan, ledger, reading, context), ({ item }) => item.phase)
  const known = new Set(plan.checklist.phases.map(({ id }) => id))
  for (const phase of items.keys())
    if (!known.has(phase)) throw new Error(`items stand in phase ${phase}, which does not exist`)
  const entriesOf = Map.groupBy(reading.phase, ({ body }) => body.phase)
  return plan.checklist.phases.flatMap(({ id, title, kind, line, budgetMs }) => {
    const own = items.get(id)
    if (!own) return []
    const entries = entriesOf.get(id) ?? []
    const end = entries.findLast(({ body }) => body.event === 'ended')
    return {
      id,
      title,
      kind,
      line,
      budgetMs,
      startedAt: entries.find(({ body }) => body.event === 'started')?.entry.at ?? null,
      endedAt: end?.entry.at ?? null,
      verdict: end?.body.verdict ?? null,
      items: own.map(({ report }) => report),
    }
  })
}

/** Every poll of the plan, answered or not. */
function reportSignOffs(plan: ReleasePlan, phases: readonly ReportPhase[]): SignOff[] {
  const items = new Map<string, ReportItem>(phases.flatMap((phase) => phase.items.map((item) => [item.id, item])))
  return plan.items.flatMap(({ item, binding }): SignOff[] => {
    const report = items.get(item)
    if (binding.type !== 'poll' || !report) return []
    const { role, quorum } = binding
    const { text, status, answers } = report
    return [{ item, text, role, asked: plan.people[role] ?? [], quorum, status, answers }]
  })
}
