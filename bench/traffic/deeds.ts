// What is done to a router and its versions while clients ask and ask.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pause } from '../../src/lib/deadline.ts'
import type { Clients } from './clients.ts'
import { monotonicMs } from './clock.ts'
import type { Instance, Versions } from './instance.ts'
import type { Scene } from './scenes.ts'

const execute = promisify(execFile)
const SWITCHES = 20
const WEIGHTS = [1, 10, 25, 50, 75, 100, 60, 30, 5, 0]
const DRAINS = 6
const KILLS = 12
const RENEWALS = 3
const CAPSULES = 5
const DRAIN_TIMEOUT_MS = 20_000
/** Answers by which a version that was restarted shows that it has traffic again. */
const BACK_ANSWERS = 20
const BACK_TIMEOUT_MS = 20_000

/** Instances that were killed with -9 at one moment, on the clock of `monotonicMs`. */
export interface Kill {
  at: number
  ids: string[]
}

export interface Play {
  scene: Scene
  versions: Versions
  clients: Clients
  /** Requests between two deeds. */
  spacing: number
  kills: Kill[]
}

export interface Deed {
  what(renewal: string): string
  /** How often. */
  times: number
  /** Milliseconds of what it times. */
  run(play: Play): Promise<number[]>
}

export const DEEDS: Record<'switches' | 'weights' | 'drains' | 'kills' | 'renewals' | 'capsules', Deed> = {
  switches: { what: () => `${SWITCHES} full switches and back`, times: 2 * SWITCHES, run: fullSwitches },
  weights: { what: () => `${2 * WEIGHTS.length} weight changes`, times: 2 * WEIGHTS.length, run: weightChanges },
  drains: { what: () => `${DRAINS} drains with graceful stop`, times: DRAINS, run: drains },
  kills: { what: () => `${KILLS} x kill -9 of the candidate`, times: KILLS, run: kills },
  renewals: { what: (renewal) => `${RENEWALS} x ${renewal} of the router`, times: RENEWALS, run: renewals },
  capsules: { what: () => `${CAPSULES} x emergency capsule`, times: CAPSULES, run: capsules },
}

async function fullSwitches(play: Play): Promise<number[]> {
  for (let i = 0; i < SWITCHES; i++) {
    for (const weight of [100, 0]) {
      await set(play, weight)
      await play.clients.ask(play.spacing)
    }
  }
  return []
}

async function weightChanges(play: Play): Promise<number[]> {
  for (const weight of [...WEIGHTS, ...WEIGHTS.toReversed()]) {
    await set(play, weight)
    await play.clients.ask(play.spacing)
  }
  return []
}

/** As a release ends: traffic away, drained, stopped with TERM, and the next one comes up. */
async function drains(play: Play): Promise<number[]> {
  const { scene, versions, clients, spacing } = play
  const tookMs: number[] = []
  for (let i = 0; i < DRAINS; i++) {
    await set(play, 50)
    await clients.ask(spacing)
    await candidateAnswers(play)
    const startedAt = monotonicMs()
    await set(play, 0)
    if (!(await scene.router.drain('v2', DRAIN_TIMEOUT_MS))) throw new Error(`${scene.name}: v2 did not drain`)
    tookMs.push(monotonicMs() - startedAt)
    await Promise.all(versions.candidate.map((instance) => instance.end('SIGTERM')))
    await Promise.all(versions.candidate.map((instance) => instance.restart()))
  }
  return tookMs
}

/** One instance in even rounds, all of them in odd ones. */
async function kills(play: Play): Promise<number[]> {
  const { versions, clients, spacing } = play
  await set(play, 50)
  for (let i = 0; i < KILLS; i++) {
    await candidateAnswers(play)
    const killed: Instance[] = i % 2 === 0 ? versions.candidate.slice(0, 1) : versions.candidate
    play.kills.push({ at: monotonicMs(), ids: killed.map(({ backend }) => backend.id) })
    await Promise.all(killed.map((instance) => instance.end('SIGKILL')))
    await pause(100)
    await Promise.all(killed.map((instance) => instance.restart()))
    await clients.ask(spacing)
  }
  return []
}

async function renewals(play: Play): Promise<number[]> {
  const { scene, versions, clients, spacing } = play
  const tookMs: number[] = []
  await set(play, 50)
  for (let i = 0; i < RENEWALS; i++) {
    const startedAt = monotonicMs()
    await scene.renew(versions.table(50))
    tookMs.push(monotonicMs() - startedAt)
    await clients.ask(spacing)
  }
  return tookMs
}

/** From the script's start to the candidate's last answer. */
async function capsules(play: Play): Promise<number[]> {
  const { scene, versions, clients, spacing } = play
  const step = scene.router.capsule(versions.table(0))
  for (const [name, content] of Object.entries(step.files)) writeFileSync(join(scene.directory, name), content)
  const script = join(scene.directory, 'rollback.sh')
  writeFileSync(script, `set -eu\nHERE='${scene.directory}'\n${step.shell}\n`)
  const lastMs: number[] = []
  for (let i = 0; i < CAPSULES; i++) {
    await set(play, 100)
    await clients.ask(spacing)
    await candidateAnswers(play)
    const startedAt = monotonicMs()
    await execute('sh', [script], { cwd: '/' })
    await clients.ask(spacing)
    lastMs.push(Math.max(0, ((await clients.seen()).answered['v2']?.lastAt ?? 0) - startedAt))
  }
  return lastMs
}

/** What is done to a version that gets no traffic shows nothing. */
async function candidateAnswers({ scene, clients }: Play): Promise<void> {
  const answers = async (): Promise<number> => (await clients.seen()).answered['v2']?.count ?? 0
  const before = await answers()
  const endsAt = performance.now() + BACK_TIMEOUT_MS
  while ((await answers()) < before + BACK_ANSWERS) {
    if (performance.now() > endsAt) throw new Error(`${scene.name}: v2 is up and gets no traffic`)
    await pause(20)
  }
}

function set({ scene, versions }: Play, weight: number): Promise<void> {
  return scene.router.set(versions.table(weight))
}
