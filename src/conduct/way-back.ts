// Pure: what "rollback now" would mean, from what was carried out so far.
import type { Reversibility, WayBack } from '../plan/way-back.ts'

/** An action that was carried out. */
export interface PerformedAction {
  item: string
  title: string
  reversibility: Reversibility
  /** Why it is one-way, or null. */
  oneWayReason: string | null
}

export interface WayBackFacts {
  performed: readonly PerformedAction[]
  /** Stable and candidate version while the candidate is up; null before and after. */
  live: { stable: string; candidate: string } | null
  /** Measured: one table change of the router plus stopping the candidate; null before it was measured. */
  trafficMs: number | null
  /** Measured or estimated time of one undo. */
  undoMs: number
}

/** The way back right now. One-way actions close it, and are named. */
export function wayBackNow(facts: WayBackFacts): WayBack {
  const oneWay = facts.performed.filter((action) => action.reversibility === 'one-way')
  const compensable = facts.performed.filter((action) => action.reversibility === 'compensable')
  const parts: string[] = []
  if (facts.live) parts.push(`traffic back to ${facts.live.stable}, stop ${facts.live.candidate}`)
  if (compensable.length > 0) parts.push(`undo ${compensable.map((action) => action.title).join(', ')}`)
  if (oneWay.length > 0) {
    const named = oneWay.map(
      (action) => `${action.title} is one-way${action.oneWayReason ? ` (${action.oneWayReason})` : ''}`,
    )
    const rest = facts.live ? `; traffic can still go back to ${facts.live.stable}` : ''
    return { possible: false, estimateMs: null, how: `${named.join(', ')}${rest}` }
  }
  if (parts.length === 0) return { possible: true, estimateMs: 0, how: 'nothing was changed yet' }
  const estimateMs = (facts.live ? (facts.trafficMs ?? 1000) : 0) + compensable.length * facts.undoMs
  return { possible: true, estimateMs, how: parts.join(', ') }
}
