// The processes of an nginx: its master by its pid file, its workers by what the system says of them.
import { existsSync, readFileSync } from 'node:fs'
import { identify, processIds } from '../../lib/process-identity.ts'
import type { ProcessIdentity } from '../../lib/process-identity.ts'

/** The master that a pid file names, if it runs and is an nginx. */
export function masterOf(pidFile: string): ProcessIdentity | null {
  if (!existsSync(pidFile)) return null
  const pid = Number(readFileSync(pidFile, 'utf8'))
  if (!(pid > 0)) return null
  const title = titleOf(pid)
  return title !== null && !title.includes('nginx') ? null : identify(pid)
}

export interface Workers {
  serving: number[]
  /** Told to end: they finish what they have and take nothing new. */
  ending: number[]
}

/** Null where the system does not tell. */
export function workersOf(master: ProcessIdentity): Workers | null {
  if (!existsSync('/proc/self/stat')) return null
  const workers: Workers = { serving: [], ending: [] }
  for (const pid of processIds()) {
    if (parentOf(pid) !== master.pid) continue
    const title = titleOf(pid) ?? ''
    if (!title.includes('worker process')) continue
    workers[title.includes('shutting down') ? 'ending' : 'serving'].push(pid)
  }
  return workers
}

function titleOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return null
  }
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return null
  }
}
