// Back at once, with nothing of ours needed: no database, no conductor, no network. The capsule on disk does it.
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { SCRIPT, armedRuns, capsuleDirectory, claimCapsule, executedParts } from '../conduct/capsule.ts'
import { OutsideError, PlanError } from '../lib/errors.ts'
import { exec } from '../lib/exec.ts'
import { appendJournal, journalPath } from '../store/journal.ts'

export interface EmergencyOptions {
  stateDirectory: string
  /** Null: the newest run whose candidate is live. */
  runId: string | null
  reason: string
  by: string
  restoreData: boolean
  onLine: (line: string) => void
}

export interface EmergencyResult {
  runId: string
  trafficMs: number
  /** Everything, data included where it was asked for. */
  totalMs: number
}

/**
 * Carries out a capsule: traffic first, then the rest. A conductor that lives notices and finishes its run; a dead one does on resume.
 * @throws PlanError when no run can be taken back; OutsideError when the script fails.
 */
export async function rollBackNow(options: EmergencyOptions): Promise<EmergencyResult> {
  const { stateDirectory, reason, by, onLine, restoreData } = options
  const armed = armedRuns(stateDirectory)
  const runId = options.runId ?? armed[0]
  if (!runId || !armed.includes(runId)) {
    throw new PlanError(
      runId ? `run ${runId} has nothing live to take back` : 'no run has a live candidate to take back',
      {
        hint: `capsules are kept in ${join(stateDirectory, 'capsules')}`,
      },
    )
  }
  const capsule = capsuleDirectory(stateDirectory, runId)
  const release = claimCapsule(capsule)
  try {
    writeReason(capsule, `${by}: ${reason}`)
    const startedAt = performance.now()
    await part(capsule, 'traffic', onLine)
    const trafficMs = performance.now() - startedAt
    await part(capsule, 'processes', onLine)
    if (restoreData) await part(capsule, 'data', onLine)
    const totalMs = performance.now() - startedAt
    writeJournal(options, runId, totalMs)
    return { runId, trafficMs, totalMs }
  } finally {
    release()
  }
}

function writeReason(capsule: string, line: string): void {
  try {
    if (executedParts(capsule).length === 0) appendFileSync(join(capsule, 'reason'), `${line}\n`)
  } catch {
    // A full disk is no reason not to go back.
  }
}

/** The ledger may be out of reach: whoever conducts the run next takes the entry over from here. */
function writeJournal(
  { stateDirectory, by, reason, restoreData }: EmergencyOptions,
  runId: string,
  durationMs: number,
) {
  const command = `rollback emergency${restoreData ? ' with data' : ''}`
  const event = { at: Date.now(), kind: 'control' as const, item: null, body: { by, command, reason, durationMs } }
  try {
    appendJournal(journalPath(stateDirectory, runId), event)
  } catch {
    // The marks in the capsule still tell the run what happened.
  }
}

async function part(capsule: string, name: string, onLine: (line: string) => void): Promise<void> {
  const result = await exec('sh', [join(capsule, SCRIPT), name], { timeoutMs: PART_MS_MAX, onLine })
  if (result.exitCode === 0) return
  throw new OutsideError(`${SCRIPT} ${name}`, result.stderr.trim() || `exit ${result.exitCode}`, {
    hint: `look at ${capsule}, then run "sh ${join(capsule, SCRIPT)}" again: every part may be repeated`,
  })
}

const PART_MS_MAX = 900_000
