// Leaving the planned path: thrown by the mailbox where a message says so, caught at the top of the run. The same on every replay,
// because messages are durable.

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
