// One pair, driven by the real command line: a clean release, a faulty one, one whose conductor is killed; seen by a client from outside.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { capsuleDirectory, executedParts, armedRuns } from '../../src/conduct/capsule.ts'
import { readDocument } from '../../src/app/project.ts'
import { findKind } from '../../src/catalog/catalog.ts'
import { poll } from '../../src/lib/deadline.ts'
import { messageOf } from '../../src/lib/errors.ts'
import { killAll } from '../fixture/project.ts'
import { freePort, gonogo, removeFolder, startGonogo, temporaryFolder } from '../../test/e2e/gonogo.ts'
import { startClient, type Client } from './client.ts'
import type { Machine } from './machine.ts'
import { strategyOf, type Pair } from './pairs.ts'
import { NOTHING_TO_START, VERSIONS, type OpenTarget, type Place } from './scene.ts'

/** What came of a pair; where it is not as it should be, what was wrong: null is good. */
export interface Trial {
  clean: string | null
  faulty: string | null
  killed: string | null
  /** From `kill -9` of the conductor until the old version served everything. */
  takenBackMs: number
  parts: readonly string[]
  /** `2026-01-31`. */
  date: string
}

const DOCUMENT = '# Release\n\n## Deployment\n\n- [ ] **Delivery**: the new version takes over\n'
const NOT_TRIED = 'not tried'
const SHORT = '1 s'
/** Long enough for what ends them. */
const LONG = '2 min'
const WATCHDOG_AFTER = '1 s'
const ENDED_MS_MAX = 20_000
const EXECUTED_MS_MAX = 60_000
const COMMAND_MS_MAX = 120_000

const [FIRST, CLEAN, FAULTY, LAST] = VERSIONS

/** Tries one pair, in a project of its own; what goes wrong stands in the result. */
export async function tryPair(pair: Pair, machine: Machine, slug: string): Promise<Trial> {
  const trial: Trial = {
    clean: NOT_TRIED,
    faulty: NOT_TRIED,
    killed: NOT_TRIED,
    takenBackMs: Number.NaN,
    parts: [],
    date: new Date().toISOString().slice(0, 10),
  }
  const { target, router } = pair
  const needs = [...target.needs, ...(router?.needs ?? [])]
  const place: Place = {
    directory: temporaryFolder(),
    slug,
    port: await freePort(),
    cluster: needs.includes('cluster') ? await machine.cluster() : null,
    docker: needs.includes('docker') ? await machine.docker() : null,
  }
  await using ending = new AsyncDisposableStack()
  const killLeftOver = (): void => void killAll(place.directory)
  process.once('exit', killLeftOver)
  ending.defer(() => void process.off('exit', killLeftOver))
  ending.defer(() => removeFolder(place.directory))
  try {
    const opened = await target.open(place)
    ending.defer(() => opened.stop())
    const split = (await router?.open(place)) ?? NOTHING_TO_START
    ending.defer(() => split.stop())
    trial.parts = [...opened.parts, ...split.parts]
    const client = await startClient(router?.url(place) ?? opened.url)
    ending.use(client)
    const project = new PairProject(pair, place, { ...opened.env, ...split.env }, client)
    ending.defer(() => project.down())
    await project.up()
    trial.clean = await failureOf(() => releaseClean(project, opened))
    if (trial.clean === null) trial.faulty = await failureOf(() => releaseFaulty(project, opened))
    if (trial.faulty === null)
      trial.killed = await failureOf(async () => {
        trial.takenBackMs = await releaseKilled(project, opened)
      })
  } catch (error) {
    trial.clean = messageOf(error)
  }
  return trial
}

/** What is not as it should be: which scene, and why. */
export function failuresOf({ clean, faulty, killed }: Trial): string[] {
  return Object.entries({ clean, faulty, killed }).flatMap(([scene, why]) => (why === null ? [] : [`${scene}: ${why}`]))
}

async function failureOf(scene: () => Promise<void>): Promise<string | null> {
  try {
    await scene()
    return null
  } catch (error) {
    return messageOf(error)
  }
}

async function releaseClean(project: PairProject, target: OpenTarget): Promise<void> {
  await project.lock(CLEAN, SHORT)
  await project.say(0, 'deploy', '--yes', '--no-wait')
  await project.client.sees(CLEAN)
  await requireGone(target, FIRST)
  requireRunning(target, CLEAN)
}

async function releaseFaulty(project: PairProject, target: OpenTarget): Promise<void> {
  await project.lock(FAULTY, LONG)
  const said = await project.say(1, 'deploy', '--yes', '--no-wait')
  if (!said.includes('rolled-back')) throw new Error(`the faulty one was not rolled back: ${said}`)
  await project.client.sees(CLEAN)
  await requireGone(target, FAULTY)
  requireRunning(target, CLEAN)
}

