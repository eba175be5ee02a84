// An instance of a version that can be asked, made faulty, killed, and comes back on the same port.
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Backend, RoutingTable } from '../../src/plan/traffic.ts'
import { endChild, endWithBench } from '../relay/processes.ts'

/** What is asked; with `faulty` it answers 500 from now on, or no longer. */
export interface BackendQuestion {
  faulty?: boolean
}

export type BackendReply = { port: number } | BackendState

/** On the clock of `monotonicMs`. */
export interface BackendState {
  /** 0: none came yet. WebSockets do not count. */
  lastArrivalAt: number
  now: number
}

export class Instance {
  readonly backend: Backend
  readonly #uploadLog: string
  #child: ChildProcess

  private constructor(backend: Backend, uploadLog: string, child: ChildProcess) {
    this.backend = backend
    this.#uploadLog = uploadLog
    this.#child = child
  }

  static async start(id: string, uploadLog: string): Promise<Instance> {
    const version = id.split('-')[0] ?? id
    const { child, port } = await startBackend(version, 0, id, uploadLog)
    return new Instance({ id, version, host: '127.0.0.1', port }, uploadLog, child)
  }

  async ask(question: BackendQuestion = {}): Promise<BackendState> {
    const answered = once(this.#child, 'message', { signal: AbortSignal.timeout(10_000) })
    this.#child.send(question)
    const [state] = (await answered) as [BackendState]
    return state
  }

  end(signal: NodeJS.Signals): Promise<void> {
    return endChild(this.#child, signal)
  }

  async restart(): Promise<void> {
    const { id, version, port } = this.backend
    this.#child = (await startBackend(version, port, id, this.#uploadLog)).child
  }
}

async function startBackend(
  version: string,
  port: number,
  id: string,
  uploadLog: string,
): Promise<{ child: ChildProcess; port: number }> {
  const script = fileURLToPath(new URL('./backend.ts', import.meta.url))
  // A session of its own, as the routers have: Linux shares the processor out by session.
  const child = fork(script, [version, String(port), id, uploadLog], { detached: true })
  endWithBench(child)
  const ended = once(child, 'exit').then(() => {
    throw new Error(`backend ${id} did not start`)
  })
  ended.catch(() => {})
  const [reply] = (await Promise.race([once(child, 'message'), ended])) as [{ port: number }]
  return { child, port: reply.port }
}

/** Two versions of two instances each. */
export interface Versions {
  stable: Instance[]
  candidate: Instance[]
  /** v2 gets this share. */
  table(weight: number): RoutingTable
  end(): Promise<void>
}

export async function startVersions(uploadLog: string): Promise<Versions> {
  const start = (ids: string[]): Promise<Instance[]> => Promise.all(ids.map((id) => Instance.start(id, uploadLog)))
  const [stable, candidate] = [await start(['v1-1', 'v1-2']), await start(['v2-1', 'v2-2'])]
  const all = [...stable, ...candidate]
  const backends = all.map(({ backend }) => backend)
  return {
    stable,
    candidate,
    table: (weight) => ({ weights: { v1: 100 - weight, v2: weight }, backends, stable: 'v1' }),
    end: async () => void (await Promise.all(all.map((instance) => instance.end('SIGKILL')))),
  }
}
