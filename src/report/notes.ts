// Pure: what is noted behind each item of a returned document, for whoever asks for notes.
import type { ReleasePlan } from '../plan/release-plan.ts'
import type { LedgerEntry, OutcomeBody, WaiverBody } from '../plan/run-record.ts'

export interface ItemNote {
  verdict: 'passed' | 'failed' | 'not verified' | 'skipped' | 'waived' | 'happened' | 'did not happen'
  /** One sentence with the figure, or who waived it and why. */
  fact: string
}

/** A note for every item that the run came to. */
export function notesOf(plan: ReleasePlan, ledger: readonly LedgerEntry[]): Map<string, ItemNote> {
  const byItem = Map.groupBy(ledger, (entry) => entry.item)
  const guards = new Set(plan.items.filter(({ binding }) => binding.type === 'guard').map(({ item }) => item))
  const notes = new Map<string, ItemNote>()
  for (const { id, polarity } of plan.checklist.items) {
    const own = byItem.get(id) ?? []
    const outcome = own.findLast(({ kind }) => kind === 'outcome')?.body as OutcomeBody | undefined
    const waiver = own.findLast(({ kind }) => kind === 'waiver')?.body as WaiverBody | undefined
    if (waiver) notes.set(id, { verdict: 'waived', fact: [waiver.by, waiver.reason].filter(Boolean).join(', ') })
    else if (outcome)
      notes.set(id, { verdict: verdictOf(outcome, polarity === 'bad-state' || guards.has(id)), fact: outcome.summary })
  }
  return notes
}

function verdictOf({ status }: OutcomeBody, badState: boolean): ItemNote['verdict'] {
  if (status === 'unverified') return 'not verified'
  if (status === 'skipped' || !badState) return status
  return status === 'failed' ? 'happened' : 'did not happen'
}
