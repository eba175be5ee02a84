// What a run waits for: questions to people, and items that are not green, in the phases it has reached.
import { FINAL_STATES, type RunRecord } from '../plan/run-record.ts'
import { planOf } from './hand-over.ts'
import type { State } from './state.ts'

export interface OpenItem {
  item: string
  text: string
  status: 'asked' | 'failed' | 'unverified'
  /** Who is asked; null for an item that is not a question. */
  role: string | null
  detail: string
}

/** Open items of a run that is not over, in document order. */
export async function openItems(state: State, run: RunRecord): Promise<OpenItem[]> {
  if (FINAL_STATES.includes(run.state)) return []
  const [plan, ledger] = await Promise.all([planOf(state, run), state.ledger.entries(run.id)])
  const phases = new Map(
    ledger.filter((entry) => entry.kind === 'phase').map((entry) => [entry.body.phase, entry.body.event]),
  )
  const waived = new Set(ledger.filter((entry) => entry.kind === 'waiver').map((entry) => entry.item))
  const outcomes = new Map(ledger.filter((entry) => entry.kind === 'outcome').map((entry) => [entry.item, entry.body]))
  const items = new Map(plan.checklist.items.map((item) => [item.id, item]))
  return plan.items.flatMap(({ item: id, binding, will }): OpenItem[] => {
    const item = items.get(id)
    if (!item || phases.get(item.phase) !== 'started' || waived.has(id)) return []
    const outcome = outcomes.get(id)
    const text = item.label ?? item.text
    if (binding.type === 'poll' && !outcome)
      return [{ item: id, text, status: 'asked', role: binding.role, detail: will }]
    const { status } = outcome ?? {}
    return status === 'failed' || status === 'unverified'
      ? [{ item: id, text, status, role: null, detail: String(outcome?.summary) }]
      : []
  })
}
