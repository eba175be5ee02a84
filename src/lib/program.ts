// Programs that gonogo drives, as kubectl or haproxy: an argument vector is built in one place, shown by a dry-run, and run here.
import { OutsideError } from './errors.ts'
import { exec } from './exec.ts'
import { quoteWord } from './shell.ts'

export interface Program {
  file: string
  args: readonly string[]
  /** Relative paths are taken from here. */
  cwd?: string
  /** Added to the environment. */
  env?: Readonly<Record<string, string>>
  /** Standard input. */
  input?: string
}

export interface RunOptions {
  /** For errors: `router edge`. */
  system: string
  /** The whole environment. */
  env: Readonly<Record<string, string>>
  timeoutMs: number
  signal?: AbortSignal
  /** What to install where the program is missing, as "kubectl (https://kubernetes.io/docs/tasks/tools)". */
  install?: string
  onLine?: (line: string) => void
  /** Bytes of each stream that are kept. @default 1 MiB */
  outputBytesMax?: number
}

const SHOWN_LINES = 5

/** As a person would type it: what a dry-run shows. */
export function programLine({ file, args, env = {} }: Program): string {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${quoteIfNeeded(value)}`)
  return [...variables, ...[file, ...args].map(quoteIfNeeded)].join(' ')
}

function quoteIfNeeded(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : quoteWord(word)
}

/**
 * Runs a program to its end. @returns what it printed.
 * @throws OutsideError when it is not there, fails, or does not end in time: with the last lines of what it said.
 */
export async function runProgram(program: Program, options: RunOptions): Promise<string> {
  const { system, env, timeoutMs, signal, install, onLine, outputBytesMax } = options
  const { file, args, cwd, input } = program
  const result = await exec(file, args, {
    env: { ...env, ...program.env },
    timeoutMs,
    ...(cwd === undefined ? {} : { cwd }),
    ...(input === undefined ? {} : { input }),
    ...(signal ? { signal } : {}),
    ...(onLine ? { onLine } : {}),
    ...(outputBytesMax === undefined ? {} : { outputBytesMax }),
  })
  if (result.ended === 'exited' && result.exitCode === 0) return result.stdout
  const said = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-SHOWN_LINES).join('\n  ')
  const what = `\`${file} ${args[0] ?? ''}\``
  if (result.ended === 'not-started')
    throw new OutsideError(system, `cannot run ${file}: ${said || 'there is no such program'}`, {
      hint: install ? `install ${install}` : `is ${file} installed, and on the PATH of gonogo?`,
    })
  const how = {
    exited: result.signal ? `was ended by ${result.signal}` : `ended with exit code ${result.exitCode}`,
    'timed-out': `did not end within ${timeoutMs / 1000} s`,
    cancelled: 'was cancelled',
  }[result.ended]
  throw new OutsideError(system, `${what} ${how}${said ? `:\n  ${said}` : ''}`, {
    retryable: result.ended !== 'exited',
    hint: `try it by hand: ${programLine(program)}`,
  })
}
