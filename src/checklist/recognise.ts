// Proposals for bindings: every kind gives its own hints, a person confirms. In doubt nothing is proposed.
import type { Checklist, Item, Proposal } from '../plan/plan.ts'

/** What a kind of check offers recognition; the shape of `Check` without what is not needed here. */
export interface Recogniser {
  id: string
  recognise?: (item: Pick<Item, 'text' | 'label' | 'thresholds' | 'commands'>) => Omit<Proposal, 'check'> | null
}

/** Two kinds this close are a tie, and a tie is no answer. */
const MARGIN = 0.05

/** The one proposal that stands out for an item, or null. Only what can be looked at is proposed for. */
export function recognise(item: Item, kinds: readonly Recogniser[]): Proposal | null {
  if (item.kind === 'reference' || item.kind === 'poll' || item.kind === 'record') return null
  const proposals = kinds
    .flatMap(({ id, recognise: hint }) => {
      const proposal = hint?.(item)
      return proposal && proposal.confidence > 0 ? [{ check: id, ...proposal }] : []
    })
    .toSorted((a, b) => b.confidence - a.confidence)
  const [best, second] = proposals
  if (!best || (second && best.confidence - second.confidence < MARGIN)) return null
  return best
}

/** The checklist with a proposal at every item that one stands out for. */
export function withProposals(checklist: Checklist, kinds: readonly Recogniser[]): Checklist {
  return { ...checklist, items: checklist.items.map((item) => ({ ...item, proposal: recognise(item, kinds) })) }
}
