// kill -9 of the conductor at random moments of real runs under traffic: every run ends as it should, nothing is done twice, nothing
// is missing from the record. At the end: no byte of the record can change unseen.
import { startLoad, type LoadProcess } from '../examples/load/load.ts'
import { openState, type State } from '../src/app/state.ts'
import { capsuleDirectory, executedParts } from '../src/conduct/capsule.ts'
import { pause } from '../src/lib/deadline.ts'
import type { LedgerEntry, RunRecord } from '../src/plan/run-record.ts'
import { verifyLedger } from '../src/store/ledger-chain.ts'
import { startConductor } from './fixture/conductor.ts'
import { ACTIONS, createGuardedProject, linesOf } from './fixture/full-release.ts'
import { answerAll } from './fixture/people.ts'
import type { Project } from './fixture/project.ts'
import { tamper, type Tampering } from './fixture/tamper.ts'
import type { Bench, BenchOptions, BenchResult, Measure } from './result.ts'

const WATCHDOG_AFTER_MS = 1500
const REQUESTS_PER_SECOND = 100
/** Longest a resumed run may take. */
const END_MS_MAX = 90_000

export const bench: Bench = {
  name: 'crash',
  summary:
    'kill -9 of the conductor at random moments of a run, resumed or taken back by the watchdog; tampering with the record',
  run,
}

interface Scene {
  project: Project
  state: State
  load: LoadProcess
  /** The version that has the traffic, and the one to release next: they change places with every success. */
  stable: string
  candidate: string
}

/** What one run came to. */
interface Trial {
  /** Null: killed before the run was written down; then there is nothing to end. */
  run: RunRecord | null
  /** It was taken back by the watchdog before anybody resumed it. */
  takenBack: boolean
  problems: Record<Problem, string[]>
}

type Problem = 'ended wrongly' | 'done twice' | 'missing from the ledger' | 'not verified'

async function run({ quick, progress }: BenchOptions): Promise<BenchResult> {
  await using project = await createGuardedProject(WATCHDOG_AFTER_MS)
  await project.must('up', 'v1')
  const state = await openState(project.stateDirectory)
  try {
    await using people = answerAll(state, 'ann')
    const load = startLoad({
      url: project.url,
      connections: 10,
      requestsPerSecond: REQUESTS_PER_SECOND,
      durationMs: 7_200_000,
    })
    const scene: Scene = { project, state, load, stable: 'v1', candidate: 'v2' }
    const undisturbed = await conductUndisturbed(scene)
    progress(
      `an undisturbed run takes ${Math.round(undisturbed.durationMs)} ms and writes ${undisturbed.keys.size} entries`,
    )
    const trials: Trial[] = []
    const wanted = quick ? 8 : 50
    const countBegun = (): number => trials.filter((trial) => trial.run !== null).length
    // A conductor killed before it wrote a run down shows little: such ones come on top.
    while (countBegun() < wanted && trials.length < 2 * wanted) {
      const killAfterMs = Math.random() * undisturbed.durationMs
      const trial = await crash(scene, killAfterMs, undisturbed.keys)
      trials.push(trial)
      progress(`run ${trials.length}, killed after ${Math.round(killAfterMs)} ms: ${sayTrial(trial)}`)
    }
    const last = trials.findLast((trial) => trial.run !== null)?.run
    if (!last) throw new Error('no run was killed after it had begun: this shows nothing')
    const tampering = await tamper(project, state, last, quick ? 500 : 2000)
    const traffic = await load.stop()
    const notes = traffic.failures.slice(0, 5).map((failure) => `failed: ${failure.what} ${failure.detail}`)
    if (people.problem()) notes.push(`while answering: ${String(people.problem())}`)
    return {
      measures: [...measuresOf(trials), ...trafficMeasures(traffic), ...tamperMeasures(tampering)],
      notes: [...notes, ...notesOf(trials)],
    }
  } finally {
    await state.close()
  }
}

