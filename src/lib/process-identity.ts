// A process id alone is not an identity: ids are used again. Id plus start time is.
import { readFileSync, readdirSync } from 'node:fs'

export interface ProcessIdentity {
  pid: number
  /** Start time in clock ticks since boot (field 22 of /proc/PID/stat); null where the system has no /proc. */
  startTicks: number | null
}

/** The identity of a running process, or null when there is none with that id (a zombie counts as none). */
export function identify(pid: number): ProcessIdentity | null {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return null
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return null
    return { pid, startTicks: Number(fields[19]) }
  } catch {
    return process.platform === 'linux' ? null : { pid, startTicks: null }
  }
}

/** Whether that very process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid)
  return (
    now !== null && (identity.startTicks === null || now.startTicks === null || now.startTicks === identity.startTicks)
  )
}

/** Ids of all processes there are; none where the system has no /proc. */
export function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0)
  } catch {
    return []
  }
}
