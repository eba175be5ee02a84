// Processes of this machine: which one a file names, what it was started as, and since when it runs.
import { readFile } from 'node:fs/promises'
import { uptime } from 'node:os'
import { readBoundedFile } from '../../lib/bounded-file.ts'
import { codeOf, messageOf } from '../../lib/errors.ts'
import { identify } from '../../lib/process-identity.ts'

/** Ticks of the kernel's clock a second, as it tells them to programs: the same on every Linux. */
const TICKS_PER_SECOND = 100
const COMMAND_CHARS_MAX = 4096

export interface Running {
  pid: number
  /** Program and arguments; null where the system does not tell. */
  command: string | null
  uptimeMs: number | null
}

/** The process id in a file. */
export async function readPid(path: string): Promise<number | { error: string; missing: boolean }> {
  try {
    const pid = Number(/^\s*(\d{1,10})\s*$/.exec((await readBoundedFile(path, 1024)).text.split('\n')[0] ?? '')?.[1])
    return pid > 0 ? pid : { error: 'holds no process id', missing: false }
  } catch (error) {
    return { error: messageOf(error), missing: codeOf(error) === 'ENOENT' }
  }
}

/** The process with this id, or null where none runs. */
export async function running(pid: number): Promise<Running | null> {
  const identity = identify(pid)
  if (!identity) return null
  const { startTicks } = identity
  // Both count from when the machine was started.
  const uptimeMs = startTicks === null ? null : Math.max(0, (uptime() - startTicks / TICKS_PER_SECOND) * 1000)
  return { pid, command: await commandOf(pid), uptimeMs }
}

/** What a process was started as. */
export async function commandOf(pid: number): Promise<string | null> {
  try {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).slice(0, COMMAND_CHARS_MAX)
    return words.replace(/\0$/, '').replaceAll('\0', ' ') || null
  } catch {
    return null
  }
}
