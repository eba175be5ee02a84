// A program as a line of the capsule: plain POSIX sh, bounded in time, quiet unless it fails.
import type { Program } from './program.ts'
import { quoteWord } from './shell.ts'

export interface ShellOptions {
  /** For messages: `target app`. */
  system: string
  /** What the program finds in its environment there, beside PATH. */
  env: Readonly<Record<string, string>>
  timeoutMs: number
  /** What to install where the program is missing, as "pm2 (npm install --global pm2)". */
  install: string
  /** Give up when it fails, or go on. @default true */
  mustSucceed?: boolean
}

/** Those variables of an environment that a program of the capsule needs: it is run with hardly any. */
export function chosenVariables(
  env: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as [string, string]])),
  )
}

/** Lines that run the program, and end with exit code 1 and what it said when it fails or is not there. */
export function programShell(program: Program, options: ShellOptions): string {
  const { system, timeoutMs, install, mustSucceed = true } = options
  const { file, args, cwd, input } = program
  const variables = Object.entries({ ...options.env, ...program.env })
  const exported = variables.map(([name, value]) => `export ${name}=${quoteWord(value)}; `).join('')
  const place = cwd === undefined ? '' : `cd ${quoteWord(cwd)} || exit 1; `
  const words = [file, ...args].map(quoteWord).join(' ')
  const fed = input === undefined ? '</dev/null' : `<<'GONOGO_INPUT'\n${input}\nGONOGO_INPUT`
  const missing = quoteWord(`${system}: ${file} is not there: install ${install}`)
  return [
    `(${place}command -v ${quoteWord(file)}) >/dev/null 2>&1 || { echo ${missing} >&2; exit 1; }`,
    `limit=''; ! command -v timeout >/dev/null 2>&1 || limit='timeout ${Math.ceil(timeoutMs / 1000)}'`,
    `set +e; said=$(${place}${exported}$limit ${words} 2>&1 ${fed}`,
    `); code=$?; set -e`,
    mustSucceed
      ? `[ "$code" -eq 0 ] || { printf '%s\\n' ${quoteWord(`${system}: ${file} failed:`)} "$said" >&2; exit 1; }`
      : ':',
  ].join('\n')
}
