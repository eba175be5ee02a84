// One run as the conductor holds it in hand: the plan, the book it writes in, and what is known so far.
import type { AnswerBody, EvidenceRef, LedgerDraft, LedgerEntry, OutcomeBody, Pace } from '../plan/run-record.ts'
import type { Item, Phase } from '../plan/plan.ts'
import { excerpt } from '../lib/excerpt.ts'
import { messageOf } from '../lib/errors.ts'
import type { PlannedItem, ReleasePlan } from '../plan/release-plan.ts'
import type { BackupManifest } from '../backups/backup.ts'
import type { CapsuleStep, WayBack } from '../plan/way-back.ts'
import type { Binding } from '../plan/binding.ts'
import type { Outcome } from '../plan/outcome.ts'
import type { RoutingTable } from '../plan/traffic.ts'
import type { Durable } from './ports.ts'
import type { PerformedAction } from './way-back.ts'
import type { Services } from './services.ts'
import type { Session } from './session.ts'
import type { LiveDelivery } from './stand.ts'

export interface RunContext {
  readonly runId: string
  readonly plan: ReleasePlan
  readonly pace: Pace
  readonly durable: Durable
  readonly services: Services
  readonly session: Session
  /** Last outcome of each item. Rebuilt by replay, so it is the same after a crash. */
  readonly outcomes: Map<string, OutcomeBody>
  /** People's answers, in order. */
  readonly answers: Map<string, AnswerBody[]>
  /** Item of a poll → how many of its answers its outcome rests on. */
  readonly judgedAnswers: Map<string, number>
  /** Items accepted as they are by a named person. */
  readonly waived: Set<string>
  /** How often each item was tried. */
  readonly attempts: Map<string, number>
  /** Stages of the delivery that are done: green, or accepted by the approver. */
  readonly delivered: Set<string>
  /** Item of the delivery → the stage that was not green at its last try. */
  readonly refusedStages: Map<string, string>
  /** Who asked for the next stage while the run was busy; null when nobody did. */
  promotedBy: string | null
  /** The run is on its way back, or over: nothing diverts it any more, what arrives is written down. */
  isEnding: boolean
  /** Entries that go into the ledger together with the next one. */
  owed: Promise<unknown> | null
  /** The action that the run is at; still there when a message diverts the run before it was done. */
  underWay: { id: string; binding: Extract<Binding, { type: 'action' }>; attempt: number } | null
  /** Actions that were carried out, oldest first: what the way back has to undo. */
  readonly performed: PerformedAction[]
  /** Those of them whose changes are in the backup: they are undone after it was put back, the others before. */
  readonly backedUp: Set<string>
  wayBack: WayBack
  /** How often it has changed. */
  wayBacks: number
  /** The version that had the traffic when the run was created. */
  readonly stable: string
  /** Why it may begin outside of the calendar; null: it may not. */
  readonly outsideWindow: string | null
  /** The candidate is up beside the old version; null before and after. */
  live: LiveDelivery | null
  /** The backup that a rollback can put back, laid ready; null when there is none. */
  restore: Restorable | null
}

export interface Restorable {
  backup: string
  manifest: BackupManifest
  step: CapsuleStep
  /** Where traffic was when it was taken: to hold it while the data is swapped. */
  table: RoutingTable | null
}

export function itemOf(context: RunContext, id: string): Item {
  const item = context.plan.checklist.items.find((candidate) => candidate.id === id)
  if (!item) throw new Error(`the plan has no item ${id}`)
  return item
}

/** Items of a phase, in document order. */
export function itemsOf(plan: ReleasePlan, phase: Phase): PlannedItem[] {
  const ids = new Set(plan.checklist.items.filter((item) => item.phase === phase.id).map((item) => item.id))
  return plan.items.filter((planned) => ids.has(planned.item))
}

/** Appends to the run's ledger. The key makes it safe to do again on replay. */
export async function note(context: RunContext, draft: LedgerDraft): Promise<LedgerEntry> {
  // What is owed was appended before, so it is in the ledger by then, or this fails too.
  const [entry] = await Promise.all([context.services.ledger.append(context.runId, draft), context.owed])
  return entry
}

