// The steps of one item as one shell process: `cd` and `export` carry over from step to step, and the first failure ends it.
import { quoteWord } from '../lib/shell.ts'

export interface SessionStep {
  /** Shell text as written. */
  script: string
  /** Where a background step's output goes; null for a step that is waited for. */
  logPath: string | null
  /** The session goes on only when what it printed was judged and found right. */
  judged: boolean
  /** Exit codes other than 0 are right too. */
  mayFail: boolean
  /** Its `curl`s report the status they got. */
  reportsStatus: boolean
}

/** Text that brings the shell where it should be, and how it hears of judgements. */
export interface SessionFrame {
  /** `cd` and `export` lines of earlier blocks. */
  setup: readonly string[]
  /** Verdicts are files by this name and the step's number; they hold `go` or `stop`. */
  verdictPath: string
}

/** What the session says about itself between the lines of its steps. */
export type SessionNote =
  | { type: 'step'; step: number }
  | { type: 'background'; step: number; pid: number; group: number }
  | { type: 'asked'; step: number; exitCode: number }
  | { type: 'status'; step: number; code: number }

/** Exit code of a session that was told to stop. */
export const STOPPED = 97
/** A verdict comes at once; without one in this time nobody is there any more. */
const VERDICT_LOOKS_MAX = 600

/**
 * Shell text that runs the steps in order with `set -e` and announces each on standard output and error.
 * @param mark a word that no step prints: it begins every line that is the session's own.
 */
export function sessionScript(steps: readonly SessionStep[], mark: string, frame: SessionFrame): string {
  const verdict = quoteWord(frame.verdictPath)
  const lines = [
    `__gonogo_step() { printf '\\n%s step %s\\n' ${mark} "$1"; printf '\\n%s step %s\\n' ${mark} "$1" >&2; }`,
    // A step that switched `set -e` off is still judged by its last command.
    `__gonogo_judge() { [ "$1" -eq 0 ] || exit "$1"; }`,
  ]
  if (steps.some(({ judged }) => judged))
    lines.push(
      `__gonogo_ask() { printf '\\n%s asked %s %s\\n' ${mark} "$1" "$2"; printf '\\n%s asked %s %s\\n' ${mark} "$1" "$2" >&2`,
      `  __gonogo_looks=0; while [ ! -e ${verdict}"-$1" ] && [ $__gonogo_looks -lt ${VERDICT_LOOKS_MAX} ]; do sleep 0.05; __gonogo_looks=$((__gonogo_looks + 1)); done`,
      `  [ "$(cat ${verdict}"-$1" 2>/dev/null)" = go ] || exit ${STOPPED}; }`,
    )
  if (frame.setup.length > 0) lines.push('set -e', ...frame.setup.map((line) => `eval ${quoteWord(line)}`))
  for (const [index, step] of steps.entries()) lines.push(...stepLines(step, index + 1, mark))
  return `${lines.join('\n')}\n`
}

function stepLines(
  { script, logPath, judged, mayFail, reportsStatus }: SessionStep,
  step: number,
  mark: string,
): string[] {
  const redirect = logPath === null ? '' : ` </dev/null >>${quoteWord(logPath)} 2>&1`
  const lines = [`__gonogo_step ${step}`, mayFail ? 'set +e' : 'set -e']
  if (reportsStatus) lines.push(`curl() { command curl "$@" -w '%{stderr}\n${mark} status ${step} %{http_code}\n'; }`)
  lines.push(`eval ${quoteWord(script)}${redirect}`)
  if (judged) lines.push(`__gonogo_ask ${step} $?`, 'set -e')
  else lines.push('__gonogo_judge $?')
  if (reportsStatus) lines.push('unset -f curl')
  if (logPath !== null) lines.push(`printf '%s background %s %s %s\\n' ${mark} ${step} "$!" "$$"`)
  return lines
}

/** The note in a line of output, or null where the line is a step's own. */
export function readNote(line: string, mark: string): SessionNote | null {
  if (!line.startsWith(`${mark} `)) return null
  const [, type, step, pid, group] = line.split(' ')
  if (type === 'step') return { type, step: Number(step) }
  if (type === 'asked') return { type, step: Number(step), exitCode: Number(pid) }
  if (type === 'status') return { type, step: Number(step), code: Number(pid) }
  if (type === 'background') return { type, step: Number(step), pid: Number(pid), group: Number(group) }
  return null
}

/** Output of each step, by its number minus one. Notes, and the line break in front of each, are taken out. */
export function splitByStep(output: string, stepCount: number, mark: string): string[] {
  const parts = Array.from({ length: stepCount }, () => '')
  const announcement = new RegExp(`\\n?${mark} (step|background|asked|status) (\\d+)[^\\n]*\\n`, 'g')
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
