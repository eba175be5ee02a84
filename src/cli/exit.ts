// Exit codes, the same for every command, and how errors are said.
import { OutsideError, PlanError, messageOf } from '../lib/errors.ts'
import { paint } from './screen.ts'

export const EXIT = {
  /** GO, succeeded. */
  ok: 0,
  /** NO-GO, rolled back, aborted. */
  no: 1,
  /** Cannot run: bad input, bad configuration, something outside is down. */
  cannot: 2,
  /** Not verified: something is unknown, and unknown never passes. */
  unverified: 3,
} as const

/** Says what went wrong in one line, and gives the exit code. Bugs show their stack: they want reporting. */
export function sayError(error: unknown): number {
  const known = error instanceof PlanError || error instanceof OutsideError
  process.stderr.write(`${paint('red', 'gonogo:', process.stderr)} ${messageOf(error)}\n`)
  if (!known && error instanceof Error && error.stack) {
    process.stderr.write(
      `${paint('dim', `this is a bug in gonogo, please report it:\n${error.stack}`, process.stderr)}\n`,
    )
  }
  return EXIT.cannot
}
