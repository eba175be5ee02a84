// Those who made way for this process and still answer what is under way: they get every table, and their figures are part of ours.
import { rmSync } from 'node:fs'
import { withDeadline } from '../../lib/deadline.ts'
import { messageOf } from '../../lib/errors.ts'
import { isAlive } from '../../lib/process-identity.ts'
import type { VersionCounters } from '../../plan/signal.ts'
import { AS_FORMER, askProxy } from './admin-client.ts'
import type { AdminAnswer } from './admin-client.ts'
import { sumCounters } from './figures.ts'
import type { Log } from './log.ts'
import { retiredProcesses } from './paths.ts'
import type { ProxyPaths } from './paths.ts'

const ASK_TIMEOUT_MS = 1000

export class Predecessors {
  /** Last figures seen of each, by process id. */
  readonly #last = new Map<number, VersionCounters[]>()
  #ended: VersionCounters[] = []
  readonly #paths: ProxyPaths
  readonly #log: Log

  constructor(paths: ProxyPaths, log: Log) {
    this.#paths = paths
    this.#log = log
  }

  /** Takes those over who left a socket. One that is dead is forgotten at the first question. */
  adopt(): void {
    for (const pid of retiredProcesses(this.#paths)) if (pid !== process.pid) this.#last.set(pid, [])
  }

  /** Process ids of those who still answer. */
  get pids(): number[] {
    return [...this.#last.keys()]
  }

  /** From now on they are somebody else's. */
  release(): void {
    this.#last.clear()
  }

  /** The figures of all of them, those that have ended too. */
  async counters(): Promise<VersionCounters[]> {
    await this.#askAll('GET', '/counters', (pid, answer) => this.#last.set(pid, answer.body as VersionCounters[]))
    return sumCounters([this.#ended, ...this.#last.values()])
  }

  /** Puts a table in force at each. */
  async apply(table: string): Promise<void> {
    await this.#askAll('PUT', '/table', () => {}, table)
  }

  /** The last figures of one that ends. */
  farewell(pid: number, counters: readonly VersionCounters[]): void {
    if (!this.#last.delete(pid)) return
    this.#ended = sumCounters([this.#ended, counters.map((version) => ({ ...version, inFlight: 0 }))])
  }

  /** Tells each to end; whether all are gone. */
  async shutdown(): Promise<void> {
    await this.#askAll('POST', '/shutdown', () => {})
  }

  /** Whether one of them still runs. */
  areAlive(): boolean {
    return this.pids.some((pid) => isAlive({ pid, startTicks: null }))
  }

  async #askAll(
    method: 'GET' | 'PUT' | 'POST',
    path: string,
    take: (pid: number, answer: AdminAnswer) => void,
    body?: string,
  ): Promise<void> {
    if (this.#last.size === 0) return
    await Promise.all(
      this.pids.map(async (pid) => {
        const socket = this.#paths.retiredSocket(pid)
        try {
          const question = {
            method,
            path: `${path}?${AS_FORMER}`,
            signal: withDeadline(ASK_TIMEOUT_MS),
            ...(body === undefined ? {} : { body }),
          }
          const answer = await askProxy('the former proxy', socket, question)
          // It may have said farewell meanwhile.
          if (answer && this.#last.has(pid)) take(pid, answer)
          else if (!answer) this.#forget(pid, socket)
        } catch (error) {
          this.#log(`the former process ${pid}: ${messageOf(error)}`)
        }
      }),
    )
  }

  /** It ended without a farewell: what was last seen of it counts. */
  #forget(pid: number, socket: string): void {
    this.farewell(pid, this.#last.get(pid) ?? [])
    rmSync(socket, { force: true })
  }
}
