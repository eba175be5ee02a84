// What makes an item executable. Data only; options are validated by the kind's own schema before they get here.
import type { GuardRule, RelativeTo, Scope } from './guard-rule.ts'
import type { Operator } from './threshold.ts'

/** How a signal is judged at an item, over what was recorded up to then. */
export interface WatchSpec {
  signal: string
  scope: Scope
  /** `avg`, `max`, `min`, `last`, `p95`, ... over the samples of the stretch. */
  aggregate: string
  /** The good state. */
  operator: Operator
  value: number
  valueMax: number | null
  relativeTo: RelativeTo | null
  /** How long is watched from here on; 0: judge what the run recorded so far. */
  forMs: number
}

/** When a check applies: everything that is given must hold; `not` turns it around. */
export interface Condition {
  /** One of these environments. */
  environment: string[] | null
  /** A variable that is set and not empty, or has one of the values. */
  variable: { name: string; is: string[] | null } | null
  /** A file or folder that is there. */
  file: string | null
  not: boolean
}

/** A named person accepts, up to a moment, that an item is not green. */
export interface StandingWaiver {
  by: string
  reason: string
  /** Milliseconds since the epoch. */
  untilMs: number
}

/** How often and how long a check looks, how fresh its word must be, and when it is not needed. */
export interface CheckPolicy {
  /** So many more looks, one after the other, where one did not pass. */
  retries: number
  retryAfterMs: number
  /** It must hold this long, looked at this often; null: one look. */
  soak: { forMs: number; everyMs: number } | null
  /** A pass this fresh is used again; 0: always look. */
  cacheMs: number
  /** Skipped unless this holds. */
  when: Condition | null
  waiver: StandingWaiver | null
}

export type Binding =
  | {
      type: 'check'
      check: string
      options: Record<string, unknown>
      /** Of one look. */
      timeoutMs: number
      /** Null: one look, now. */
      policy: CheckPolicy | null
    }
  | {
      type: 'action'
      action: string
      options: Record<string, unknown>
      timeoutMs: number
      /** Why a person declared it one-way, or null where the kind's own answer counts. */
      oneWay: string | null
    }
  | { type: 'backup'; backup: string }
  /** The whole delivery, or one named stage of it. */
  | { type: 'rollout'; stage: string | null }
  | {
      type: 'poll'
      role: string
      quorum: number
      question: string | null
      /** Why no machine can tell, or null where nobody said. */
      why: string | null
    }
  | { type: 'watch'; watches: WatchSpec[] }
  /** A trigger or threshold that guards the run: red means the guard's severity. */
  | { type: 'guard'; rules: GuardRule[] }
  /** True when all its nested items are. */
  | { type: 'children' }
  | { type: 'skip'; reason: string }
  /** A form to be filled in, from the run's own facts or by people; gates nothing. */
  | { type: 'record' }
  /** Nobody said how: unverified, never green; can be waived. */
  | { type: 'unbound' }
