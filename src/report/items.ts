// Every planned item with what became of it, in document order.
import type { Binding } from '../plan/binding.ts'
import type { Checklist, Item } from '../plan/plan.ts'
import type { PlannedItem, ReleasePlan } from '../plan/release-plan.ts'
import type { AnswerBody, LedgerEntry } from '../plan/run-record.ts'
import { decide, worstOf, type DecisionContext, type Facts } from './decision.ts'
import type { LedgerReading, Read } from './entries.ts'
import type { EvidenceReader } from './evidence.ts'
import { plural } from '../lib/plural.ts'
import { listWords, statusWord } from './format.ts'
import { remedyOf } from './remedy.ts'
import type { ItemStatus, ReportAnswer, ReportItem } from './shape.ts'

type ItemContext = DecisionContext & { evidence: EvidenceReader }
type RowContext = ItemContext & { checklist: Checklist }

/** Every planned item with its final status, in document order. @throws Error when the plan names an item its checklist does not have. */
export function reportItems(
  plan: ReleasePlan,
  ledger: readonly LedgerEntry[],
  reading: LedgerReading,
  context: ItemContext,
): { item: Item; report: ReportItem }[] {
  const items = new Map(plan.checklist.items.map((item) => [item.id, item]))
  const facts = collectFacts(ledger, reading)
  const rows = plan.items.map((planned) => {
    const item = items.get(planned.item)
    if (!item) throw new Error(`the plan names item ${planned.item}, which its checklist does not have`)
    const known = facts.get(item.id) ?? emptyFacts()
    return { item, planned, report: reportItem(item, planned, known, { ...context, checklist: plan.checklist }) }
  })
  decideParents(rows, facts)
  return rows.map(({ item, report }) => ({ item, report }))
}

const emptyFacts = (): Facts => ({ outcomes: [], answers: [], waivers: [], unreadableSeq: 0, begunAt: null })

function collectFacts(ledger: readonly LedgerEntry[], reading: LedgerReading): Map<string, Facts> {
  const all = new Map<string, Facts>()
  const of = (item: string): Facts => {
    let facts = all.get(item)
    if (!facts) all.set(item, (facts = emptyFacts()))
    return facts
  }
  for (const read of reading.outcome) if (read.entry.item) of(read.entry.item).outcomes.push(read)
  for (const read of reading.answer) if (read.entry.item) of(read.entry.item).answers.push(read)
  for (const read of reading.waiver) if (read.entry.item) of(read.entry.item).waivers.push(read)
  for (const entry of reading.unreadable) if (entry.item) of(entry.item).unreadableSeq = entry.seq
  for (const entry of ledger) if (entry.kind === 'intent' && entry.item) of(entry.item).begunAt = entry.at
  return all
}

/** The document's own cures are for what failed. */
function remedyFor({ id }: Item, status: ItemStatus, advice: string | null, { checklist }: RowContext): string | null {
  if (status === 'passed') return null
  return status === 'failed' ? remedyOf(id, advice, checklist) : advice
}

function reportItem(item: Item, planned: PlannedItem, facts: Facts, context: RowContext): ReportItem {
  const decision = decide(item, planned.binding, facts, context)
  const last = facts.outcomes.at(-1)
  const waiver = facts.waivers.at(-1)
  const waived = waiver !== undefined && decision.status !== 'passed'
  return {
    id: item.id,
    line: item.line,
    text: item.text,
    badState: item.polarity === 'bad-state',
    ...decision,
    ...(waived ? { status: 'waived', by: [waiver.body.by], at: waiver.entry.at } : {}),
    durationMs: last ? last.body.endedAt - last.body.startedAt : null,
    will: planned.will,
    binding: describeBinding(planned.binding),
    measurements: last?.body.measurements ?? [],
    evidence: last ? context.evidence.read(last.body.evidence) : [],
    remedy: remedyFor(item, decision.status, last?.body.remedy ?? null, context),
    answers: facts.answers.map(toReportAnswer),
    waiver: waiver ? { by: waiver.body.by, at: waiver.entry.at, reason: waiver.body.reason } : null,
    waivedStatus: waived ? decision.status : null,
    attempts: facts.outcomes.length,
    failedAttempts: facts.outcomes.filter(({ body }) => body.status === 'failed').length,
  }
}

/** Items that stand for their children get the worst of them, innermost first. */
function decideParents(
  rows: { item: Item; planned: PlannedItem; report: ReportItem }[],
  facts: Map<string, Facts>,
): void {
  const children = Map.groupBy(
    rows.filter(({ item }) => item.parent !== null),
    ({ item }) => item.parent,
  )
  // Document order puts a child behind its parent: backwards, each child is decided before its parent.
  for (const { item, planned, report } of rows.toReversed()) {
    if (planned.binding.type !== 'children' || facts.get(item.id)?.outcomes.length) continue
    const own = (children.get(item.id) ?? []).map(({ report: child }) => child)
    const statuses = own.map(({ status }) => status)
    const worst = worstOf(statuses)
    const waived = report.waiver !== null && worst !== 'passed'
    report.status = waived ? 'waived' : worst
    report.waivedStatus = waived ? worst : null
    report.summary = `${plural(own.length, 'nested item')}: ${statusCounts(statuses)}`
    report.at = own.reduce<number | null>((latest, { at }) => maxOf(latest, at), null)
  }
}

function statusCounts(statuses: readonly ItemStatus[]): string {
  const counts = Map.groupBy(statuses, (status) => status)
  return [...counts].map(([status, { length }]) => `${length} ${statusWord(status)}`).join(', ') || 'none'
}

function maxOf(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b)
}

function toReportAnswer({ entry, body }: Read<AnswerBody>): ReportAnswer {
  const { by, role, answer, reason, values } = body
  return { by, at: entry.at, role, answer, reason, values }
}

/** "check http", "asked of dba, 2 approvals". */
function describeBinding(binding: Binding): string {
  switch (binding.type) {
    case 'check':
      return `check ${binding.check}`
    case 'action':
      return `action ${binding.action}`
    case 'backup':
      return `backup ${binding.backup}`
    case 'rollout':
      return binding.stage === null ? 'rollout' : `rollout stage ${binding.stage}`
    case 'poll':
      return `asked of ${binding.role}${binding.quorum > 1 ? `, ${binding.quorum} approvals` : ''}`
    case 'watch':
      return `watch ${listWords(binding.watches.map(({ signal }) => signal))}`
    case 'guard':
      return 'guard'
    case 'children':
      return 'nested items'
    case 'skip':
      return 'skipped'
    case 'record':
      return 'form'
    case 'unbound':
      return 'not bound'
  }
}