/** Appends together with the next entry of the run: for what is on record elsewhere until then. */
export function noteSoon(context: RunContext, draft: LedgerDraft): void {
  const owed = Promise.all([context.services.ledger.append(context.runId, draft, 'soon'), context.owed])
  owed.catch(() => {})
  context.owed = owed
}

/** What commands and checks of the run see: the project's variables, and which release they are part of. */
export function environmentOf({ runId, plan, stable, services, session }: RunContext): Record<string, string> {
  return {
    ...services.env,
    GONOGO_RUN: runId,
    GONOGO_CAPSULE: session.capsule,
    GONOGO_SERVICE: plan.service,
    GONOGO_ENVIRONMENT: plan.environment,
    GONOGO_STABLE: stable,
    GONOGO_CANDIDATE: plan.delivery?.candidate ?? '',
  }
}

/** Number of this attempt at an item, from 1. */
export function nextAttempt(context: RunContext, item: string): number {
  const attempt = (context.attempts.get(item) ?? 0) + 1
  context.attempts.set(item, attempt)
  return attempt
}

/** Redacts and stores the evidence of an outcome, and writes the outcome into the ledger. */
export async function recordOutcome(
  context: RunContext,
  item: string,
  attempt: number,
  outcome: Outcome,
  startedAt: number,
): Promise<OutcomeBody> {
  const body = await outcomeBodyOf(context, outcome, startedAt)
  await note(context, outcomeDraft(item, attempt, body))
  showOutcome(context, item, body)
  return body
}

/** The outcome as it goes on record: redacted, bounded, its evidence stored. */
export async function outcomeBodyOf(context: RunContext, outcome: Outcome, startedAt: number): Promise<OutcomeBody> {
  const { services } = context
  const redact = (text: string): string => services.redactor.redact(text)
  const { evidence, problem } = await keepEvidence(services, outcome)
  // What rests on nothing is not green. What was done stays done: a person decides.
  const status = problem !== null && outcome.status === 'passed' ? 'unverified' : outcome.status
  const summary = problem === null ? outcome.summary : `${outcome.summary}; the evidence could not be kept: ${problem}`
  return {
    status,
    summary: redact(excerpt(summary, SUMMARY_CHARS_MAX)),
    measurements: outcome.measurements,
    evidence,
    ...(outcome.remedy ? { remedy: redact(outcome.remedy) } : {}),
    startedAt,
    endedAt: services.clock(),
  }
}

/** An outcome as the ledger has it. */
export function outcomeDraft(item: string, attempt: number, body: OutcomeBody): LedgerDraft {
  return { key: outcomeKey(item, attempt), kind: 'outcome', item, body: { ...body } }
}

/** Shows what an item came to. */
export function showOutcome(context: RunContext, item: string, { status, summary }: OutcomeBody): void {
  context.services.emit({ type: 'item', item, text: labelOf(context, item), status, summary })
}

/** A kind is expected to bound its evidence; no kind may fill the disk. */
const EVIDENCE_CHARS_MAX = 1 << 20
const SUMMARY_CHARS_MAX = 4000

async function keepEvidence(
  { redactor, evidence }: Services,
  outcome: Outcome,
): Promise<{ evidence: EvidenceRef[]; problem: string | null }> {
  try {
    const puts = outcome.evidence.map(({ name, mediaType, content }) =>
      evidence.put(name, mediaType, excerpt(redactor.redact(content), EVIDENCE_CHARS_MAX)),
    )
    return { evidence: await Promise.all(puts), problem: null }
  } catch (error) {
    return { evidence: [], problem: messageOf(error) }
  }
}

export function outcomeKey(item: string, attempt: number): string {
  return `outcome:${item}:${attempt}`
}

export function intentKey(item: string, attempt: number): string {
  return `intent:${item}:${attempt}`
}

/** What an item is called on the screen; the conductor's own deeds (`prepare:v2`, `undo:ITEM`) are named after what they do. */
export function labelOf(context: RunContext, id: string): string {
  const item = context.plan.checklist.items.find((candidate) => candidate.id === id)
  if (item) return item.label ?? item.text
  const [deed, ...rest] = id.split(':')
  if (deed === 'undo') return `undo ${labelOf(context, rest.join(':'))}`
  return deed === 'prepare' ? `start ${rest.join(':')}` : id
}
