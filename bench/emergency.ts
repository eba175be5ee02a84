// The emergency: a live canary is taken back when half of what gonogo has is dead, and its data with it. Clients must not notice.
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { startLoad, type LoadProcess } from '../examples/load/load.ts'
import { capsuleDirectory } from '../src/conduct/capsule.ts'
import { pause, poll } from '../src/lib/deadline.ts'
import { identify } from '../src/lib/process-identity.ts'
import { startConductor, type Conductor } from './fixture/conductor.ts'
import { createDatabase } from './fixture/database.ts'
import { GONOGO, Project, runProgram, SERVICE } from './fixture/project.ts'
import { median, type Bench, type BenchOptions, type BenchResult, type Measure } from './result.ts'

const TRAFFIC_MS_MAX = 1000
const RESTORE_RATIO_MAX = 1.2
const REQUESTS_PER_SECOND = 200
const EMERGENCY = ['rollback', '--emergency', '--skip-validation', '--reason', 'bench']
/** All that rollback.sh may need of a system; neither Node nor curl. */
const POSIX_TOOLS = ['sh', 'cat', 'cp', 'mv', 'rm', 'ln', 'date', 'dirname', 'sleep', 'wc', 'sync', 'chmod', 'chown']

const DOCUMENT = `# Release

## Deployment
- [ ] Data is backed up
- [ ] The new version is delivered
`

export const bench: Bench = {
  name: 'emergency',
  summary:
    'a live canary taken back with conductor and Postgres dead, from elsewhere, by rollback.sh alone; and its data with it',
  run,
}

async function run(options: BenchOptions): Promise<BenchResult> {
  const traffic = await measureTraffic(options)
  const data = await measureData(options)
  return { measures: [...traffic.measures, ...data.measures], notes: [...traffic.notes, ...data.notes] }
}

/** How the emergency is met: what is dead before it, and the command. */
interface Way {
  what: string
  dead: 'nothing' | 'conductor and Postgres'
  command: (project: Project, runId: string) => Promise<{ exitCode: number | null; stderr: string }>
}

const WAYS: Way[] = [
  { what: 'conductor alive', dead: 'nothing', command: (project) => project.run(EMERGENCY) },
  {
    what: 'conductor and Postgres killed',
    dead: 'conductor and Postgres',
    command: (project) => project.run(EMERGENCY),
  },
  {
    what: 'from another directory',
    dead: 'nothing',
    command: (project) => project.run(['-C', project.directory, ...EMERGENCY], { cwd: '/' }),
  },
  { what: 'rollback.sh alone, without Node and curl', dead: 'conductor and Postgres', command: runScriptAlone },
]

async function measureTraffic({ quick, progress }: BenchOptions): Promise<BenchResult> {
  await using project = await createProject(1e6)
  const load = startTraffic(project)
  const measures: Measure[] = []
  for (const way of WAYS) {
    const times: number[] = []
    for (let round = 1; round <= (quick ? 1 : 5); round++) times.push(await takeBack(project, load, way))
    progress(`${way.what}: ${times.map(Math.round).join(', ')} ms`)
    measures.push({
      what: `${way.what}: command -> last answer of the candidate, longest`,
      measured: Math.max(...times),
      unit: 'ms',
      target: { atMost: TRAFFIC_MS_MAX },
    })
  }
  const { failed, requests, failures } = await load.stop()
  measures.push({
    what: `failed of ${requests} client requests`,
    measured: failed,
    unit: 'requests',
    target: { atMost: 0 },
  })
  return { measures, notes: failures.slice(0, 5).map((failure) => `failed: ${failure.what} ${failure.detail}`) }
}

/** One live canary, taken back in one way. @returns ms from the command to the candidate's last answer. */
async function takeBack(project: Project, load: LoadProcess, { what, dead, command }: Way): Promise<number> {
  const { conductor, runId } = await startCanary(project, load)
  if (dead !== 'nothing') await killAll(project, conductor)
  const startedAt = Date.now()
  const ended = await command(project, runId)
  if (ended.exitCode !== 0) throw new Error(`${what}: exit ${ended.exitCode}: ${ended.stderr}`)
  // Long enough that whatever was still under way has been answered.
  await pause(500)
  const lastAt = (await load.progress()).byVersion.v2?.lastAt ?? 0
  await requireRolledBack(project, conductor, dead === 'nothing' ? null : runId)
  return Math.max(0, lastAt - startedAt)
}

