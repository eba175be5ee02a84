// Programs of an action outlive a conductor that is killed. As long as one runs nobody can say whether the action was done, least of all
// by doing it again beside it. They are found by a mark in their environment, which they have from their first moment on.
import { readFileSync } from 'node:fs'
import { poll } from '../lib/deadline.ts'
import { identify, isAlive, processIds, type ProcessIdentity } from '../lib/process-identity.ts'

/** Environment variable that says which attempt at which item of which run a program belongs to. */
export const MARK = 'GONOGO_DEED'

const END_GRACE_MS = 2000

/**
 * Waits until no program with this mark runs; ends what is left after `patienceMs`, or when the signal aborts. Programs that an action put
 * into the background are not waited for. Where there is no /proc, none are found.
 */
export async function outliveOrphans(mark: string, patienceMs: number, signal: AbortSignal): Promise<void> {
  const left = findOrphans(mark)
  const running = (): ProcessIdentity[] => left.filter(isAlive)
  const gone = (): true | null => (running().length === 0 ? true : null)
  if (await poll(gone, { everyMs: 50, timeoutMs: patienceMs, signal })) return
  for (const killer of ['SIGTERM', 'SIGKILL'] as const) {
    for (const { pid } of running()) endGroup(pid, killer)
    if (await poll(gone, { everyMs: 20, timeoutMs: END_GRACE_MS })) return
  }
}

/** What the conductor itself started: each leads a session of its own. */
function findOrphans(mark: string): ProcessIdentity[] {
  return processIds().flatMap((pid) => {
    const identity = isLeader(pid) && isMarked(pid, mark) ? identify(pid) : null
    return identity ? [identity] : []
  })
}

function isLeader(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const session = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3])
    return session === pid
  } catch {
    return false
  }
}

function isMarked(pid: number, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`${MARK}=${mark}`)
  } catch {
    return false
  }
}

function endGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // Gone already.
  }
}
