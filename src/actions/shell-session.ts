// The steps of one item as one shell process: `cd` and `export` carry over from step to step, and the first failure ends it.
import { quoteWord } from '../lib/shell.ts'

export interface SessionStep {
  /** Shell text as written. */
  script: string
  /** Where a background step's output goes; null for a step that is waited for. */
  logPath: string | null
}

/** What the session says about itself between the lines of its steps. */
export type SessionNote =
  | { type: 'step'; step: number }
  | { type: 'background'; step: number; pid: number; group: number }

/**
 * Shell text that runs the steps in order with `set -e` and announces each on standard output and error.
 * @param mark a word that no step prints: it begins every line that is the session's own.
 */
export function sessionScript(steps: readonly SessionStep[], mark: string): string {
  const lines = [
    `__gonogo_step() { printf '\\n%s step %s\\n' ${mark} "$1"; printf '\\n%s step %s\\n' ${mark} "$1" >&2; }`,
    // A step that switched `set -e` off is still judged by its last command.
    `__gonogo_judge() { [ "$1" -eq 0 ] || exit "$1"; }`,
  ]
  for (const [index, { script, logPath }] of steps.entries()) {
    const step = index + 1
    const redirect = logPath === null ? '' : ` </dev/null >>${quoteWord(logPath)} 2>&1`
    lines.push(`__gonogo_step ${step}`, 'set -e', `eval ${quoteWord(script)}${redirect}`, '__gonogo_judge $?')
    if (logPath !== null) lines.push(`printf '%s background %s %s %s\\n' ${mark} ${step} "$!" "$$"`)
  }
  return `${lines.join('\n')}\n`
}

/** The note in a line of output, or null where the line is a step's own. */
export function readNote(line: string, mark: string): SessionNote | null {
  if (!line.startsWith(`${mark} `)) return null
  const [, type, step, pid, group] = line.split(' ')
  if (type === 'step') return { type, step: Number(step) }
  if (type === 'background') return { type, step: Number(step), pid: Number(pid), group: Number(group) }
  return null
}

/** Output of each step, by its number minus one. Notes, and the line break in front of each, are taken out. */
export function splitByStep(output: string, stepCount: number, mark: string): string[] {
  const parts = Array.from({ length: stepCount }, () => '')
  const announcement = new RegExp(`\\n?${mark} (step|background) (\\d+)[^\\n]*\\n`, 'g')
  let current = 0
  let from = 0
  for (const match of output.matchAll(announcement)) {
    if (current > 0) parts[current - 1] += output.slice(from, match.index)
    from = match.index + match[0].length
    current = Number(match[2])
  }
  if (current > 0) parts[current - 1] += output.slice(from)
  return parts
}
