// What goes wrong with a target or a router is an outcome of the stage; what interrupts the run is not.
import { messageOf } from '../../lib/errors.ts'
import { failed, type Outcome } from '../../plan/outcome.ts'
import { Interrupted } from '../diversion.ts'
import type { Session } from '../session.ts'

/** @throws Interrupted, which the step it is in hands on. */
export async function tryTo<T extends object>(session: Session, work: () => Promise<T>): Promise<T | Outcome> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Interrupted) throw error
    // Cut off because something came up: that is to be heard, not what was cut off.
    const interruption = session.interruption()
    if (interruption !== null) throw new Interrupted(interruption)
    return failed(messageOf(error))
  }
}
