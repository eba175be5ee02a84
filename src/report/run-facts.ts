// Pure: what a run knows of itself, and which of it the words in front of a blank ask for.
import { formatDuration } from '../lib/duration.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import { FINAL_STATES, type LedgerEntry, type RunRecord } from '../plan/run-record.ts'
import { writeDay, writeTime } from './dates.ts'

export interface RunFacts {
  run: string
  by: string
  service: string
  environment: string
  version: string | null
  startedAt: number
  endedAt: number | null
  /** How it ended; null while it has not. */
  result: string | null
  /** Id of the newest backup that was taken and proved. */
  backup: string | null
  /** Role → who said yes for it last. */
  approvers: Record<string, string>
}

/** The facts of a run, from its record, its plan and its ledger. */
export function factsOf(run: RunRecord, plan: ReleasePlan, ledger: readonly LedgerEntry[]): RunFacts {
  const started = ledger.find((entry) => entry.key === 'run:started')
  return {
    run: run.id,
    by: run.startedBy,
    service: run.service,
    environment: run.environment,
    version: plan.delivery?.candidate ?? null,
    startedAt: started?.at ?? run.createdAt,
    endedAt: run.endedAt,
    result: FINAL_STATES.includes(run.state) ? run.state.replace('-', ' ') : null,
    backup: backupOf(plan, ledger),
    approvers: approversOf(ledger),
  }
}

/** The id stands first in the outcome's summary. */
function backupOf(plan: ReleasePlan, ledger: readonly LedgerEntry[]): string | null {
  const items = new Set(plan.items.filter(({ binding }) => binding.type === 'backup').map(({ item }) => item))
  const taken = ledger.findLast(
    (entry) =>
      entry.kind === 'outcome' && entry.item !== null && items.has(entry.item) && entry.body.status === 'passed',
  )
  return taken ? (String(taken.body.summary).split(':')[0] ?? null) : null
}

function approversOf(ledger: readonly LedgerEntry[]): Record<string, string> {
  const approvals = ledger.filter(
    (entry) => entry.kind === 'answer' && entry.body.answer === 'approve' && entry.body.role !== null,
  )
  return Object.fromEntries(approvals.map(({ body }) => [String(body.role), String(body.by)]))
}

/**
 * The fact that a label asks for ("Deployment date", "Engineer"); null where it is not sure which is meant, or not known yet.
 * @param hint all that may say in which form a date is wanted.
 */
export function factFor(label: string, hint: string, facts: RunFacts): string | null {
  const words = label.toLowerCase()
  const { startedAt, endedAt } = facts
  const ended = (write: (at: number) => string): string | null => (endedAt === null ? null : write(endedAt))
  if (/\bduration\b/.test(words)) return ended((at) => formatDuration(at - startedAt))
  if (/^\W*(end(ed)?|finish(ed)?|complet(ed|ion))\b/.test(words))
    return ended(/\bdate\b/.test(words) ? (at) => writeDay(at, hint) : writeTime)
  if (/^\W*start(ed)?\b(?! by)/.test(words))
    return /\bdate\b/.test(words) ? writeDay(startedAt, hint) : writeTime(startedAt)
  if (/\bdate\b/.test(words)) return writeDay(startedAt, hint)
  if (/^\W*time\W*$/.test(words)) return writeTime(startedAt)
  if (/\b(engineer|deployment lead|(deployed|performed|executed|started|conducted) by)\b/.test(words)) return facts.by
  if (/\benvironment\b/.test(words)) return facts.environment
  if (/\bversion\b/.test(words) && !/\b(previous|old|current|last|stable|rollback)\b/.test(words)) return facts.version
  if (/^\W*(service|application)( name)?\W*$/.test(words)) return facts.service
  if (/^\W*((deployment|release|final|overall) )?(status|result|outcome)\W*$/.test(words)) return facts.result
  if (/^\W*(run|release|deployment) id\W*$/.test(words)) return facts.run
  if (/^\W*backup\b/.test(words)) return facts.backup
  const role = words.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '')
  return Object.hasOwn(facts.approvers, role) ? (facts.approvers[role] ?? null) : null
}
