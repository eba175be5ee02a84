// One release of the demo under users: who rolled it back, after how long, and every look that was recorded meanwhile.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { planOf, runDirectory } from '../../src/app/hand-over.ts'
import type { State } from '../../src/app/state.ts'
import type { GuardRule, Severity } from '../../src/plan/guard-rule.ts'
import type { GuardBody, RunState } from '../../src/plan/run-record.ts'
import type { Sample } from '../../src/plan/signal.ts'
import { readRecording } from '../../src/signals/recording.ts'
import { startConductor } from '../fixture/conductor.ts'
import { FAULT_FILE } from '../fixture/graph-release.ts'
import type { Project } from '../fixture/project.ts'

export interface Trip {
  rule: string
  severity: Severity
  sentence: string
  /** Since the candidate got traffic. */
  afterMs: number
}

export interface Released {
  state: RunState
  trips: Trip[]
  rules: GuardRule[]
  candidate: string
  stable: string
  /** All samples of the run. */
  samples: Sample[]
  /** From the first look at the candidate's traffic to the last; the samples of a look together. */
  looks: Sample[][]
  /** Of the candidate, until the end of the run. */
  requests: number
  failed: number
}

export interface ReleaseOptions {
  project: Project
  state: State
  stable: string
  candidate: string
  /** As the demo's service reads it; null: the candidate is as good as the stable version. */
  fault: string | null
}

/** Conducts the release to its end. The candidate has its fault from its first request on. */
export async function release({ project, state, stable, candidate, fault }: ReleaseOptions): Promise<Released> {
  const file = join(project.directory, FAULT_FILE)
  if (fault !== null) writeFileSync(file, fault)
  await project.must('plan', '--lock', '--candidate', candidate)
  const conductor = startConductor(project, ['deploy', '--yes', '--no-wait', '--candidate', candidate])
  const { stderr } = await conductor.ended
  rmSync(file, { force: true })
  const [run] = await state.runs.list(1)
  const begun = conductor.events.find((event) => event.type === 'stage' && event.event === 'started')
  if (!run || !begun) throw new Error(`the release of ${candidate} did not come to its first stage: ${stderr}`)
  const begunAt = Date.parse(begun.at)
  const entries = await state.ledger.entries(run.id)
  const trips = entries.filter(({ kind }) => kind === 'guard').map(({ at, body }) => tripOf(at, begunAt, body))
  const { samples } = await readRecording(join(runDirectory(project.stateDirectory, run.id), 'samples.jsonl'))
  const looks = looksAt(candidate, samples)
  const tallies = looks.flat().flatMap(({ version, tally }) => (version === candidate && tally ? [tally] : []))
  return {
    state: run.state,
    trips,
    rules: (await planOf(state, run)).guards,
    candidate,
    stable,
    samples,
    looks,
    requests: tallies.reduce((sum, tally) => sum + tally.requests, 0),
    failed: tallies.reduce((sum, tally) => sum + tally.errors, 0),
  }
}

/** The look says when it tripped; the entry is written when traffic is back. */
function tripOf(writtenAt: number, begunAt: number, body: Record<string, unknown>): Trip {
  const { rule, severity, sentence, sample } = body as unknown as GuardBody
  return { rule, severity, sentence, afterMs: (sample?.at ?? writtenAt) - begunAt }
}

function looksAt(candidate: string, samples: readonly Sample[]): Sample[][] {
  const looks = [...Map.groupBy(samples, ({ at }) => at).values()]
  const isServed = (look: Sample[]): boolean =>
    look.some(({ version, tally }) => version === candidate && (tally?.requests ?? 0) > 0)
  const last = looks.findLastIndex(isServed)
  return last === -1 ? [] : looks.slice(looks.findIndex(isServed), last + 1)
}
