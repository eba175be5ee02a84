// Runs that are over, as they were recorded: for trying rules on them.
import { join } from 'node:path'
import { FINISHING } from '../conduct/session.ts'
import type { RecordedRun } from '../guards/what-if.ts'
import type { LedgerEntry, RunRecord } from '../plan/run-record.ts'
import { readRecording } from '../signals/recording.ts'
import { planOf, runDirectory } from './hand-over.ts'
import type { State } from './state.ts'

/** One run with its samples, its versions and the moments that guards go by. @throws PlanError where its plan is missing. */
export async function recordedRun(state: State, stateDirectory: string, run: RunRecord): Promise<RecordedRun> {
  const [plan, ledger, { samples }] = await Promise.all([
    planOf(state, run),
    state.ledger.entries(run.id),
    readRecording(join(runDirectory(stateDirectory, run.id), 'samples.jsonl')),
  ])
  const stable = ledger.find(({ key }) => key === 'run:created')?.body.stable
  return {
    id: run.id,
    candidate: plan.delivery?.candidate ?? '',
    stable: typeof stable === 'string' ? stable : '',
    samplingMs: plan.samplingMs,
    samples,
    stagesAt: ledger.filter(({ kind, body }) => kind === 'stage' && body.event === 'started').map(({ at }) => at),
    untilAt: ledger.find(endsGuarding)?.at ?? null,
  }
}

/** The run goes back, or the candidate is made the stable version. */
function endsGuarding({ key, kind, body }: LedgerEntry): boolean {
  return key === FINISHING || (kind === 'rollback' && body.event === 'started')
}
