// One attempt at a run. Its durable calls go through until it is stopped; from then on they never settle, so that no more
// of the workflow's code runs, exactly as if the process had been killed. The next attempt replays what was recorded.
import type { Durable, RunMessage } from '../conduct/ports.ts'
import { record, replay } from './recorded.ts'
import type { Recorded } from './recorded.ts'

/** What an engine records by itself; each call is one step in the workflow's order, taken synchronously. */
export interface Primitives {
  /** @throws Error where a call would not be recorded: a bug of the workflow, which gets to see it. */
  assertRecordable(): void
  step<T>(name: string, work: () => Promise<Recorded<T>>): Promise<Recorded<T>>
  receive(timeoutMs: number): Promise<RunMessage | null>
  now(): Promise<number>
}

export interface Execution {
  durable: Durable
  /** Lets no further durable call through. */
  stop(): void
  /** Stops, because the engine cannot go on. */
  fail(reason: Error): void
  /** Resolves once stopped; rejects when it failed. */
  stopped: Promise<void>
  /** Resolves when no step's work is under way any more: what has begun is finished and recorded. */
  settled(): Promise<void>
}

/** @param ready resolves when a new step may begin */
export function createExecution(primitives: Primitives, ready: () => Promise<void>): Execution {
  const { promise: stopped, resolve, reject } = Promise.withResolvers<void>()
  stopped.catch(() => {})
  const underWay = new Set<Promise<void>>()
  let isStopped = false

  function stop(): void {
    isStopped = true
    resolve()
  }

  function fail(reason: Error): void {
    isStopped = true
    reject(reason)
  }

  /** The engine's own failures end the attempt; the workflow's code never gets to see them. */
  async function pass<T>(call: () => Promise<T>): Promise<T> {
    if (isStopped) return await never()
    try {
      const result = await call()
      if (!isStopped) return result
    } catch (error) {
      fail(error as Error)
    }
    return await never()
  }

  async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
    primitives.assertRecordable()
    const { promise: done, resolve: finish } = Promise.withResolvers<void>()
    const recorded = await pass(() =>
      primitives
        .step(name, async () => {
          await ready()
          if (isStopped) return await never()
          underWay.add(done)
          return await record(work)
        })
        .finally(() => {
          underWay.delete(done)
          finish()
        }),
    )
    return replay(recorded)
  }

  return {
    durable: {
      step,
      async receive(timeoutMs) {
        primitives.assertRecordable()
        return await pass(() => primitives.receive(timeoutMs))
      },
      async now() {
        primitives.assertRecordable()
        return await pass(() => primitives.now())
      },
    },
    stop,
    fail,
    stopped,
    settled: async () => void (await Promise.all(underWay)),
  }
}

function never(): Promise<never> {
  return new Promise(() => {})
}
