// News for the run that must not get lost between the reflex and the mailbox: on disk first, then sent as often as it takes, and sent
// again by whoever conducts the run next.
import { appendFileSync, readFileSync } from 'node:fs'
import { pause } from '../lib/deadline.ts'
import { codeOf } from '../lib/errors.ts'
import type { RunMessage } from './ports.ts'

export interface OutboxOptions {
  path: string
  send(message: RunMessage): Promise<void>
  /** Ends the trying: what was not delivered stays on disk. */
  signal: AbortSignal
}

export interface Outbox {
  /** What earlier sessions of the run had to say. */
  readonly kept: readonly RunMessage[]
  /** Puts the message on disk before this returns. */
  keep(message: RunMessage): void
  /** Delivers the message from now on, until it is delivered; its id makes it arrive once. */
  deliver(message: RunMessage): void
}

const RETRY_MS_MAX = 5000

/** Opens the outbox of a run. */
export function openOutbox({ path, send, signal }: OutboxOptions): Outbox {
  const deliver = async (message: RunMessage): Promise<void> => {
    for (let waitMs = 100; !signal.aborted; waitMs = Math.min(waitMs * 2, RETRY_MS_MAX)) {
      try {
        return await send(message)
      } catch {
        // The database is away. So is everything that could be done about it here; it comes back, or the signal aborts.
        await pause(waitMs, signal)
      }
    }
  }
  return {
    kept: readKept(path),
    deliver: (message) => void deliver(message),
    keep(message) {
      try {
        appendFileSync(path, `${JSON.stringify(message)}\n`)
      } catch {
        // A full disk must not keep the reflex from acting; the message still goes out from memory.
      }
    },
  }
}

function readKept(path: string): RunMessage[] {
  let text = ''
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
  return text
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as RunMessage]
      } catch {
        // Torn by a kill: its reflex had not moved anything yet.
        return []
      }
    })
}