function measuresOf(trials: readonly Trial[]): Measure[] {
  const begun = trials.filter((trial) => trial.run !== null)
  const counted = (what: string, problem: Problem): Measure => ({
    what,
    measured: trials.reduce((sum, trial) => sum + trial.problems[problem].length, 0),
    unit: 'found',
    target: { atMost: 0 },
  })
  return [
    { what: 'conductors killed', measured: trials.length, unit: 'runs' },
    { what: 'of them before the run was written down', measured: trials.length - begun.length, unit: 'runs' },
    { what: 'taken back by the watchdog', measured: begun.filter((trial) => trial.takenBack).length, unit: 'runs' },
    {
      what: 'resumed and succeeded',
      measured: begun.filter(({ run: ended }) => ended?.state === 'succeeded').length,
      unit: 'runs',
    },
    counted('runs that did not end as they should', 'ended wrongly'),
    counted('actions run twice', 'done twice'),
    counted('ledger entries missing', 'missing from the ledger'),
    counted('ledgers that do not verify', 'not verified'),
  ]
}

function trafficMeasures({ requests, failed }: { requests: number; failed: number }): Measure[] {
  return [
    { what: 'client requests', measured: requests, unit: 'requests', target: { atLeast: 1000 } },
    { what: 'client requests that failed', measured: failed, unit: 'requests', target: { atMost: 0 } },
  ]
}

function tamperMeasures({ ledgerBytes, evidenceFiles, missed }: Tampering): Measure[] {
  return [
    {
      what: 'bytes of the exported ledger altered, one at a time',
      measured: ledgerBytes,
      unit: 'times',
      target: { atLeast: 500 },
    },
    { what: 'evidence files altered, one at a time', measured: evidenceFiles, unit: 'files', target: { atLeast: 1 } },
    { what: 'alterations that were not found', measured: missed.length, unit: 'found', target: { atMost: 0 } },
  ]
}

function notesOf(trials: readonly Trial[]): string[] {
  return trials.flatMap((trial) =>
    Object.entries(trial.problems).flatMap(([problem, what]) =>
      what.map((text) => `${trial.run?.id} ${problem}: ${text}`),
    ),
  )
}

function sayTrial({ run: ended, takenBack, problems }: Trial): string {
  if (!ended) return 'not begun yet'
  const wrong = Object.values(problems).flat()
  return [ended.state, takenBack ? 'by the watchdog' : '', ...wrong].filter(Boolean).join('; ')
}

/** How long a run takes that nobody kills, and which entries belong to one that succeeds. */
async function conductUndisturbed(scene: Scene): Promise<{ durationMs: number; keys: Set<string> }> {
  await lock(scene)
  const startedAt = performance.now()
  const { exitCode, stderr } = await startConductor(scene.project, deployArgs(scene)).ended
  const durationMs = performance.now() - startedAt
  const [ended] = await scene.state.runs.list(1)
  if (exitCode !== 0 || !ended) throw new Error(`the undisturbed run ended with ${exitCode}: ${stderr}`)
  const entries = await scene.state.ledger.entries(ended.id)
  changePlaces(scene)
  return { durationMs, keys: new Set(entries.filter(isEssential).map(commonKey)) }
}

async function crash(scene: Scene, killAfterMs: number, essential: ReadonlySet<string>): Promise<Trial> {
  const { project, state } = scene
  const before = await state.runs.list(1)
  await lock(scene)
  const conductor = startConductor(project, deployArgs(scene))
  await pause(killAfterMs)
  conductor.kill()
  await conductor.ended
  const problems: Trial['problems'] = {
    'ended wrongly': [],
    'done twice': [],
    'missing from the ledger': [],
    'not verified': [],
  }
  const [begun] = await state.runs.list(1)
  if (!begun || begun.id === before[0]?.id) return { run: null, takenBack: false, problems }
  if (begun.endedAt === null) await goOn(scene, begun, problems)
  const ended = (await state.runs.get(begun.id)) ?? begun
  const takenBack = executedParts(capsuleDirectory(project.stateDirectory, begun.id)).length > 0
  const entries = await state.ledger.entries(begun.id)
  problems['ended wrongly'].push(...(await wrongEnd(scene, ended, takenBack)))
  problems['done twice'].push(...doneTwice(project, begun.id))
  problems['missing from the ledger'].push(...missing(project, ended, entries, essential))
  const verdict = await verifyLedger(begun.id, entries, (hash) => state.evidence.get(hash))
  problems['not verified'].push(...verdict.problems.map(({ seq, what }) => `entry ${seq}: ${what}`))
  if (ended.state === 'succeeded') changePlaces(scene)
  return { run: ended, takenBack, problems }
}

