// Telling a run that its capsule was carried out: by the watchdog, or by a person in an emergency.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { executedParts } from './capsule.ts'
import type { Services } from './services.ts'

/** Sends the run the rollback that already happened, once: the message id is the capsule's own. */
export async function announceCapsule(runId: string, capsule: string, services: Pick<Services, 'send'>): Promise<void> {
  const parts = executedParts(capsule)
  if (parts.length === 0) return
  const reason = readReason(capsule)
  const byWatchdog = reason.startsWith('watchdog')
  await services.send({
    type: 'rollback',
    id: `capsule:${runId}:${parts[0]}`,
    by: byWatchdog ? 'watchdog' : 'capsule',
    mode: byWatchdog ? 'watchdog' : 'emergency',
    reason,
    skipValidation: true,
    restoreData: false,
  })
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