/** The script with as little around it as possible. */
function runScriptAlone(project: Project, runId: string): Promise<{ exitCode: number | null; stderr: string }> {
  const tools = join(project.directory, 'tools')
  rmSync(tools, { recursive: true, force: true })
  mkdirSync(tools)
  for (const tool of POSIX_TOOLS) symlinkSync(findTool(tool), join(tools, tool))
  const script = join(capsuleDirectory(project.stateDirectory, runId), 'rollback.sh')
  return runProgram(join(tools, 'sh'), [script], { cwd: '/', env: { PATH: tools } })
}

function findTool(name: string): string {
  const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/bin', '/usr/sbin', '/sbin']
  const place = places.find((directory) => directory !== '' && readdirSafely(directory).includes(name))
  if (!place) throw new Error(`this system has no ${name}`)
  return join(place, name)
}

function readdirSafely(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

async function measureData({ quick, progress }: BenchOptions): Promise<BenchResult> {
  const bytes = quick ? 100e6 : 1000e6
  await using project = await createProject(bytes)
  const load = startTraffic(project)
  const rounds: DataRound[] = []
  for (let round = 1; round <= (quick ? 2 : 3); round++) {
    const done = await restoreData(project, load)
    rounds.push(done)
    progress(
      `round ${round}: data part ${Math.round(done.totalMs)} ms, of it the swap ${Math.round(done.swapMs)} ms; cp and fsync ${Math.round(done.copyMs)} ms`,
    )
  }
  const { failed, requests, failures, latencyMs } = await load.stop()
  const of = (what: string, field: 'totalMs' | 'swapMs', target?: Measure['target']): Measure => ({
    what,
    measured: median(rounds.map((round) => round[field])),
    unit: 'ms',
    peer: { name: 'cp + fsync', measured: median(rounds.map((round) => round.copyMs)) },
    pairedRatio: median(rounds.map((round) => round[field] / round.copyMs)),
    ...(target ? { target } : {}),
  })
  return {
    measures: [
      of('data back: hold, stop, swap, start, release', 'totalMs', quick ? undefined : { atMost: RESTORE_RATIO_MAX }),
      of('data back: the swap alone', 'swapMs', { atMost: RESTORE_RATIO_MAX }),
      { what: 'longest a client request was held', measured: latencyMs.max, unit: 'ms' },
      { what: `failed of ${requests} client requests`, measured: failed, unit: 'requests', target: { atMost: 0 } },
    ],
    notes: [
      `${Math.round(bytes / 1e6)} MB of SQLite behind the service, which writes while it is taken back`,
      ...(quick
        ? ['at this size stopping and starting processes outweighs the copy: the whole is judged at 1 GB only']
        : []),
      ...failures.slice(0, 5).map((failure) => `failed: ${failure.what} ${failure.detail}`),
    ],
  }
}

interface DataRound {
  /** The part `data` of rollback.sh, all of it. */
  totalMs: number
  swapMs: number
  /** Copying the same file and bringing it to disk. */
  copyMs: number
}

async function restoreData(project: Project, load: LoadProcess): Promise<DataRound> {
  const { conductor, runId } = await startCanary(project, load)
  const factsBefore = countRows(project, 'facts')
  const copyMs = await timeCopy(project)
  conductor.kill()
  await conductor.ended
  const lines: { at: number; text: string }[] = []
  const args = [GONOGO, ...EMERGENCY, '--restore-data']
  const ended = await runProgram(process.execPath, args, {
    cwd: project.directory,
    onLine: (text) => lines.push({ at: performance.now(), text }),
  })
  if (ended.exitCode !== 0) throw new Error(`restoring ended with ${ended.exitCode}: ${ended.stderr}`)
  const at = (words: RegExp, after = 0): number => {
    const found = lines.find((line) => line.at > after && words.test(line.text))
    if (!found) throw new Error(`rollback did not say ${words}: ${lines.map((line) => line.text).join(' | ')}`)
    return found.at
  }
  const stopped = at(/^\s*stop v2/)
  const began = at(/^\s*all traffic to v1/, stopped)
  const swapped = at(/back to the backup/)
  const round = { totalMs: at(/everything after/) - began, swapMs: at(/^\s*start v1/) - swapped, copyMs }
  await requireRolledBack(project, conductor, runId)
  if (countRows(project, 'facts') !== factsBefore) throw new Error('the database is not what was backed up')
  const kept = readdirSync(project.directory).filter((name) => name.includes('.replaced-'))
  if (kept.length === 0) throw new Error('the replaced database was not kept')
  for (const name of kept) rmSync(join(project.directory, name))
  return round
}

function countRows(project: Project, table: string): number {
  using database = new DatabaseSync(join(project.directory, 'app.db'), { readOnly: true })
  return Number(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.count)
}

async function timeCopy(project: Project): Promise<number> {
  const { exitCode, stderr, durationMs } = await runProgram('sh', ['-c', 'cp app.db plain-copy && sync plain-copy'], {
    cwd: project.directory,
  })
  if (exitCode !== 0) throw new Error(`cp: ${stderr}`)
  rmSync(join(project.directory, 'plain-copy'))
  return durationMs
}

/** A release whose candidate has half of the traffic. */
async function startCanary(project: Project, load: LoadProcess): Promise<{ conductor: Conductor; runId: string }> {
  const known = new Set(readdirSafely(join(project.stateDirectory, 'capsules')))
  const before = (await load.progress()).byVersion.v2?.answered ?? 0
  const conductor = startConductor(project, ['deploy', '--yes'])
  await conductor.until((event) => event.type === 'stage' && event.event === 'started')
  const answered = await poll(
    async () => (((await load.progress()).byVersion.v2?.answered ?? 0) > before + 50 ? true : null),
    { everyMs: 20, timeoutMs: 10_000 },
  )
  const runId = readdirSafely(join(project.stateDirectory, 'capsules')).find((id) => !known.has(id))
  if (!answered || !runId) throw new Error('the canary got no traffic: nothing would be shown')
  return { conductor, runId }
}

async function killAll(project: Project, conductor: Conductor): Promise<void> {
  const postmaster = Number(
    readFileSync(join(project.stateDirectory, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0],
  )
  conductor.kill()
  process.kill(postmaster, 'SIGKILL')
  await conductor.ended
  const gone = await poll(() => (identify(postmaster) ? null : true), { everyMs: 5, timeoutMs: 5000 })
  if (!gone) throw new Error('Postgres is still there: nothing would be shown')
}

/** The run ends as rolled back: by its conductor, or, where that is dead, by being resumed (`runId`). */
async function requireRolledBack(project: Project, conductor: Conductor, runId: string | null): Promise<void> {
  const finisher = runId === null ? conductor : startConductor(project, ['resume', runId])
  const { exitCode, stderr } = await finisher.ended
  const state = finisher.events.findLast((event) => event.type === 'run')?.state
  if (exitCode !== 1 || state !== 'rolled-back')
    throw new Error(`the run ended as ${state} with exit code ${exitCode}: ${stderr}`)
}

function startTraffic(project: Project): LoadProcess {
  return startLoad({
    url: project.url,
    connections: 20,
    requestsPerSecond: REQUESTS_PER_SECOND,
    durationMs: 7_200_000,
    timeoutMs: 60_000,
  })
}

async function createProject(bytes: number): Promise<Project> {
  const project = await Project.create({ document: DOCUMENT, config: configOf })
  createDatabase(join(project.directory, 'app.db'), bytes)
  await project.must('plan', '--lock')
  await project.must('up', 'v1')
  return project
}

function configOf(id: (words: string) => string, port: number): string {
  return `service: bench
checklist: CHECKLIST.md
people: { release-manager: [ann] }
targets:
  app:
    kind: process-group
    command: [${process.execPath}, ${SERVICE}]
    instances: 2
    env: { DATABASE: app.db }
    health: { path: /health, intervalMs: 100 }
routers:
  edge: { kind: builtin-proxy, listen: { port: ${port} } }
backups:
  main: { kind: sqlite, database: app.db, keep: 1, check: quick }
signals:
  traffic: { kind: router }
delivery:
  target: app
  router: edge
  stable: v1
  candidate: v2
  autoPromote: true
  restore: main
  strategy:
    kind: canary
    stages: [{ name: half, weight: 50, duration: 30 min }, { name: all, weight: 100, duration: 1 min }]
  watchdog: { after: 2 min }
bindings:
  ${id('Data is backed up')}: { backup: main }
  ${id('new version is delivered')}: { rollout: true }
`
}