/** Resumes the run: at once, or after the watchdog has had its time. */
async function goOn({ project }: Scene, begun: RunRecord, problems: Trial['problems']): Promise<void> {
  if (Math.random() < 0.5) await pause(WATCHDOG_AFTER_MS * 2)
  const resumed = startConductor(project, ['resume', begun.id])
  const ended = await Promise.race([resumed.ended, pause(END_MS_MAX).then(() => null)])
  if (!ended) {
    resumed.kill()
    problems['ended wrongly'].push(
      `did not end within ${END_MS_MAX / 1000} s of being resumed: ${JSON.stringify(resumed.events.at(-1))}`,
    )
  } else if (ended.exitCode !== 0 && ended.exitCode !== 1)
    problems['ended wrongly'].push(`resume exited ${ended.exitCode}: ${ended.stderr.split('\n').slice(0, 3).join(' ')}`)
}

/** The state that follows from what happened, and the traffic where it belongs. */
async function wrongEnd(scene: Scene, ended: RunRecord, takenBack: boolean): Promise<string[]> {
  const wrong: string[] = []
  const expected = takenBack ? 'rolled-back' : 'succeeded'
  if (ended.state !== expected) wrong.push(`${ended.state} (${ended.reason}), expected ${expected}`)
  const version = ended.state === 'succeeded' ? scene.candidate : scene.stable
  const answers = new Set<string>()
  for (let i = 0; i < 10; i++) {
    const response = await fetch(scene.project.url, { signal: AbortSignal.timeout(5000) })
    answers.add(((await response.json()) as { version: string }).version)
  }
  if (answers.size !== 1 || !answers.has(version))
    wrong.push(`traffic is answered by ${[...answers].join(', ')}, not ${version}`)
  return wrong
}

function doneTwice(project: Project, runId: string): string[] {
  const lines = linesOf(project, 'done.log').filter((line) => line.startsWith(runId))
  return lines.filter((line, index) => lines.indexOf(line) !== index)
}

/** Entries without which the record of the run has a hole. */
function missing(
  project: Project,
  ended: RunRecord,
  entries: readonly LedgerEntry[],
  essential: ReadonlySet<string>,
): string[] {
  const keys = new Set(entries.map((entry) => entry.key))
  const done = linesOf(project, 'done.log').filter((line) => line.startsWith(ended.id))
  const undone = linesOf(project, 'undone.log').filter((line) => line.startsWith(ended.id))
  const wanted = ['run:created', 'run:started', 'run:ended']
  for (const [action, words] of Object.entries(ACTIONS)) {
    const item = project.id(words)
    if (done.includes(`${ended.id} ${action}`)) wanted.push(`intent:${item}:1`, `outcome:${item}:1`)
    if (undone.includes(`${ended.id} ${action}`)) wanted.push(`intent:undo:${item}:1`, `outcome:undo:${item}:1`)
  }
  const absent = wanted.filter((key) => !keys.has(key))
  const gaps = entries
    .filter((entry, index) => entry.seq !== index + 1)
    .map((entry) => `entry ${entry.seq} is out of order`)
  if (ended.state !== 'succeeded') return [...absent, ...gaps]
  const common = new Set(entries.map(commonKey))
  return [...absent, ...gaps, ...[...essential].filter((key) => !common.has(key))]
}

/** Entries that every run which succeeds has; what people say has ids of its own, and the way back is measured anew. */
function isEssential({ kind }: LedgerEntry): boolean {
  return kind === 'run' || kind === 'phase' || kind === 'intent' || kind === 'outcome' || kind === 'stage'
}

/** The key, the same whichever version is released. */
function commonKey({ key }: LedgerEntry): string {
  return key.replace(/prepare:v[12]:/, 'prepare:candidate:')
}

async function lock({ project, candidate }: Scene): Promise<void> {
  await project.must('plan', '--lock', '--candidate', candidate)
}

function deployArgs({ candidate }: Scene): string[] {
  return ['deploy', '--yes', '--candidate', candidate]
}

function changePlaces(scene: Scene): void {
  const { stable, candidate } = scene
  Object.assign(scene, { stable: candidate, candidate: stable })
}
