// One item of a plan on the screen: its line, its sign, its words, what would happen; below it what was understood.
import type { Item } from '../../plan/plan.ts'
import type { PlannedItem } from '../../plan/release-plan.ts'
import type { BindingProposal } from '../../planning/propose.ts'
import { cut, displayWidth, padTo, plainLine } from '../display-width.ts'
import { describeEntry, describeProposal } from '../entries.ts'
import { paint } from '../screen.ts'
import type { Reading } from './reading.ts'
import { factsOf, wordsOf } from './words.ts'

/** Columns of an item's words where nothing has to be cut. */
const WORDS_COLUMNS = 56
const SIGN_COLUMNS = 9
/** Deeper nesting is not indented further, or the words would have no room. */
const DEPTH_MAX = 4

/** What an item's row is made of besides the item. */
interface RowFacts {
  planned: PlannedItem | undefined
  /** Of an item that nothing is bound to. */
  proposal: BindingProposal | undefined
  severity: string | null
  depth: number
}

/**
 * Gives the lines of an item, one or two.
 * @param width columns to fit into, or null where nothing is cut.
 */
export function itemRows({ checklist, plan, proposals }: Reading, width: number | null): (item: Item) => string[] {
  const plannedOf = new Map(plan?.items.map((entry) => [entry.item, entry]))
  const severityOf = new Map(checklist.triggers.map(({ item, severity }) => [item, severity]))
  const depthOf = depthsOf(checklist.items)
  const numberColumns = String(checklist.items.at(-1)?.line ?? 0).length
  return (item) => {
    const planned = plannedOf.get(item.id)
    const open = planned === undefined || planned.binding.type === 'unbound'
    const proposal = open ? proposals.get(item.id) : undefined
    const severity = severityOf.get(item.id) ?? null
    return rowsOf(item, { planned, proposal, severity, depth: depthOf.get(item.id) ?? 0 }, numberColumns, width)
  }
}

/** Half of the room for the words of the item, half for what happens; what happens in few words leaves its room. */
function rowsOf(item: Item, facts: RowFacts, numberColumns: number, width: number | null): string[] {
  const left = numberColumns + 2 + SIGN_COLUMNS + 1 + 2 * facts.depth
  const columns = width === null ? WORDS_COLUMNS : Math.max(16, Math.floor((width - left - 2) * 0.5))
  const happens = plainLine(whatHappens(item, facts))
  const spare = width === null ? null : width - left - 2 - displayWidth(happens)
  const words = fitted(wordsOf(item), spare && Math.max(columns, spare))
  const taken = spare !== null && displayWidth(words) > columns ? spare : columns
  const room = width && width - left - taken - 2
  const head = `${paint('dim', String(item.line).padStart(numberColumns))}  ${sign(item, facts)} ${'  '.repeat(facts.depth)}`
  const row = happens === '' ? head + words : `${head}${padTo(words, taken)}  ${paint('dim', fitted(happens, room))}`
  const understood = factsOf(item, facts.severity).join(' · ')
  if (understood === '') return [row]
  return [row, `${' '.repeat(left)}${factLine(understood, width && width - left)}`]
}

const SIGNS: Record<string, string> = {
  check: 'check',
  action: 'run',
  backup: 'backup',
  rollout: 'deliver',
  poll: 'ask',
  watch: 'watch',
  guard: 'guard',
  children: 'all',
  skip: 'skip',
  record: 'fill in',
  unbound: '-',
}

function sign(item: Item, { planned, proposal }: RowFacts): string {
  const bound = planned !== undefined && planned.binding.type !== 'unbound'
  const text = planned ? (SIGNS[planned.binding.type] ?? planned.binding.type) : item.kind
  const settled = bound || item.kind === 'reference' || (!proposal && item.verifiable === 'person')
  return paint(settled ? 'dim' : proposal ? 'cyan' : 'yellow', text.padEnd(SIGN_COLUMNS))
}

function whatHappens(item: Item, { planned, proposal }: RowFacts): string {
  if (proposal) return `proposed: ${describeEntry(proposal.entry)} (${describeProposal(proposal)})`
  if (planned) return planned.binding.type === 'unbound' ? 'not bound' : planned.will
  return unplanned(item)
}

/** What there is to say of an item that no gonogo.yaml is about. */
function unplanned({ kind, verifiable, commands }: Item): string {
  if (kind === 'reference') return 'shown, never run'
  if (kind === 'record') return 'to be filled in'
  if (verifiable === 'person') return 'for a person'
  const [command] = commands
  if (command) return `${command.script}${commands.length > 1 ? ` and ${commands.length - 1} more` : ''}`
  return verifiable === 'machine' ? 'a machine could tell' : ''
}

/** Dim, but for what a reader must not overlook. */
function factLine(facts: string, width: number | null): string {
  const text = fitted(facts, width)
  const warning = /^bad state[^·]*/.exec(text)?.[0].trimEnd() ?? ''
  return (warning && paint('yellow', warning)) + paint('dim', text.slice(warning.length))
}

/** How deep each item is nested. */
function depthsOf(items: readonly Item[]): Map<string, number> {
  const depths = new Map<string, number>()
  for (const { id, parent } of items)
    depths.set(id, parent === null ? 0 : Math.min(DEPTH_MAX, (depths.get(parent) ?? -1) + 1))
  return depths
}

/** On one line, cut where there is a width. */
export function fitted(text: string, width: number | null): string {
  return width === null ? plainLine(text) : cut(plainLine(text), width)
}
