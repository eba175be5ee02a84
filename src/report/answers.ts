// Pure: from what a run came to, to what is written into its document.
import { formatDuration } from '../lib/duration.ts'
import type { Measurement, Status } from '../plan/outcome.ts'
import type { Blank, Choice, Item } from '../plan/plan.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import type { AnswerBody, LedgerEntry, OutcomeBody, RunRecord } from '../plan/run-record.ts'

/** What is written at one item. */
export interface ItemAnswer {
  /** The box is ticked: it is so; for a bad state, it did happen. */
  tick?: boolean
  /** Blank name → text. */
  blanks?: Record<string, string>
  /** Choice name → chosen option. */
  choices?: Record<string, string>
}

interface Known {
  outcome: OutcomeBody | null
  answers: AnswerBody[]
  waived: boolean
}

/** Answers for every item that has one. Failed, unverified and waived items keep their boxes open: the report says why. */
export function answersOf(run: RunRecord, plan: ReleasePlan, ledger: readonly LedgerEntry[]): Map<string, ItemAnswer> {
  const facts = factsOf(run, plan, ledger)
  const byItem = Map.groupBy(ledger, (entry) => entry.item)
  const guards = new Set(plan.items.filter(({ binding }) => binding.type === 'guard').map(({ item }) => item))
  const result = new Map<string, ItemAnswer>()
  for (const item of plan.checklist.items) {
    const known = knownOf(byItem.get(item.id) ?? [])
    const given = Object.assign({}, ...known.answers.map((body) => body.values)) as Record<string, string>
    const blanks = pick(item.blanks, (blank) => given[blank.name] ?? fillBlank(item, blank, known, facts))
    const choices = pick(item.choices, (choice) => given[choice.name] ?? choose(item, choice, known))
    const answer: ItemAnswer = {}
    const badState = item.polarity === 'bad-state' || guards.has(item.id)
    if (item.box && ticks(item, known, badState, Object.keys(blanks).length > 0)) answer.tick = true
    if (Object.keys(blanks).length > 0) answer.blanks = blanks
    if (Object.keys(choices).length > 0) answer.choices = choices
    if (Object.keys(answer).length > 0) result.set(item.id, answer)
  }
  return result
}

function pick<T extends { name: string }>(
  places: readonly T[],
  value: (place: T) => string | null,
): Record<string, string> {
  const filled = places.map((place) => [place.name, value(place)] as const).filter((entry) => entry[1] !== null)
  return Object.fromEntries(filled) as Record<string, string>
}

function knownOf(own: readonly LedgerEntry[]): Known {
  const outcome = own.findLast((entry) => entry.kind === 'outcome')
  return {
    outcome: outcome ? (outcome.body as unknown as OutcomeBody) : null,
    answers: own.filter((entry) => entry.kind === 'answer').map((entry) => entry.body as unknown as AnswerBody),
    waived: own.some((entry) => entry.kind === 'waiver'),
  }
}

/**
 * A good item is ticked when it passed. A bad state, and what a guard stands for, is ticked when it happened: there, passed means
 * that it did not.
 * A form's own box is ticked when the form was filled in there.
 */
function ticks(item: Item, { outcome, waived, answers }: Known, badState: boolean, filled: boolean): boolean {
  if (item.kind === 'record') return filled || answers.some((answer) => answer.answer !== 'reject')
  if (!outcome || waived) return false
  return outcome.status === (badState ? 'failed' : 'passed')
}

interface Facts {
  by: string
  environment: string
  version: string | null
  startedAt: number
  endedAt: number | null
  /** Id of the newest backup that was taken and proved. */
  backup: string | null
  /** Role → who said yes for it last. */
  approvers: Record<string, string>
}

function factsOf(run: RunRecord, plan: ReleasePlan, ledger: readonly LedgerEntry[]): Facts {
  const started = ledger.find((entry) => entry.key === 'run:started')
  return {
    by: run.startedBy,
    environment: run.environment,
    version: plan.delivery?.candidate ?? null,
    startedAt: started?.at ?? run.createdAt,
    endedAt: run.endedAt,
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

function fillBlank(item: Item, blank: Blank, known: Known, facts: Facts): string | null {
  const signed = known.answers.findLast((answer) => answer.answer === 'approve')
  if (item.kind === 'poll' && signed) {
    const at = known.outcome?.endedAt ?? facts.endedAt
    if (/date|time/i.test(`${blank.name} ${blank.label}`)) return at === null ? null : day(at)
    return signed.by
  }
  const measured = known.outcome ? measurementFor(blank, known.outcome.measurements) : null
  if (measured) return formatMeasured(measured, blank.unit)
  return item.kind === 'record' || item.kind === 'poll' ? factFor(blank.label || item.label || item.text, facts) : null
}

/** The measurement of the blank's unit, or the only one there is. Two that fit are no answer. */
function measurementFor(blank: Blank, measurements: readonly Measurement[]): Measurement | null {
  const fitting = blank.unit ? measurements.filter((measurement) => measurement.unit === blank.unit) : measurements
  return fitting.length === 1 ? (fitting[0] ?? null) : null
}

function formatMeasured({ value, unit }: Measurement, wanted: string | null): string {
  const figure = Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)))
  return wanted || unit === 'count' ? figure : `${figure} ${unit}`
}

/** The run's own facts, by the label in front of the blank. What is not surely meant stays blank. */
function factFor(label: string, facts: Facts): string | null {
  const words = label.toLowerCase()
  const { startedAt, endedAt } = facts
  const ended = (format: (at: number) => string): string | null => (endedAt === null ? null : format(endedAt))
  if (/\bduration\b/.test(words)) return ended((at) => formatDuration(at - startedAt))
  if (/^\W*(end(ed)?|finish(ed)?|complet(ed|ion))\b/.test(words)) return ended(time)
  if (/^\W*start(ed)?\b/.test(words)) return time(startedAt)
  if (/\bdate\b/.test(words)) return day(startedAt)
  if (/^\W*time\W*$/.test(words)) return time(startedAt)
  if (/\b(engineer|deployed by|deployment lead)\b/.test(words)) return facts.by
  if (/\benvironment\b/.test(words)) return facts.environment
  if (/\bversion\b/.test(words)) return facts.version
  if (/^\W*backup\b/.test(words)) return facts.backup
  return facts.approvers[words.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '')] ?? null
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

function time(at: number): string {
  return `${new Date(at).toISOString().slice(11, 19)} UTC`
}

const YES = /^(yes|approved?|pass(ed)?|valid|ok|go|success(ful)?|working|verified|stable|complete)$/i
const NO = /^(no|declined?|rejected|fail(ed)?|invalid|no-go|broken)$/i

/** Yes when it passed, no when it failed; other alternatives are for people. */
function choose(item: Item, choice: Choice, { outcome, answers }: Known): string | null {
  const status: Status | null =
    outcome?.status ?? (answers.some((answer) => answer.answer === 'approve') ? 'passed' : null)
  if (status !== 'passed' && status !== 'failed') return null
  const good = item.polarity === 'good' ? status === 'passed' : status === 'failed'
  const wanted = choice.options.filter((option) => (good ? YES : NO).test(option.trim()))
  return wanted.length === 1 ? (wanted[0] ?? null) : null
}
