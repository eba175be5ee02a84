// The way back on disk: `.gonogo/capsules/RUN/` holds rollback.sh, rollback.json and what they need. Written before each mutation;
// it runs with nothing of gonogo's: no database, no server, no Node.
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { codeOf } from '../lib/errors.ts'
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

/** The watchdog acts on an armed capsule only. */
export function armCapsule(directory: string): void {
  writeFileAtomic(join(directory, ARMED), '')
}

export function disarmCapsule(directory: string): void {
  // Renamed rather than removed: the auditor sees that it was armed.
  if (existsSync(join(directory, ARMED))) writeFileAtomic(join(directory, 'disarmed'), '')
}

export function isArmed(directory: string): boolean {
  return existsSync(join(directory, ARMED)) && !existsSync(join(directory, 'disarmed'))
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
  const parts = ['traffic', 'processes', 'data'] as const
  const bodies = parts.map((part) => {
    const own = steps.filter((step) => step.stage === part)
    const lines = own.map(
      (step) => `  say ${quote(step.title)}\n  (\n${indent(step.shell)}\n  ) || fail ${quote(step.title)}`,
    )
    const nothing = part === 'data' ? "  say 'this plan restores no data'" : '  :'
    return `${part}() {\n${lines.length > 0 ? lines.join('\n') : nothing}\n  printf '%s %s\\n' ${part} "$(date +%s)" >> "$HERE/${EXECUTED}"\n}`
  })
  return `#!/bin/sh
# The way back of run ${runId}: ${service} in ${environment}, from ${candidate} to ${stable}. Written by gonogo; needs nothing but a POSIX system.
#   sh rollback.sh                 traffic back to ${stable}, then stop ${candidate}
#   sh rollback.sh traffic         only the traffic
#   sh rollback.sh --restore-data  the same as the first, and then the data of the backup
set -eu
HERE=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
say() { printf '%s\\n' "$1"; }
fail() { printf 'rollback: this part failed: %s\\n' "$1" >&2; exit 1; }

${bodies.join('\n\n')}

case "\${1-}" in
  '') traffic; processes ;;
  traffic) traffic ;;
  processes) processes ;;
  data) data ;;
  --restore-data) traffic; processes; data ;;
  *) printf 'usage: sh rollback.sh [traffic | processes | data | --restore-data]\\n' >&2; exit 2 ;;
esac
`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function indent(text: string): string {
  return `    set -eu\n${text.trimEnd()}`
}
