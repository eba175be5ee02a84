// Which processes have a file open, as far as the system tells.
import { readdirSync, statSync } from 'node:fs'

/** Ids of the processes that have `file` open, without this one; null where that cannot be told (no /proc, or not ours to see). */
export function openersOf(file: string): number[] | null {
  const wanted = statSync(file, { throwIfNoEntry: false })
  if (process.platform !== 'linux' || !wanted) return wanted ? null : []
  const openers: number[] = []
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry)
    if (!Number.isInteger(pid) || pid === process.pid) continue
    const handles = handlesOf(pid)
    if (handles === null) return null
    if (handles.some((handle) => isSameFile(handle, wanted))) openers.push(pid)
  }
  return openers
}

/** Paths of its handles; none when it is gone meanwhile; null when they are not ours to see. */
function handlesOf(pid: number): string[] | null {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((handle) => `/proc/${pid}/fd/${handle}`)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ESRCH' ? [] : null
  }
}

function isSameFile(handle: string, wanted: { dev: number; ino: number }): boolean {
  try {
    const found = statSync(handle)
    return found.ino === wanted.ino && found.dev === wanted.dev
  } catch {
    return false
  }
}
