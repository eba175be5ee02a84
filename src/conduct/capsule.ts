// The way back on disk: `.gonogo/capsules/RUN/` holds rollback.sh, rollback.json and what they need. Written before each mutation;
// it runs with nothing of gonogo's: no database, no server, no Node.
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { codeOf } from '../lib/errors.ts'
import { identify } from '../lib/process-identity.ts'
import { quoteWord } from '../lib/shell.ts'
import type { CapsuleStep } from '../plan/way-back.ts'
import type { PerformedAction } from './way-back.ts'

export interface CapsuleContent {
  runId: string
  service: string
  environment: string
  stable: string
  candidate: string
  steps: CapsuleStep[]
  performed: readonly PerformedAction[]
}

export const SCRIPT = 'rollback.sh'
const DESCRIPTION = 'rollback.json'
/** One line per part that was carried out: `<part> <seconds since the epoch>`. */
const EXECUTED = 'executed'
/** Stands while the capsule is to be acted on when the conductor dies. */
const ARMED = 'armed'
const DISARMED = 'disarmed'
/** `running.PID`: that process is carrying the capsule out at this moment. */
const RUNNING = 'running.'

export function capsuleDirectory(stateDirectory: string, runId: string): string {
  return join(stateDirectory, 'capsules', runId)
}

/** Writes the capsule, each file atomically, the script last. */
export function writeCapsule(directory: string, content: CapsuleContent): void {
  mkdirSync(directory, { recursive: true })
  for (const step of content.steps) {
    for (const [name, text] of Object.entries(step.files)) writeIfChanged(join(directory, name), text)
  }
  const { steps, ...rest } = content
  const description = {
    formatVersion: 1,
    ...rest,
    steps: steps.map(({ stage, title, shell }) => ({ stage, title, shell })),
  }
  writeIfChanged(join(directory, DESCRIPTION), `${JSON.stringify(description, null, 2)}\n`)
  if (writeIfChanged(join(directory, SCRIPT), renderScript(content))) chmodSync(join(directory, SCRIPT), 0o755)
}

