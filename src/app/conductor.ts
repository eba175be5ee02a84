// Who conducts a run, if anybody.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { identify } from '../lib/process-identity.ts'

/** Process id of the conductor of a run on this host, by its heartbeat; null when it is silent. */
export function conductorOf(stateDirectory: string, runId: string): number | null {
  const path = join(stateDirectory, 'runs', runId, 'heartbeat')
  try {
    const pid = Number(readFileSync(path, 'utf8').split(' ')[0])
    const fresh = Date.now() - statSync(path).mtimeMs < FRESH_MS
    return fresh && identify(pid) ? pid : null
  } catch {
    return null
  }
}

const FRESH_MS = 5000
