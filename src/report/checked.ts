// What `gonogo check` came to, as every form of its report takes it. Data only; secrets are taken out before it gets here.
import type { Measurement, Status } from '../plan/outcome.ts'

export type CheckedStatus = Status | 'waived'

/** One item that was looked at. */
export interface CheckedItem {
  id: string
  line: number
  /** Title of the phase it stands in. */
  phase: string
  text: string
  label: string | null
  /** Id of the kind of check. */
  check: string
  /** `waived`: not green, and accepted by somebody up to a day, as the summary says. */
  status: CheckedStatus
  summary: string
  remedy: string | null
  measurements: Measurement[]
  durationMs: number
}

/** An item before the release that nothing is bound to: nobody said how to verify it. */
export interface UnboundItem {
  id: string
  line: number
  phase: string
  text: string
}

/** A guard that cannot turn red, whatever happens. */
export interface BlindGuard {
  id: string
  title: string
  /** Line of the item it stands at, or null where it is declared in gonogo.yaml. */
  line: number | null
  sentence: string
}

export interface CheckVerdict {
  word: 'GO' | 'NO-GO' | 'NOT VERIFIED'
  exitCode: number
}

export interface CheckedRelease {
  service: string
  environment: string
  /** The checklist, below the root of the repository where it lies in one; else an absolute path. */
  file: string
  /** Version of gonogo. */
  version: string
  startedAt: number
  endedAt: number
  /** Somebody stopped it before everything was looked at. */
  cancelled: boolean
  verdict: CheckVerdict
  items: CheckedItem[]
  unbound: UnboundItem[]
  blindGuards: BlindGuard[]
  /** The kinds of check that were used. */
  kinds: { id: string; summary: string; remedy: string }[]
}

/** `12 passed, 1 failed, 2 unverified`; only what there is. */
export function countsInWords({ items, unbound, blindGuards }: CheckedRelease): string {
  const count = (status: CheckedStatus): number => items.filter((item) => item.status === status).length
  const parts: [number, string][] = [
    [count('passed'), 'passed'],
    [count('failed'), 'failed'],
    [count('unverified'), 'unverified'],
    [count('waived'), 'waived'],
    [count('skipped'), 'skipped'],
    [unbound.length, 'not bound to anything'],
    [blindGuards.length, blindGuards.length === 1 ? 'guard that cannot turn red' : 'guards that cannot turn red'],
  ]
  const said = parts.filter(([number]) => number > 0).map(([number, word]) => `${number.toLocaleString('en')} ${word}`)
  return said.length > 0 ? said.join(', ') : 'nothing was looked at'
}

/** What is to be done about an item that nothing is bound to. */
export const UNBOUND_REMEDY = 'bind it: "gonogo bind", or waive it with a reason'
