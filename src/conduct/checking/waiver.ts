// Whether what gonogo.yaml waives up to a day counts: only where it is not green, and only so long.
import type { CheckPolicy, StandingWaiver } from '../../plan/binding.ts'
import type { Outcome, Status } from '../../plan/outcome.ts'

/** The waiver that covers an outcome, or null. @param at when it was looked at, milliseconds since the epoch. */
export function coveringWaiver(policy: CheckPolicy | null, status: Status, at: number): StandingWaiver | null {
  const waiver = policy?.waiver ?? null
  const isRed = status === 'failed' || status === 'unverified'
  return waiver && isRed && at < waiver.untilMs ? waiver : null
}

/** `waived by ann until 2027-01-31T00:00Z: known, OPS-1` */
export function waiverInWords({ by, reason, untilMs }: StandingWaiver): string {
  return `waived by ${by} until ${new Date(untilMs).toISOString().slice(0, 16)}Z: ${reason}`
}

/** A result that is not green, saying also that a waiver of it is over: nobody should have to wonder why it no longer counts. */
export function withEndedWaiver(outcome: Outcome, policy: CheckPolicy | null, at: number): Outcome {
  const waiver = policy?.waiver ?? null
  const isRed = outcome.status === 'failed' || outcome.status === 'unverified'
  if (!waiver || !isRed || at < waiver.untilMs) return outcome
  const ended = new Date(waiver.untilMs).toISOString().slice(0, 16)
  return { ...outcome, summary: `${outcome.summary} (the waiver of ${waiver.by} ended ${ended}Z)` }
}
