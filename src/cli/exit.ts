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
  const wasCancelled = error instanceof Error && error.name === 'AbortError'
  const known = error instanceof PlanError || error instanceof OutsideError || wasCancelled
  const what = wasCancelled ? 'cancelled' : messageOf(error)
  process.stderr.write(`${paint('red', 'gonogo:', process.stderr)} ${oneLine(what)}\n`)
  if (!known && error instanceof Error && error.stack) {
    process.stderr.write(
      `${paint('dim', `this is a bug in gonogo, please report it:\n${error.stack}`, process.stderr)}\n`,
    )
  }
  return EXIT.cannot
}

/** Says what is wrong with a command line, as every other error is said. */
export function sayUsageError(message: string, write: (text: string) => void): void {
  const what = oneLine(message.replace(/^error: /, '').replace(/\n\(Did (.*)\)/, '; did $1'))
  write(`${paint('red', 'gonogo:', process.stderr)} ${what}; add --help to see what there is\n`)
}

/** What an error quotes may have lines of its own; in a log an error is one line. */
function oneLine(text: string): string {
  return text
    .trim()
    .replace(/:\s*\n\s*/g, ': ')
    .replace(/\s*\n\s*;/g, ';')
    .replace(/\s*\n\s*/g, ' | ')
}
