// Pure: from what a run came to, to what is written into its document.
import type { Blank, Choice, Item } from '../plan/plan.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import type { AnswerBody, LedgerEntry, OutcomeBody, RunRecord } from '../plan/run-record.ts'
import { writeDay } from './dates.ts'
import { measuredFor } from './measured.ts'
import { factFor, factsOf, type RunFacts } from './run-facts.ts'
import { optionFor, statusWord } from './status-words.ts'

/** What is written at one item. */
export interface ItemAnswer {
  /** The box is ticked: it is so; for a bad state, it did happen. False: it was ticked, and it is not so. */
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

/** What is known of the run and of the item a blank belongs to. */
interface Context extends Known {
  item: Item
  /** Items of the same table. */
  rows: readonly Item[]
  facts: RunFacts
}

/** Answers for every item that has one. Failed, unverified and waived items have their boxes open: the report says why. */
export function answersOf(run: RunRecord, plan: ReleasePlan, ledger: readonly LedgerEntry[]): Map<string, ItemAnswer> {
  const facts = factsOf(run, plan, ledger)
  const byItem = Map.groupBy(ledger, (entry) => entry.item)
  const guards = new Set(plan.items.filter(({ binding }) => binding.type === 'guard').map(({ item }) => item))
  const tables = Map.groupBy(plan.checklist.items, tableOf)
  const result = new Map<string, ItemAnswer>()
  for (const item of plan.checklist.items) {
    const known = knownOf(byItem.get(item.id) ?? [])
    const rows = item.table ? (tables.get(tableOf(item)) ?? []) : []
    const context: Context = { ...known, item, rows, facts }
    const given = new Map(known.answers.flatMap((body) => Object.entries(body.values)))
    const blanks = pick(item.blanks, (blank) => given.get(blank.name) ?? fillBlank(blank, context))
    const choices = pick(item.choices, (choice) => given.get(choice.name) ?? choose(choice, context))
    const answer: ItemAnswer = {}
    const badState = item.polarity === 'bad-state' || guards.has(item.id)
    const tick = item.box ? tickOf(item, known, badState, Object.keys(blanks).length > 0) : null
    if (tick !== null) answer.tick = tick
    if (Object.keys(blanks).length > 0) answer.blanks = blanks
    if (Object.keys(choices).length > 0) answer.choices = choices
    if (Object.keys(answer).length > 0) result.set(item.id, answer)
  }
  return result
}

function tableOf({ phase, table }: Item): string {
  return JSON.stringify([phase, Object.keys(table ?? {})])
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
 * Whether the box is ticked or opened; null where it stays as it stands. A good item is ticked when it passed. A bad state, and what a
 * guard stands for, is ticked when it happened: there, passed means that it did not. A claim that did not hold is taken back; only what
 * does not apply or was not looked at keeps its claim. A form's own box is ticked when the form was filled in there.
 */
function tickOf(item: Item, { outcome, waived, answers }: Known, badState: boolean, filled: boolean): boolean | null {
  const open = item.state === 'open' ? null : false
  if (item.kind === 'record') return filled || answers.some((answer) => answer.answer !== 'reject') ? true : null
  if (!outcome || outcome.status === 'skipped') return null
  if (badState) return outcome.status === 'failed' && !waived ? true : outcome.status === 'passed' ? open : null
  return outcome.status === 'passed' && !waived ? true : open
}

const DATE = /\b(date|datum|fecha|verified on|checked on)\b|日付|дата/i
/** Columns of a sign-off that are neither the name nor the day. */
const REMARKS = /\b(notes?|comments?|remarks?|reasons?|e-?mail|phone|contact|role|title|department|link|ticket)\b/i
/** Where somebody's name is asked for, no figure goes. */
const PERSONAL = /\b(owner|initials?|name|by|sign\w*|approv\w*|responsible|assignee|who)\b/i
const STATUS = /^\W*(status|result|outcome|pass|ok|done|state)\b|^\W*verified\W*$/i

/** What is surely meant; anything else stays blank. */
function fillBlank(blank: Blank, context: Context): string | null {
  const { item, outcome, facts } = context
  const label = `${blank.name} ${blank.label}`
  if (isPartOfDate(blank, item)) return null
  const signed = context.answers.findLast((answer) => answer.answer === 'approve')
  const hint = `${blank.label} ${item.text}`
  if (item.kind === 'poll' && signed) {
    const at = outcome?.endedAt ?? facts.endedAt
    if (DATE.test(label) || /\btime\b/i.test(label)) return at === null ? null : writeDay(at, hint)
    return REMARKS.test(label) || (item.table && STATUS.test(label)) ? null : signed.by
  }
  const measured =
    outcome && !PERSONAL.test(label) && !REMARKS.test(label) ? measuredFor(blank, outcome.measurements) : null
  if (item.table && (DATE.test(label) || STATUS.test(blank.label))) return statedInCell(blank, context, measured)
  if (measured !== null) return measured
  const asked = blank.label || item.label || item.text
  return item.kind === 'record' || item.kind === 'poll' ? factFor(asked, hint, facts) : null
}

/** A cell for the day or for how it ended: empty until that is known. */
function statedInCell(blank: Blank, { item, outcome, waived, rows }: Context, measured: string | null): string | null {
  if (!outcome || waived || outcome.status === 'unverified') return null
  if (DATE.test(`${blank.name} ${blank.label}`)) return writeDay(outcome.endedAt, `${blank.label} ${item.text}`)
  // A column of results takes the figure where there is one.
  const figure = /result|outcome/i.test(blank.label) ? measured : null
  return figure ?? statusWord(blank.label, rows, outcome.status)
}

/** `__/__/____`: days and months can be told apart only where a form says so. */
function isPartOfDate({ label, name }: Blank, { blanks }: Item): boolean {
  const index = blanks.findIndex((blank) => blank.name === name)
  const joint = /^[/.-]$/
  return /_ ?[/.-]$/.test(label) || joint.test(label.trim()) || joint.test(blanks[index + 1]?.label.trim() ?? '')
}

/** Yes when it passed, no when it failed; other alternatives are for people. */
function choose(choice: Choice, { item, outcome, answers }: Context): string | null {
  const approved = answers.some((answer) => answer.answer === 'approve')
  const status = outcome?.status ?? (approved ? 'passed' : null)
  return status === null || status === 'unverified' ? null : optionFor(item, choice, status)
}
