// From what was looked at to one word. Unknown never passes: unbound, cancelled and nothing at all are not verified.
import type { NegativeControl } from '../../guards/negative-control.ts'
import type { CheckVerdict } from '../../report/checked.ts'
import { EXIT } from '../exit.ts'
import type { CheckResult } from './look.ts'

/** One that failed, or a guard that cannot turn red, is NO-GO whatever else there is. */
export function verdictOf(
  results: readonly Pick<CheckResult, 'outcome' | 'waiver'>[],
  unbound: number,
  controls: readonly NegativeControl[],
): CheckVerdict {
  const has = (status: string): boolean =>
    results.some(({ outcome, waiver }) => outcome.status === status && waiver === null)
  if (has('failed') || controls.some(({ canTurnRed }) => !canTurnRed)) return { word: 'NO-GO', exitCode: EXIT.no }
  const unknown = unbound > 0 || results.length === 0 || has('unverified')
  return unknown ? { word: 'NOT VERIFIED', exitCode: EXIT.unverified } : { word: 'GO', exitCode: EXIT.ok }
}
