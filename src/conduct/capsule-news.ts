// What a run has to be told when its capsule was carried out: by the watchdog, or by a person in an emergency.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { executedParts } from './capsule.ts'
import type { RunMessage } from './ports.ts'

/** The rollback that already happened, as a message to the run; null when the capsule is unused. Its id is the capsule's own. */
export function capsuleNews(runId: string, capsule: string): Extract<RunMessage, { type: 'rollback' }> | null {
  const parts = executedParts(capsule)
  if (parts.length === 0) return null
  const reason = readReason(capsule)
  const byWatchdog = reason.startsWith('watchdog')
  const names = new Set(parts.map((part) => part.split(' ')[0]))
  return {
    type: 'rollback',
    id: `capsule:${runId}:${parts[0]}`,
    by: byWatchdog ? 'watchdog' : 'capsule',
    mode: byWatchdog ? 'watchdog' : 'emergency',
    reason: `${reason} (rollback.sh: ${[...names].join(', ')})`,
    skipValidation: true,
    restoreData: false,
  }
}

/** Why the capsule was carried out, as far as whoever did it said. */
export function readReason(capsule: string): string {
  try {
    return readFileSync(join(capsule, 'reason'), 'utf8').trim().split('\n')[0] || UNSAID
  } catch {
    return UNSAID
  }
}

const UNSAID = 'rollback.sh was run by hand'
