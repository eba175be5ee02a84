// The final status of one item, from what the ledger says about it. What nobody recorded is never a pass.
import type { Binding } from '../plan/binding.ts'
import { worstStatus } from '../plan/outcome.ts'
import type { Item } from '../plan/plan.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import { FINAL_STATES, type AnswerBody, type OutcomeBody, type RunState, type WaiverBody } from '../plan/run-record.ts'
import type { Read } from './entries.ts'
import { plural } from '../lib/plural.ts'
import { listWords, statusWord } from './format.ts'
import type { ItemStatus, ReportGuard, ReportItem, ReportStage } from './shape.ts'

type Decision = Pick<ReportItem, 'status' | 'summary' | 'by' | 'at'>

/** What the ledger says about one item. */
export interface Facts {
  outcomes: Read<OutcomeBody>[]
  answers: Read<AnswerBody>[]
  waivers: Read<WaiverBody>[]
  /** Sequence number of the last entry that could not be read; 0 for none. */
  unreadableSeq: number
  /** When it was last begun. */
  begunAt: number | null
}

/** What else of the run decides about items. */
export interface DecisionContext {
  state: RunState
  /** Role → people: only their answers count at a poll. */
  people: ReleasePlan['people']
  guards: ReadonlyMap<string, ReportGuard>
  stages: readonly ReportStage[]
}

/** Last outcome, people's answers, guards or stages: whichever the binding rests on; waivers are the caller's. */
export function decide(item: Item, binding: Binding, facts: Facts, context: DecisionContext): Decision {
  const outcome = facts.outcomes.at(-1)
  const answer = facts.answers.findLast(({ body }) => body.answer !== 'fill')
  const lastSeq = Math.max(outcome?.entry.seq ?? 0, answer?.entry.seq ?? 0)
  if (facts.unreadableSeq > lastSeq) return machine('unverified', 'what was recorded about it cannot be read')
  if (answer && answer.entry.seq === lastSeq && answersDecide(binding))
    return decideByAnswers(binding, facts.answers, context.people)
  if (outcome) {
    const by = binding.type === 'poll' ? names(facts.answers) : []
    return { ...machine(outcome.body.status, outcome.body.summary, outcome.body.endedAt), ...(by.length > 0 && { by }) }
  }
  if (item.kind === 'record' && facts.answers.length > 0) return decideByFilling(item, facts.answers)
  if (facts.begunAt !== null) return machine('unverified', 'was begun; how it ended is not known', facts.begunAt)
  return decideWithoutRecord(binding, context)
}

/** A rollout's answers release single stages, a guard's and a parent's answer nothing: they do not decide the item. */
function answersDecide(binding: Binding): boolean {
  return binding.type !== 'rollout' && binding.type !== 'guard' && binding.type !== 'children'
}

/** The last word of each person of the role counts: one reject fails, a full quorum passes. */
function decideByAnswers(
  binding: Binding,
  answers: readonly Read<AnswerBody>[],
  people: ReleasePlan['people'],
): Decision {
  const entitled = binding.type === 'poll' ? (people[binding.role] ?? []) : null
  const lastWord = new Map<string, Read<AnswerBody>>()
  for (const read of answers)
    if (read.body.answer !== 'fill' && (entitled?.includes(read.body.by) ?? true)) lastWord.set(read.body.by, read)
  const words = [...lastWord.values()]
  const at = answers.at(-1)?.entry.at ?? null
  const rejected = words.filter(({ body }) => body.answer === 'reject')
  if (rejected.length > 0) {
    const reason = rejected.at(-1)?.body.reason
    return { status: 'failed', summary: `rejected${reason ? `: ${reason}` : ''}`, by: names(rejected), at }
  }
  const approved = names(words)
  const quorum = binding.type === 'poll' ? binding.quorum : 1
  if (approved.length < quorum)
    return { status: 'unverified', summary: `${approved.length} of ${quorum} approvals`, by: approved, at }
  return { status: 'passed', summary: `approved by ${listWords(approved)}`, by: approved, at }
}

/** A form to fill in passes when each of its blanks and choices has a value. */
function decideByFilling(item: Item, answers: readonly Read<AnswerBody>[]): Decision {
  const wanted = [...item.blanks, ...item.choices].map(({ name }) => name)
  const filled = new Set(answers.flatMap(({ body }) => Object.keys(body.values)))
  const missing = wanted.filter((name) => !filled.has(name))
  const at = answers.at(-1)?.entry.at ?? null
  const by = names(answers)
  if (missing.length > 0) return { status: 'unverified', summary: `not filled in: ${listWords(missing)}`, by, at }
  return { status: 'passed', summary: `filled in by ${listWords(by)}`, by, at }
}

function decideWithoutRecord(binding: Binding, { state, guards, stages }: DecisionContext): Decision {
  switch (binding.type) {
    case 'skip':
      return machine('skipped', binding.reason)
    case 'record':
      return machine(FINAL_STATES.includes(state) ? 'skipped' : 'not-reached', 'a form that was not filled in')
    case 'unbound':
      return machine('unverified', 'nobody said how to verify it')
    case 'guard':
      return decideByGuards(binding.rules.map(({ id }) => guards.get(id)))
    case 'rollout':
      return decideByStages(stages.filter(({ name }) => binding.stage === null || name === binding.stage))
    default:
      return state === 'succeeded'
        ? machine('unverified', 'the run ended without a record of it')
        : machine('not-reached', 'not reached')
  }
}

/** A trigger without an outcome of its own: red when a rule tripped, unknown when a rule never saw a value. */
function decideByGuards(guards: readonly (ReportGuard | undefined)[]): Decision {
  const trip = guards.flatMap((guard) => guard?.trips ?? []).at(0)
  if (trip) return machine('failed', trip.sentence, trip.at)
  const samples = Math.min(...guards.map((guard) => guard?.samples ?? 0))
  if (guards.length === 0 || samples === 0) return machine('unverified', 'did not trip, but nothing was measured')
  return machine('passed', `did not trip, ${plural(samples, 'sample')}`)
}

/** A delivery without an outcome of its own: as the last attempts at its stages; one that was broken off has failed. */
function decideByStages(stages: readonly ReportStage[]): Decision {
  const last = stages.findLast(({ startedAt }) => startedAt !== null)
  if (!last) return machine('not-reached', 'not reached')
  if (last.status === 'running') return machine('not-reached', `stage ${last.name} is running`)
  const attempts = [...new Map(stages.map((stage) => [stage.name, stage.status])).values()]
  const statuses = attempts.map((status) => (status === 'running' || status === 'interrupted' ? 'failed' : status))
  const how = last.status === 'interrupted' ? 'was broken off' : statusWord(last.status)
  return machine(worstOf(statuses), `stage ${last.name} ${how}`, last.endedAt ?? last.startedAt)
}

/** Of several items taken together: `waived` counts as passed, and one not reached keeps all from passing. */
export function worstOf(statuses: readonly ItemStatus[]): ItemStatus {
  const settled = statuses.filter((status) => status !== 'not-reached').map((s) => (s === 'waived' ? 'passed' : s))
  const worst = worstStatus(settled)
  if (worst === 'failed' || settled.length === statuses.length) return worst
  return settled.includes('unverified') ? 'unverified' : 'not-reached'
}

function machine(status: ItemStatus, summary: string, at: number | null = null): Decision {
  return { status, summary, by: status === 'not-reached' ? [] : ['gonogo'], at }
}

function names(answers: readonly Read<AnswerBody>[]): string[] {
  return [...new Set(answers.map(({ body }) => body.by))]
}
