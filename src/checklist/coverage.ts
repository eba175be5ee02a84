// How much of a checklist runs by itself, how much wants a binding, how much wants a person.
import type { Checklist, Item } from '../plan/plan.ts'

/** Every item that is executed, asked or judged counts once; reference items do not count. */
export interface Coverage {
  total: number
  /** Bound in `gonogo.yaml`. */
  bound: number
  /** Commands of the document that can be run as they are written. */
  asWritten: number
  /** A binding is proposed and wants confirming. */
  proposed: number
  /** For a person to answer or fill in. */
  person: number
  /** Nobody said how: unverified, never green. */
  unverifiable: number
  /** What to bind next, or null when nothing is left. */
  next: { item: string; line: number; text: string; why: string; proposed: boolean } | null
}

/** Item id → how sure a proposal for it is, and why. */
export type Proposals = ReadonlyMap<string, { confidence: number; why: string }>

/** In which of the counts an item falls. */
function coverageOf(
  item: Item,
  bound: ReadonlySet<string>,
  proposals: Proposals,
  asked: ReadonlySet<string>,
): Exclude<keyof Coverage, 'total' | 'next'> {
  if (bound.has(item.id)) return 'bound'
  if (asked.has(item.id)) return 'person'
  if (item.commands.length > 0 && item.commands.every(runsAsWritten)) return 'asWritten'
  if (proposals.has(item.id)) return 'proposed'
  return item.verifiable === 'person' ? 'person' : 'unverifiable'
}

/** Nothing to be asked for first, nobody needed at the keyboard, and it ends. */
function runsAsWritten({ endless, interactive, placeholders }: Item['commands'][number]): boolean {
  return !endless && !interactive && placeholders.length === 0
}

/** What the kinds of checks recognised, where nothing better is known. */
function recognised(items: readonly Item[]): Proposals {
  return new Map(items.flatMap(({ id, proposal }) => (proposal ? [[id, proposal] as const] : [])))
}

/** Counts over the whole checklist. `bound`: ids of the items bound to something; `asked`: of those bound to people. */
export function measureCoverage(
  checklist: Checklist,
  bound: ReadonlySet<string>,
  proposals: Proposals = recognised(checklist.items),
  asked: ReadonlySet<string> = new Set(),
): Coverage {
  const items = checklist.items.filter(({ kind }) => kind !== 'reference')
  const countOf = (item: Item): ReturnType<typeof coverageOf> => coverageOf(item, bound, proposals, asked)
  const open = items.filter((item) => ['proposed', 'unverifiable'].includes(countOf(item)))
  const coverage: Coverage = {
    total: items.length,
    bound: 0,
    asWritten: 0,
    proposed: 0,
    person: 0,
    unverifiable: 0,
    next: nextToBind(open, proposals),
  }
  for (const item of items) coverage[countOf(item)]++
  return coverage
}

/** What only wants confirming first, triggers before all else, since they guard the whole run; then what is open. */
function nextToBind(open: readonly Item[], proposals: Proposals): Coverage['next'] {
  const sure = (item: Item): number => proposals.get(item.id)?.confidence ?? 0
  const why = (item: Item | undefined): string => (item && proposals.get(item.id)?.why) ?? ''
  const proposed = open.filter(({ id }) => proposals.has(id)).toSorted((a, b) => sure(b) - sure(a))
  const trigger = proposed.find(({ kind }) => kind === 'trigger')
  const candidates: [Item | undefined, string][] = [
    [trigger, why(trigger)],
    [proposed[0], why(proposed[0])],
    [open.find(({ kind }) => kind === 'trigger'), 'a rollback trigger nothing watches yet'],
    [open.find(({ verifiable }) => verifiable === 'machine'), 'a machine could tell'],
    [open[0], 'nobody said how'],
  ]
  const found = candidates.find(([item]) => item)
  const item = found?.[0]
  return item
    ? { item: item.id, line: item.line, text: item.text, why: found[1], proposed: proposals.has(item.id) }
    : null
}