function writeIfChanged(path: string, text: string): boolean {
  try {
    if (readFileSync(path, 'utf8') === text) return false
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
  writeFileAtomic(path, text)
  return true
}

/** The watchdog acts on an armed capsule only. A run may arm its capsule again: a candidate that did not come up is tried once more. */
export function armCapsule(directory: string): void {
  writeFileAtomic(join(directory, ARMED), '')
  rmSync(join(directory, DISARMED), { force: true })
}

export function disarmCapsule(directory: string): void {
  // A second file rather than removing the first: the auditor sees that it was armed.
  if (existsSync(join(directory, ARMED))) writeFileAtomic(join(directory, DISARMED), '')
}

export function isArmed(directory: string): boolean {
  return existsSync(join(directory, ARMED)) && !existsSync(join(directory, DISARMED))
}

/** Says that this process carries the capsule out, part after part. @returns what takes the word back */
export function claimCapsule(directory: string): () => void {
  const path = join(directory, `${RUNNING}${process.pid}`)
  try {
    writeFileSync(path, '')
  } catch {
    // A full disk is no reason not to go back.
  }
  return () => rmSync(path, { force: true })
}

/** Whether somebody is carrying the capsule out: its parts hold requests and stop processes, nobody else should meanwhile. */
export function isBeingExecuted(directory: string): boolean {
  if (!existsSync(directory)) return false
  const pids = readdirSync(directory)
    .filter((name) => name.startsWith(RUNNING))
    .map((name) => Number(name.slice(RUNNING.length)))
  return pids.some((pid) => pid > 0 && identify(pid) !== null)
}

/** Parts of the script that were carried out so far, oldest first. */
export function executedParts(directory: string): string[] {
  try {
    return readFileSync(join(directory, EXECUTED), 'utf8').split('\n').filter(Boolean)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

/** Run ids with an armed capsule, newest first: what an emergency without a database goes by. */
export function armedRuns(stateDirectory: string): string[] {
  const root = join(stateDirectory, 'capsules')
  if (!existsSync(root)) return []
  return readdirSync(root)
    .filter((name) => isArmed(join(root, name)) && existsSync(join(root, name, SCRIPT)))
    .toSorted((a, b) => statSync(join(root, b, SCRIPT)).mtimeMs - statSync(join(root, a, SCRIPT)).mtimeMs)
}

/** rollback.sh: POSIX sh, each part a function, safe to run again. */
function renderScript(content: CapsuleContent): string {
  const { runId, service, environment, stable, candidate, steps } = content
  const bodies = (['traffic', 'processes', 'data'] as const).map((part) =>
    renderPart(
      part,
      steps.filter((step) => step.stage === part),
    ),
  )
  return `#!/bin/sh
# The way back of run ${runId}: ${service} in ${environment}, from ${candidate} to ${stable}. Written by gonogo; needs nothing but a POSIX system.
#   sh rollback.sh                 traffic back to ${stable}, then stop ${candidate}
#   sh rollback.sh traffic         only the traffic
#   sh rollback.sh --restore-data  the same as the first, and then the data of the backup
# It does not undo what actions changed, nor end programs that they started: "gonogo resume ${runId}" does that afterwards.
set -eu
HERE=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
say() { printf '%s\\n' "$1"; }
fail() { printf 'rollback: this part failed: %s\\n' "$1" >&2; exit 1; }
{ printf '' > "$HERE/${RUNNING}$$"; } 2>/dev/null || say 'no mark can be written here; going on'
trap 'rm -f "$HERE/${RUNNING}$$"' EXIT

${bodies.join('\n\n')}

not_over() {
  [ ! -e "$HERE/${DISARMED}" ] || { printf 'rollback: nothing of this run is live any more; nothing was changed\\n' >&2; exit 3; }
}

left_open() {
${leftOpen(content)}
}

case "\${1-}" in
  '') not_over; traffic; processes; left_open ;;
  traffic) not_over; traffic ;;
  processes) not_over; processes ;;
  data) data ;;
  --restore-data) not_over; traffic; processes; data; left_open ;;
  *) printf 'usage: sh rollback.sh [traffic | processes | data | --restore-data]\\n' >&2; exit 2 ;;
esac
`
}

/**
 * One part as a function. A step is a subshell of its own and not part of an `||` list: there the shell would ignore `set -e`, and a
 * step would go on after a line of it failed.
 */
function renderPart(part: CapsuleStep['stage'], steps: readonly CapsuleStep[]): string {
  const lines = steps.map((step) => {
    const title = quoteWord(step.title)
    const run = `say ${title}\n  set +e\n  (\n    set -eu\n${step.shell.trimEnd()}\n  )\n  status=$?\n  set -e`
    const judged = `${run}\n  [ "$status" -eq 0 ] || broken="\${broken:-}\${broken:+, }"${title}`
    return step.always ? `  ${judged}` : `  if [ -z "$broken" ]; then\n  ${judged}\n  fi`
  })
  const nothing = part === 'data' ? "  say 'this run has no data to put back'" : ''
  const mark = `{ printf '%s %s\\n' ${part} "$(date +%s)" >> "$HERE/${EXECUTED}"; } 2>/dev/null || say 'no mark can be written here; going on'`
  const body = [
    '  broken=',
    ...(lines.length > 0 ? lines : [nothing]),
    '  [ -z "$broken" ] || fail "$broken"',
    `  ${mark}`,
  ]
  return `${part}() {\n${body.filter(Boolean).join('\n')}\n}`
}

/** What the script leaves as it is, in words: nobody shall think that everything is as before. */
function leftOpen({ runId, performed }: CapsuleContent): string {
  const undo = performed.filter((action) => action.reversibility === 'compensable').map((action) => action.title)
  const oneWay = performed.filter((action) => action.reversibility === 'one-way').map((action) => action.title)
  const lines = [
    ...(undo.length > 0 ? [`not undone yet: ${undo.join(', ')}; "gonogo resume ${runId}" does it`] : []),
    ...(oneWay.length > 0 ? [`cannot be undone: ${oneWay.join(', ')}`] : []),
  ]
  return lines.length > 0 ? lines.map((line) => `  say ${quoteWord(line)}`).join('\n') : '  :'
}
