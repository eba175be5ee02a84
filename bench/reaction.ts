// From a fault that makes the candidate answer nothing but errors to the last error a client sees: real releases, each ended by its guard.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startLoad, type LoadProcess } from '../examples/load/load.ts'
import { pause } from '../src/lib/deadline.ts'
import { startConductor } from './fixture/conductor.ts'
import { Project, SERVICE } from './fixture/project.ts'
import { median, type Bench, type BenchOptions, type BenchResult, type Measure } from './result.ts'

const INTERVALS_MAX = 2
const SAMPLING_MS = [1000, 250]
const REQUESTS_PER_SECOND = 250
const CONNECTIONS = 20

const DOCUMENT = `# Release

## Deployment
- [ ] The new version is delivered

## Rollback
### Automatic rollback triggers
- [ ] Error rate exceeds 50%
`

export const bench: Bench = {
  name: 'reaction',
  summary: 'from a planted 100 % error fault in a canary to the last failed response a client sees',
  run,
}

async function run(options: BenchOptions): Promise<BenchResult> {
  const measures: Measure[] = []
  for (const samplingMs of SAMPLING_MS) measures.push(...(await measureAt(samplingMs, options)))
  return {
    measures,
    notes: [
      `canary at 10 % of ${REQUESTS_PER_SECOND} requests/s over ${CONNECTIONS} keep-alive connections; the fault comes at a random moment between two samples`,
    ],
  }
}

interface Reaction {
  /** From planting the fault to the last failed response. */
  lastMs: number
  failed: number
}

async function measureAt(samplingMs: number, { quick, progress }: BenchOptions): Promise<Measure[]> {
  await using project = await Project.create({
    document: DOCUMENT,
    config: (id, port) => configOf(id, port, samplingMs),
  })
  await project.must('plan', '--lock')
  await project.must('up', 'v1')
  const load = startLoad({
    url: project.url,
    connections: CONNECTIONS,
    requestsPerSecond: REQUESTS_PER_SECOND,
    durationMs: 3_600_000,
  })
  const reactions: Reaction[] = []
  for (let round = 1; round <= (quick ? 3 : 20); round++) {
    const reaction = await react(project, load, samplingMs)
    reactions.push(reaction)
    progress(`${samplingMs} ms, run ${round}: ${reaction.failed} failed, the last after ${reaction.lastMs} ms`)
  }
  await load.stop()
  const times = reactions.map(({ lastMs }) => lastMs)
  const what = `sampling ${samplingMs} ms`
  return [
    {
      what: `${what}: fault -> last failed response, median`,
      measured: median(times),
      unit: 'ms',
      peer: { name: 'interval', measured: samplingMs },
      target: { atMost: INTERVALS_MAX },
    },
    { what: `${what}: the same, longest`, measured: Math.max(...times), unit: 'ms' },
    {
      what: `${what}: failed responses, median`,
      measured: median(reactions.map(({ failed }) => failed)),
      unit: 'responses',
    },
  ]
}

/** One release that meets the fault while its canary is held, and is rolled back by its guard. */
async function react(project: Project, load: LoadProcess, samplingMs: number): Promise<Reaction> {
  const fault = join(project.directory, 'fault')
  const before = await load.progress()
  const conductor = startConductor(project, ['deploy', '--yes'])
  await conductor.until((event) => event.type === 'stage' && event.event === 'started')
  await pause(samplingMs * (2 + Math.random()))
  const plantedAt = Date.now()
  writeFileSync(fault, '')
  const { exitCode, stderr } = await conductor.ended
  rmSync(fault)
  const after = await load.progress()
  const failed = after.failed - before.failed
  const outcome = conductor.events.findLast((event) => event.type === 'run')
  if (exitCode !== 1 || outcome?.state !== 'rolled-back')
    throw new Error(`the release was not rolled back but ended with ${exitCode} (${outcome?.state}): ${stderr}`)
  const early = after.failures.filter(({ at }) => at >= before.startedAt + before.durationMs && at < plantedAt)
  if (failed === 0 || after.lastFailureAt === null || early.length > 0)
    throw new Error(`${failed} failed responses, ${early.length} of them before the fault: this measures nothing`)
  return { lastMs: after.lastFailureAt - plantedAt, failed }
}

function configOf(id: (words: string) => string, port: number, samplingMs: number): string {
  return `service: bench
checklist: CHECKLIST.md
people: { release-manager: [ann] }
targets:
  app:
    kind: process-group
    command: [${process.execPath}, ${SERVICE}]
    instances: 2
    env: { FAULT_FILE: fault }
    health: { path: /health, intervalMs: 100 }
routers:
  # What the router itself does against errors is off: this measures the guard.
  edge: { kind: builtin-proxy, listen: { port: ${port} }, shield: { enabled: false }, breaker: { enabled: false } }
signals:
  traffic: { kind: router }
delivery:
  target: app
  router: edge
  stable: v1
  candidate: v2
  autoPromote: true
  strategy:
    kind: canary
    stages: [{ name: few, weight: 10, duration: 5 min }, { name: all, weight: 100, duration: 1 min }]
  sampling: ${samplingMs} ms
bindings:
  ${id('new version is delivered')}: { rollout: true }
  ${id('Error rate exceeds')}: { guard: { signal: error-rate, is: '>', value: 50 } }
`
}
