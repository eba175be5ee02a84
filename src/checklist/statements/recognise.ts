// Proposals for bindings: every kind gives its own hints, a person confirms. In doubt nothing is proposed.
import type { Checklist, Item, Proposal } from '../../plan/plan.ts'

/** What a kind of check offers recognition; the shape of `Check` without what is not needed here. */
export interface Recogniser {
  id: string
  recognise?: (
    item: Pick<Item, 'text' | 'label' | 'code' | 'thresholds' | 'commands'>,
  ) => Omit<Proposal, 'check'> | null
}

/** Less sure than this nothing is proposed: a wrong proposal costs more trust than a missing one. */
export const CONFIDENCE_MIN = 0.5
/** Two kinds this close are a tie, and a tie is no answer. */
const MARGIN = 0.05
/** The kind that would run anything: where another knows the thing by name, that one is meant. */
const GENERAL = 'command'
/** Kinds of items that state what a check could see. */
const STATED: ReadonlySet<Item['kind']> = new Set(['check', 'watch'])

/** Neither an action still to be done nor a person's word. */
const SEEN: ReadonlySet<Item['verifiable']> = new Set(['machine', 'unknown'])

/**
 * The one proposal that stands out for an item, or null. Proposed for is only what states that something is well: a check
 * that passes would say of a bad state that all is well, and of what a person answers it would say nothing.
 */
export function recognise(item: Item, kinds: readonly Recogniser[]): Proposal | null {
  if (!STATED.has(item.kind) || item.polarity === 'bad-state' || !SEEN.has(item.verifiable)) return null
  const proposals = kinds
    .flatMap(({ id, recognise: hint }) => {
      const proposal = hint?.(item)
      return proposal && proposal.confidence >= CONFIDENCE_MIN ? [{ check: id, ...proposal }] : []
    })
    .toSorted((a, b) => b.confidence - a.confidence)
  const best = proposals[0]
  if (!best) return null
  const close = proposals.filter(({ confidence }) => best.confidence - confidence < MARGIN)
  const particular = close.length > 1 ? close.filter(({ check }) => check !== GENERAL) : close
  return particular.length === 1 ? (particular[0] ?? null) : null
}

/** The checklist with a proposal at every item that one stands out for. */
export function withProposals(checklist: Checklist, kinds: readonly Recogniser[]): Checklist {
  return { ...checklist, items: checklist.items.map((item) => ({ ...item, proposal: recognise(item, kinds) })) }
}