/** @returns ms from the kill until the old version served everything. */
async function releaseKilled(project: PairProject, target: OpenTarget): Promise<number> {
  const { client, stateDirectory } = project
  await project.lock(LAST, LONG)
  const deploy = project.start('deploy', '--yes', '--no-wait')
  await Promise.race([
    client.meets(LAST),
    deploy.finished.then(({ stdout, stderr }) => Promise.reject(new Error(`it ended too soon: ${stderr}${stdout}`))),
  ])
  const [run] = armedRuns(stateDirectory)
  const capsule = capsuleDirectory(stateDirectory, run ?? 'none')
  if (run === undefined || executedParts(capsule).length > 0) throw new Error('there is no live candidate to kill at')
  const killedAt = performance.now()
  deploy.child.kill('SIGKILL')
  await deploy.finished
  const isBack = (): true | null => executedParts(capsule).some((part) => part.startsWith('traffic')) || null
  if (!(await poll(isBack, { everyMs: 20, timeoutMs: EXECUTED_MS_MAX })))
    throw new Error('the watchdog did not take the traffic back')
  await client.sees(CLEAN)
  const tookMs = client.lastOther(CLEAN) - killedAt
  const said = await project.say(1, 'resume', run)
  if (!said.includes('rolled-back')) throw new Error(`the killed one was not rolled back: ${said}`)
  await client.sees(CLEAN)
  await requireGone(target, LAST)
  requireRunning(target, CLEAN)
  return tookMs
}

async function requireGone(target: OpenTarget, version: string): Promise<void> {
  const isGone = (): true | null => target.running(version) === 0 || null
  if (await poll(isGone, { everyMs: 200, timeoutMs: ENDED_MS_MAX })) return
  throw new Error(`${target.running(version)} of ${version} still run`)
}

function requireRunning(target: OpenTarget, version: string): void {
  if (target.running(version) === 0) throw new Error(`nothing of ${version} runs`)
}

/** The project of a pair, and its client. */
class PairProject {
  readonly stateDirectory: string
  readonly client: Client
  readonly #pair: Pair
  readonly #place: Place
  readonly #env: Record<string, string>

  constructor(pair: Pair, place: Place, env: Record<string, string>, client: Client) {
    this.stateDirectory = join(place.directory, '.gonogo')
    this.client = client
    this.#pair = pair
    this.#place = place
    this.#env = env
  }

  async up(): Promise<void> {
    writeFileSync(join(this.#place.directory, 'CHECKLIST.md'), DOCUMENT)
    this.#configure(FIRST, SHORT)
    await this.say(0, 'up')
    await this.client.sees(FIRST)
  }

  async lock(candidate: string, duration: string): Promise<void> {
    this.#configure(candidate, duration)
    await this.say(0, 'plan', '--lock')
  }

  start(...args: string[]) {
    return startGonogo(this.#place.directory, args, { env: this.#env, deadlineMs: COMMAND_MS_MAX })
  }

  /** @throws Error with what it said when it ends with another code. */
  async say(code: number, ...args: string[]): Promise<string> {
    const ended = await this.start(...args).finished
    if (ended.code === code) return ended.stdout
    throw new Error(`gonogo ${args.join(' ')} ended with ${ended.code}, not ${code}: ${ended.stderr}${ended.stdout}`)
  }

  /** Whatever came before: nothing of it is left. */
  async down(): Promise<void> {
    const { directory } = this.#place
    const options = { env: this.#env, deadlineMs: COMMAND_MS_MAX }
    for (const run of armedRuns(this.stateDirectory))
      await gonogo(directory, ['rollback', run, '--emergency', '--skip-validation', '--reason', 'the end'], options)
    await gonogo(directory, ['down'], options)
  }

  #configure(candidate: string, duration: string): void {
    const { target, router } = this.#pair
    const place = this.#place
    const { checklist } = readDocument(place.directory, 'CHECKLIST.md')
    const [item] = checklist.items
    const config = {
      service: 'pair',
      checklist: 'CHECKLIST.md',
      people: { 'release-manager': ['rita'] },
      targets: { [place.slug]: { kind: target.kind, ...target.options(place) } },
      ...(router ? { routers: { edge: { kind: router.kind, ...router.options(place) } } } : {}),
      signals: this.#signals(),
      guards: { failing: { signal: 'error-rate', is: '>', value: 20 } },
      delivery: {
        target: place.slug,
        ...(router ? { router: 'edge' } : {}),
        stable: FIRST,
        candidate,
        autoPromote: true,
        sampling: '250ms',
        strategy: strategyOf(this.#pair, duration),
        // Of the one that is killed; a busy machine is no silence in the others.
        watchdog: { after: candidate === LAST ? WATCHDOG_AFTER : '30 s' },
      },
      bindings: { [item?.id ?? '']: { rollout: true } },
    }
    writeFileSync(join(place.directory, 'gonogo.yaml'), stringify(config))
  }

  /** What the router counts; where it does not, what the client saw. */
  #signals(): Record<string, unknown> {
    const { router } = this.#pair
    if (router) {
      const kind = findKind('router', router.kind, { path: 'router' })
      if (kind.abilities(kind.options.parse(router.options(this.#place))).counts) return { traffic: { kind: 'router' } }
    }
    const asked = {
      path: 'by["{{version}}"].failed',
      observations: 'by["{{version}}"].requests',
      unit: 'percent',
    }
    const url = this.client.figuresUrl
    return { client: { kind: 'http-json', url, everyMs: 250, signals: { 'error-rate': asked } } }
  }
}
