// No request may fail: keep-alive clients through switches, weight changes, drains, kill -9 of the candidate and the capsule.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startLoad } from '../examples/load/load.ts'
import type { LoadProcess, LoadResult } from '../examples/load/load.ts'
import { pause } from '../src/lib/deadline.ts'
import type { RoutingTable } from '../src/plan/traffic.ts'
import { startEdge } from './relay/edge.ts'
import type { Edge } from './relay/edge.ts'
import { Instance } from './relay/processes.ts'
import { median } from './result.ts'
import type { Bench, BenchOptions, BenchResult, Measure } from './result.ts'

const execute = promisify(execFile)
const CONNECTIONS = 64
const SWITCHES = 20
const KILLS = 12
const DRAINS = 6
const CAPSULES = 5
const WEIGHTS = [1, 10, 25, 50, 75, 100, 60, 30, 5, 0]

export const bench: Bench = {
  name: 'traffic',
  summary: 'failed requests through switches, weights, drains, kill -9 of the candidate, the emergency capsule',
  run,
}

interface Scene {
  edge: Edge
  load: LoadProcess
  stable: Instance[]
  candidate: Instance[]
  /** Requests between two events. */
  spacing: number
}

async function run({ quick, progress }: BenchOptions): Promise<BenchResult> {
  const requestsMin = quick ? 20_000 : 200_000
  const stable = await Promise.all(['v1-1', 'v1-2'].map((id) => Instance.start(id)))
  const candidate = await Promise.all(['v2-1', 'v2-2'].map((id) => Instance.start(id)))
  await using edge = await startEdge(tableAt(0, stable, candidate))
  const load = startLoad({ url: edge.url, connections: CONNECTIONS, durationMs: 1_800_000 })
  const events = SWITCHES + WEIGHTS.length * 2 + DRAINS + KILLS + CAPSULES
  const scene: Scene = { edge, load, stable, candidate, spacing: Math.ceil(requestsMin / events) }
  await requestsPass(scene)

  const parts: [string, (scene: Scene) => Promise<number[]>][] = [
    [`${SWITCHES} full switches`, fullSwitches],
    [`${WEIGHTS.length * 2} weight changes`, weightChanges],
    [`${DRAINS} drains with graceful stop`, drains],
    [`${KILLS} x kill -9 of the candidate`, kills],
    [`${CAPSULES} x emergency capsule`, capsules],
  ]
  const measures: Measure[] = []
  const times: number[][] = []
  for (const [what, part] of parts) {
    const before = (await load.progress()).failed
    times.push(await part(scene))
    const { requests, failed } = await load.progress()
    progress(`${what}: ${failed - before} failed; ${requests} requests so far`)
    measures.push({ what, measured: failed - before, unit: 'failed', target: { atMost: 0 } })
  }
  const result = await load.stop()
  const counters = await edge.router.counters(AbortSignal.timeout(5000))
  const retries = (counters ?? []).reduce((sum, version) => sum + version.retries, 0)
  await Promise.all([...stable, ...candidate].map((instance) => instance.end('SIGKILL')))
  return {
    measures: [
      { what: 'requests in total', measured: result.requests, unit: 'requests', target: { atLeast: requestsMin } },
      { what: 'failed in total', measured: result.failed, unit: 'requests', target: { atMost: 0 } },
      ...measures,
      // None would mean that the faults missed the traffic and nothing was shown.
      { what: 'requests saved by a retry', measured: retries, unit: 'requests', target: { atLeast: 1 } },
      ...speeds(times),
    ],
    notes: result.failures.slice(0, 5).map((failure) => `failed: ${failure.what} ${failure.detail}`),
  }
}

/** From the command to the last answer of the version that lost the traffic. */
function speeds([switching = [], , , , capsule = []]: number[][]): Measure[] {
  return [
    { what: 'set -> last answer of the old version, median', measured: median(switching), unit: 'ms' },
    { what: 'set -> last answer of the old version, max', measured: Math.max(...switching), unit: 'ms' },
    {
      what: 'capsule -> last answer of the candidate, max',
      measured: Math.max(...capsule),
      unit: 'ms',
      target: { atMost: 1000 },
    },
  ]
}

async function fullSwitches(scene: Scene): Promise<number[]> {
  const times: number[] = []
  for (let i = 1; i <= SWITCHES; i++) {
    const [weight, old] = i % 2 === 1 ? [100, 'v1'] : [0, 'v2']
    times.push(await timeToLast(scene, old, () => set(scene, weight)))
  }
  return times
}

async function weightChanges(scene: Scene): Promise<number[]> {
  for (const weight of [...WEIGHTS, ...WEIGHTS.toReversed()]) {
    await set(scene, weight)
    await requestsPass(scene)
  }
  return []
}

/** As a release ends: traffic away, drained, stopped with TERM, and the next one comes up. */
async function drains(scene: Scene): Promise<number[]> {
  for (let i = 0; i < DRAINS; i++) {
    await set(scene, 50)
    await requestsPass(scene)
    await set(scene, 0)
    if (!(await scene.edge.router.drain('v2', 10_000))) throw new Error('v2 did not drain')
    await Promise.all(scene.candidate.map((instance) => instance.end('SIGTERM')))
    await Promise.all(scene.candidate.map((instance) => instance.restart()))
  }
  return []
}

/** One instance in even rounds, all of them in odd ones. */
async function kills(scene: Scene): Promise<number[]> {
  await set(scene, 50)
  for (let i = 0; i < KILLS; i++) {
    const killed = i % 2 === 0 ? scene.candidate.slice(0, 1) : scene.candidate
    await Promise.all(killed.map((instance) => instance.end('SIGKILL')))
    await pause(100)
    await Promise.all(killed.map((instance) => instance.restart()))
    await requestsPass(scene)
  }
  return []
}

async function capsules(scene: Scene): Promise<number[]> {
  const { edge, stable, candidate } = scene
  const step = edge.router.capsule(tableAt(0, stable, candidate))
  for (const [name, content] of Object.entries(step.files)) writeFileSync(join(edge.directory, name), content)
  const script = join(edge.directory, 'rollback.sh')
  writeFileSync(script, `set -eu\nHERE='${edge.directory}'\n${step.shell}\n`)
  const times: number[] = []
  for (let i = 0; i < CAPSULES; i++) {
    await set(scene, 100)
    await requestsPass(scene)
    times.push(await timeToLast(scene, 'v2', () => execute('sh', [script], { cwd: '/' })))
  }
  return times
}

/** Milliseconds from the command to the last answer of `old`; some thousand requests later it must have been the last. */
async function timeToLast(scene: Scene, old: string, command: () => Promise<unknown>): Promise<number> {
  const startedAt = Date.now()
  await command()
  const result = await requestsPass(scene)
  return Math.max(0, (result.byVersion[old]?.lastAt ?? startedAt) - startedAt)
}

async function requestsPass({ load, spacing }: Scene): Promise<LoadResult> {
  const wanted = (await load.progress()).requests + spacing
  for (;;) {
    const result = await load.progress()
    if (result.requests >= wanted) return result
    await pause(10)
  }
}

function set({ edge, stable, candidate }: Scene, weight: number): Promise<void> {
  return edge.router.set(tableAt(weight, stable, candidate))
}

function tableAt(weight: number, stable: readonly Instance[], candidate: readonly Instance[]): RoutingTable {
  const backends = [...stable, ...candidate].map((instance) => instance.backend)
  return { weights: { v1: 100 - weight, v2: weight }, backends, stable: 'v1' }
}
