// The project's memory, opened for one command: database, ledger, evidence. Who opens it closes it.
import { createEvidenceStore } from '../store/evidence.ts'
import { createEnvironmentLocks, type EnvironmentLocks } from '../store/environment-locks.ts'
import { createLedger } from '../store/ledger.ts'
import { createRuns } from '../store/runs.ts'
import { openDatabase } from '../store/database.ts'
import { openPostgres } from '../store/embedded-postgres.ts'
import type { EvidenceStore, Ledger, Runs } from '../conduct/ports.ts'
import { PlanError } from '../lib/errors.ts'
import { FINAL_STATES, type RunRecord } from '../plan/run-record.ts'

export interface State {
  /** Connection string of the Postgres in use. */
  url: string
  runs: Runs
  locks: EnvironmentLocks
  ledger: Ledger
  evidence: EvidenceStore
  close(): Promise<void>
}

/** @throws OutsideError when no database can be had. */
export async function openState(stateDirectory: string, log: (line: string) => void = () => {}): Promise<State> {
  const databaseUrl = process.env.DATABASE_URL
  const postgres = await openPostgres({ stateDirectory, log, ...(databaseUrl ? { databaseUrl } : {}) })
  try {
    const database = await openDatabase({ url: postgres.url })
    return {
      url: postgres.url,
      runs: createRuns(database),
      locks: createEnvironmentLocks(database),
      ledger: createLedger(database),
      evidence: createEvidenceStore(stateDirectory),
      async close() {
        await database.close()
        await postgres.close()
      },
    }
  } catch (error) {
    await postgres.close()
    throw error
  }
}

/**
 * The run a command is about: the named one, else the one that is alive, else the newest.
 * @throws PlanError when there is none.
 */
export async function chooseRun(runs: Runs, id: string | undefined): Promise<RunRecord> {
  if (id) {
    const run = await runs.get(id)
    if (run) return run
    throw new PlanError(`there is no run ${id}`, { hint: '"gonogo status" lists the runs' })
  }
  const newest = await runs.list(50)
  const run = newest.find((candidate) => !FINAL_STATES.includes(candidate.state)) ?? newest[0]
  if (run) return run
  throw new PlanError('there is no run yet', { hint: 'start one: "gonogo deploy"' })
}
