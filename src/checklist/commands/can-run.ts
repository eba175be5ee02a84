// Whether a command of a document can be run as it stands there.
import type { CommandStep } from '../../plan/plan.ts'

/** Whether a command can be run: nothing in it to be asked for or chosen first, nobody at the keyboard, and it ends. */
export function canRun(command: CommandStep): boolean {
  const { language, endless, interactive, placeholders, alternative, problem } = command
  return (
    language === 'shell' &&
    problem === null &&
    alternative === null &&
    !endless &&
    !interactive &&
    placeholders.length === 0
  )
}

/** Whether it can be run and wants nothing from the environment that the document does not set. */
export function runsAsWritten(command: CommandStep): boolean {
  return canRun(command) && command.variables.length === 0
}
