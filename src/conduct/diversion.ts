// Leaving the planned path: thrown where a message says so or a step broke down, caught at the top of the run. The same on every
// replay, because messages and what steps came to are recorded.
import { messageOf } from '../lib/errors.ts'

export type Diversion =
  | {
      to: 'rollback'
      mode: 'automatic' | 'emergency' | 'gradual' | 'watchdog'
      by: string
      reason: string
      skipValidation: boolean
      restoreData: boolean
    }
  | { to: 'abort'; by: string; reason: string }

export class Diverted extends Error {
  override readonly name = 'Diverted'
  readonly diversion: Diversion

  constructor(diversion: Diversion) {
    super(diversion.reason)
    this.diversion = diversion
  }
}

/** A recorded step threw: the same error is thrown at the same place on every replay, so the run may act on it. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed'

  constructor(step: string, cause: unknown) {
    super(`${step}: ${messageOf(cause)}`, { cause })
  }
}

/** Thrown inside of an attentive step: something came up that the run has to hear of before it does this. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}
