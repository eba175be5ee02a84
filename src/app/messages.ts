// Telling a run something from another process.
import { randomUUID } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { RunMessage } from '../conduct/ports.ts'
import { identify } from '../lib/process-identity.ts'
import type { RunRecord } from '../plan/run-record.ts'
import type { State } from './state.ts'

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never

/** Delivers a message; it is waiting when the run is conducted by nobody at the moment. */
export async function sendTo(state: State, run: RunRecord, message: WithoutId<RunMessage>): Promise<void> {
  // Who only asks for the conductor, in an emergency, needs no database driver.
  const { createMessenger } = await import('../durable/dbos.ts')
  const messenger = await createMessenger(state.url)
  try {
    await messenger.send(run.id, { ...message, id: randomUUID() } as RunMessage)
  } finally {
    await messenger.close()
  }
}

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
