// Telling a run something from another process.
import { randomUUID } from 'node:crypto'
import type { RunMessage } from '../conduct/ports.ts'
import type { RunRecord } from '../plan/run-record.ts'
import type { State } from './state.ts'

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never

/** Delivers a message; it is waiting when the run is conducted by nobody at the moment. */
export async function sendTo(state: State, run: RunRecord, message: WithoutId<RunMessage>): Promise<void> {
  // Loaded when something is said: most commands only look.
  const { createMessenger } = await import('../durable/dbos.ts')
  const messenger = await createMessenger(state.url)
  try {
    await messenger.send(run.id, { ...message, id: randomUUID() } as RunMessage)
  } finally {
    await messenger.close()
  }
}
