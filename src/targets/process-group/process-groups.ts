// Ending process groups: politely, then not. A group outlives its leader: `npm start` may go before the server it started.
import { readdirSync, readFileSync } from 'node:fs'
import { poll } from '../../lib/deadline.ts'
import { identify, isAlive, type ProcessIdentity } from '../../lib/process-identity.ts'

const LOOK_MS = 20
/** Time for the kernel to take away what was killed. */
const KILLED_MS = 5000

/** Whether the leader or anybody in its group still runs. */
export function isGroupAlive(leader: ProcessIdentity): boolean {
  if (isAlive(leader)) return true
  // The id belongs to another process by now, so the group is long gone.
  if (identify(leader.pid)) return false
  return hasMembers(leader.pid)
}

/**
 * Sends `signal` to the groups, waits until they are gone, kills what is left after `graceMs`.
 * @returns whether all are gone.
 */
export async function endGroups(
  leaders: readonly ProcessIdentity[],
  stop: { signal: NodeJS.Signals; graceMs: number },
): Promise<boolean> {
  const send = (signal: NodeJS.Signals) => {
    for (const leader of leaders) if (isGroupAlive(leader)) signalGroup(leader.pid, signal)
  }
  const allGone = () => (leaders.some(isGroupAlive) ? null : true)
  send(stop.signal)
  if (await poll(allGone, { everyMs: LOOK_MS, timeoutMs: stop.graceMs })) return true
  send('SIGKILL')
  return (await poll(allGone, { everyMs: LOOK_MS, timeoutMs: KILLED_MS })) !== null
}

function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal)
    return true
  } catch {
    return false
  }
}

function hasMembers(group: number): boolean {
  if (!signalGroup(group, 0)) return false
  if (process.platform !== 'linux') return true
  // Zombies answer too, and where nobody reaps them they do so for ever.
  return readdirSync('/proc').some((entry) => /^\d+$/.test(entry) && isRunningIn(group, entry))
}

function isRunningIn(group: number, pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return Number(pgrp) === group && state !== 'Z' && state !== 'X'
  } catch {
    return false
  }
}
