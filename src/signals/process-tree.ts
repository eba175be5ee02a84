// CPU time and memory of a process with all its descendants: from /proc, or from `ps` where there is none.
import { readFileSync, readdirSync } from 'node:fs'
import { exec } from '../lib/exec.ts'
import { identify } from '../lib/process-identity.ts'

export interface TreeUsage {
  /** CPU time used so far by the process, its living descendants and the ended ones it waited for. */
  cpuMs: number
  rssBytes: number
  /** Tells a process from a later one with the same id; null where the system cannot say. */
  startedAt: string | null
}

/** Descendants looked at; a service with more is measured by its first ones. */
const PROCESSES_MAX = 512
/** USER_HZ: what the kernel's interface counts in, whatever its own clock; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

/** Reads several processes; null for one that does not run. */
export type ReadTrees = (pids: readonly number[], signal: AbortSignal) => Promise<Map<number, TreeUsage | null>>

/** From /proc: no process is started, a fraction of a millisecond each. */
export const readTreesFromProc: ReadTrees = async (pids) => new Map(pids.map((pid) => [pid, procTree(pid)]))

function procTree(root: number): TreeUsage | null {
  const rootUsage = identify(root) && procUsage(root)
  if (!rootUsage) return null
  const usage = { ...rootUsage }
  const queue = procChildren(root)
  for (let seen = 0; seen < queue.length && seen < PROCESSES_MAX; seen++) {
    const pid = queue[seen] as number
    const child = procUsage(pid)
    if (!child) continue
    usage.cpuMs += child.cpuMs
    usage.rssBytes += child.rssBytes
    queue.push(...procChildren(pid))
  }
  return usage
}

/** Of one process; a zombie still has its CPU time, until its parent takes it over. */
function procUsage(pid: number): TreeUsage | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field is the program's name in brackets, and may hold anything; count from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    const rssKiB = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
    return {
      cpuMs: (1000 * ticks) / TICKS_PER_SECOND,
      rssBytes: Number(rssKiB ?? 0) * 1024,
      startedAt: fields[19] ?? null,
    }
  } catch {
    return null
  }
}

/** Each thread lists the children it started. */
function procChildren(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
    )
  } catch {
    return []
  }
}

/** From one `ps` of all processes. */
export const readTreesFromPs: ReadTrees = async (pids, signal) => {
  const result = await exec('ps', ['-axo', 'pid=,ppid=,rss=,time='], { timeoutMs: 5000, signal })
  if (result.ended !== 'exited' || result.exitCode !== 0) throw new Error(`ps ${result.ended}: ${result.stderr.trim()}`)
  const processes = new Map<number, { parent: number; usage: TreeUsage }>()
  for (const line of result.stdout.split('\n')) {
    const [pid, parent, rssKiB, time] = line.trim().split(/\s+/)
    if (!time) continue
    const usage = { cpuMs: parseCpuTimeMs(time), rssBytes: Number(rssKiB) * 1024, startedAt: null }
    processes.set(Number(pid), { parent: Number(parent), usage })
  }
  return new Map(pids.map((pid) => [pid, psTree(pid, processes)]))
}

function psTree(root: number, processes: ReadonlyMap<number, { parent: number; usage: TreeUsage }>): TreeUsage | null {
  const found = processes.get(root)
  if (!found) return null
  const usage = { ...found.usage }
  const members = new Set([root])
  // A set grows while it is walked: children of children come up in turn.
  for (const member of members) {
    for (const [pid, { parent, usage: own }] of processes) {
      if (parent !== member || members.has(pid) || members.size >= PROCESSES_MAX) continue
      members.add(pid)
      usage.cpuMs += own.cpuMs
      usage.rssBytes += own.rssBytes
    }
  }
  return usage
}

/** `[[days-]hours:]minutes:seconds[.hundredths]`, as ps writes it. */
export function parseCpuTimeMs(text: string): number {
  const [days, clock] = text.includes('-') ? text.split('-') : ['0', text]
  const seconds = (clock ?? '').split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  return Math.round(1000 * (Number(days) * 86_400 + seconds))
}
