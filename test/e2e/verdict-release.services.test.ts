// Releases of the demo's service by the command line, judged by a verdict: a bad version is taken back with what was shown of it, a
// good one does not have to wait for the end of its stage.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createGraphProject, FAULT_FILE, VERDICT } from '../../bench/fixture/graph-release.ts'
import type { Project } from '../../bench/fixture/project.ts'
import { startLoad } from '../../examples/load/load.ts'
import { runDirectory } from '../../src/app/hand-over.ts'
import { openState } from '../../src/app/state.ts'
import type { LedgerEntry, RunRecord } from '../../src/plan/run-record.ts'

const STAGES = [
  { name: 'quarter', weight: 25, duration: '4 min' },
  { name: 'all', weight: 100, duration: '1 s' },
]

/** A project whose stable version serves users; everything ends with the test. */
async function startProject(): Promise<Project> {
  const project = await createGraphProject({
    stages: STAGES,
    dependency: '5 0.03',
    verdict: { errors: { notWorse: 4 }, latency: { warmUp: '2 s', notWorse: 50 } },
    stageVerdict: { early: true },
  })
  onTestFinished(() => project[Symbol.asyncDispose]())
  await project.must('plan', '--lock')
  await project.must('up', 'v1')
  const url = `${project.url}entities/7`
  const load = startLoad({ url, connections: 10, requestsPerSecond: 300, durationMs: 300_000 })
  onTestFinished(async () => void (await load.stop()))
  return project
}

interface Ended {
  exitCode: number | null
  run: RunRecord
  entries: LedgerEntry[]
  /** The report a person reads. */
  report: string
}

async function deploy(project: Project): Promise<Ended> {
  const { exitCode } = await project.run(['deploy', '--yes', '--no-wait'])
  const state = await openState(project.stateDirectory)
  try {
    const [run] = await state.runs.list(1)
    if (!run) throw new Error('there is no run')
    const report = readFileSync(join(runDirectory(project.stateDirectory, run.id), 'report.md'), 'utf8')
    return { exitCode, run, entries: await state.ledger.entries(run.id), report }
  } finally {
    await state.close()
  }
}

test('a version that fails more often is rolled back, and ledger and report say what was shown', async () => {
  const project = await startProject()
  writeFileSync(join(project.directory, FAULT_FILE), 'errors 0.15')
  const { exitCode, run, entries, report } = await deploy(project)
  expect({ exitCode, state: run.state }).toEqual({ exitCode: 1, state: 'rolled-back' })
  const guard = entries.find(({ kind, body }) => kind === 'guard' && body.severity === 'rollback')
  const shown = /^errors: canary errors [\d.]+ % vs [\d.]+ %, odds ×[\d.]+ \(.+\), false-alarm budget 0.5 %$/
  expect(guard?.body).toMatchObject({ rule: VERDICT, sentence: expect.stringMatching(shown) })
  expect(run.reason).toBe(guard?.body.sentence)
  expect(report).toContain(String(guard?.body.sentence))
})

test('a version that is shown not to be worse does not have to wait for the end of its stage', async () => {
  const { exitCode, run, entries, report } = await deploy(await startProject())
  expect({ exitCode, state: run.state }).toEqual({ exitCode: 0, state: 'succeeded' })
  const stage = (event: string) =>
    entries.find(({ kind, body }) => kind === 'stage' && body.stage === 'quarter' && body.event === event)
  const [started, ended] = [stage('started'), stage('ended')]
  expect((ended?.at ?? 0) - (started?.at ?? 0)).toBeLessThan(240_000)
  expect(ended?.body.reason).toMatch(/errors shown not worse: .*latency shown not worse: /s)
  expect(report).toContain('shown not worse')
})
