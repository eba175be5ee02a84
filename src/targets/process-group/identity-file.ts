// Identity of a process as one line `PID TICKS`; `-` for ticks where the system has none.
import { readFileSync } from 'node:fs'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { isAlive, type ProcessIdentity } from '../../lib/process-identity.ts'

/** What the file says, whether or not the process still runs; null when there is no such line. */
export function readIdentity(file: string): ProcessIdentity | null {
  try {
    const line = /^(\d+) (\d+|-)\n/.exec(readFileSync(file, 'utf8'))
    return line ? { pid: Number(line[1]), startTicks: line[2] === '-' ? null : Number(line[2]) } : null
  } catch {
    return null
  }
}

/** The process the file names, if that very one still runs. */
export function readAlive(file: string): ProcessIdentity | null {
  const identity = readIdentity(file)
  return identity && isAlive(identity) ? identity : null
}

export function writeIdentity(file: string, { pid, startTicks }: ProcessIdentity): void {
  writeFileAtomic(file, `${pid} ${startTicks ?? '-'}\n`)
}
