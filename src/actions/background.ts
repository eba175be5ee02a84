// Programs that a document starts with `&` and that keep running beside the release. On record, so that they can be ended.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { poll } from '../lib/deadline.ts'
import { isAlive, type ProcessIdentity } from '../lib/process-identity.ts'

export interface BackgroundProgram {
  process: ProcessIdentity
  /** Process group of the shell that started it. */
  group: number
  script: string
  logPath: string
}

const RECORD = /^background-[\w-]+\.json$/

/** Puts on record what one action has started so far. */
export function recordBackgroundPrograms(
  logDirectory: string,
  name: string,
  programs: readonly BackgroundProgram[],
): void {
  writeFileAtomic(join(logDirectory, `background-${name}.json`), JSON.stringify(programs, null, 2))
}

/** The programs on record in this directory that still run. */
export function runningBackgroundPrograms(logDirectory: string): BackgroundProgram[] {
  let names: string[]
  try {
    names = readdirSync(logDirectory)
  } catch {
    return []
  }
  return names
    .filter((name) => RECORD.test(name))
    .flatMap((name) => JSON.parse(readFileSync(join(logDirectory, name), 'utf8')) as BackgroundProgram[])
    .filter((program) => isAlive(program.process))
}

/**
 * Asks the programs and their children to end, and ends those that have not after `graceMs`.
 * @returns how many were running.
 */
export async function stopBackgroundPrograms(programs: readonly BackgroundProgram[], graceMs = 5000): Promise<number> {
  const running = programs.filter((program) => isAlive(program.process))
  for (const program of running) signalProgram(program, 'SIGTERM')
  const left = (): BackgroundProgram[] => running.filter((program) => isAlive(program.process))
  await poll(() => (left().length === 0 ? true : null), { everyMs: 20, timeoutMs: graceMs })
  for (const program of left()) signalProgram(program, 'SIGKILL')
  return running.length
}

/** The group exists as long as one of its programs lives: its number cannot have been given to others. */
function signalProgram({ process: { pid }, group }: BackgroundProgram, signal: NodeJS.Signals): void {
  for (const id of [-group, pid])
    try {
      process.kill(id, signal)
    } catch {
      // Gone already.
    }
}
