// Who still needs the shared server: one small file a user, bound to a process that lives.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { identify, isAlive } from '../lib/process-identity.ts'
import type { ProcessIdentity } from '../lib/process-identity.ts'

let takenHere = 0

/** Writes a lease of this process. Call it, like everything here, while holding the server's lock. */
export function takeLease(directory: string): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  takenHere += 1
  const path = join(directory, `${process.pid}-${takenHere}.json`)
  writeFileSync(path, JSON.stringify(identify(process.pid)), { mode: 0o600 })
  return path
}

/** Removes the leases of processes that are gone and counts the others. */
export function countLiveLeases(directory: string): number {
  let live = 0
  for (const name of readdirSync(directory)) {
    const path = join(directory, name)
    if (isLive(path)) live += 1
    else rmSync(path, { force: true })
  }
  return live
}

function isLive(path: string): boolean {
  try {
    return isAlive(JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity)
  } catch {
    // Its writer was killed between creating and filling the file.
    return false
  }
}
