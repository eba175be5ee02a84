// Commands that a user gives in gonogo.yaml: program and arguments, or shell text. Values come in by the environment; placeholders are
// replaced in single arguments only, never in shell text.
import { z } from 'zod'
import { programLine, type Program } from './program.ts'
import { findShell } from './shell.ts'

const argv = z.array(z.string()).min(1)

/** An option that is a command. */
export const userCommand = z.union([argv, z.strictObject({ shell: z.string().min(1) })])

export type UserCommand = z.output<typeof userCommand>

export interface CommandPlace {
  /** Directory it runs in, absolute. */
  cwd: string
  /** The whole environment it is run with. */
  env: Readonly<Record<string, string>>
  /** Added to it: `GONOGO_VERSION`, ... */
  variables: Readonly<Record<string, string>>
  /** `version` → what stands for `{version}`. */
  placeholders: Readonly<Record<string, string>>
  input?: string
}

/** The command as it is run. */
export function userProgram(command: UserCommand, place: CommandPlace): Program {
  const { cwd, env, variables, placeholders, input } = place
  const fed = input === undefined ? {} : { input }
  if (!Array.isArray(command)) return { file: findShell(env), args: ['-c', command.shell], cwd, env: variables, ...fed }
  const [file = '', ...args] = command.map((word) => fillIn(word, placeholders))
  return { file, args, cwd, env: variables, ...fed }
}

/** Text with its placeholders replaced; braces around other words stay as they are. */
export function fillIn(text: string, placeholders: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(placeholders, name) ? (placeholders[name] ?? whole) : whole,
  )
}

/** For people: without the variables it is given. */
export function describeCommand(command: UserCommand): string {
  return Array.isArray(command)
    ? `\`${programLine({ file: command[0] ?? '', args: command.slice(1) })}\``
    : `\`${command.shell.trim()}\``
}
