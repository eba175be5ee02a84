// An engine without a database, for tests of the conductor: the same port, the same replay, and a `crash` at any point.
import type { Durable, Engine, RunMessage } from '../conduct/ports.ts'
import { pause } from '../lib/deadline.ts'
import { PlanError } from '../lib/errors.ts'
import { createExecution } from './execution.ts'
import type { Execution, Primitives } from './execution.ts'
import { record, replay } from './recorded.ts'
import type { Recorded } from './recorded.ts'

export interface InMemoryEngine extends Engine {
  /** Ends the attempt under way as kill -9 would: its code runs no further, `conduct` rejects, what was recorded stays. */
  crash(runId: string): void
  /** Names of the calls recorded so far, in order. */
  recorded(runId: string): string[]
}

export interface InMemoryEngineOptions {
  conduct: (runId: string, durable: Durable) => Promise<void>
  /** Milliseconds since the epoch. @default the system's clock */
  clock?: () => number
  /** Waits; a test that brings its own clock moves it here. @default real time */
  wait?: (durationMs: number, signal: AbortSignal) => Promise<void>
}

/** Names no step can have. */
const RECEIVE = '(receive)'
const NOW = '(now)'

interface Entry {
  name: string
  result: unknown
}

interface Run {
  /** By place in the order of calls; one whose call is under way, or was when it crashed, is missing. */
  entries: Map<number, Entry>
  deadlines: Map<number, number>
  /** All messages ever sent; as many of them are received as `entries` says. */
  mail: RunMessage[]
  /** Counts attempts and crashes: an attempt that is not the last records nothing any more. */
  attempt: number
  seen: Set<string>
  /** Wakes a `receive` that waits. */
  arrived: AbortController
  outcome: Recorded<void> | null
  execution: Execution | null
}

/** Steps at-least-once, messages once and in order, timers that keep their deadline; all of it gone with the process. */
export function createInMemoryEngine(options: InMemoryEngineOptions): InMemoryEngine {
  const clock = options.clock ?? Date.now
  const wait = options.wait ?? pause
  const runs = new Map<string, Run>()

  function find(runId: string): Run {
    const run = runs.get(runId)
    if (!run) throw new PlanError(`run ${runId} was never started`)
    return run
  }

  return {
    async conduct(runId, signal) {
      if (signal.aborted) return
      const run = runs.get(runId) ?? createRun()
      runs.set(runId, run)
      if (run.execution) throw new PlanError(`run ${runId} is being conducted by this very process`)
      if (run.outcome) return replay(run.outcome)
      const execution = createExecution(primitivesOf(run, clock, wait), async () => {})
      run.execution = execution
      signal.addEventListener('abort', execution.stop, { once: true })
      try {
        const work = record(() => options.conduct(runId, execution.durable))
        run.outcome = (await Promise.race([work, execution.stopped])) ?? null
        await execution.settled()
        if (run.outcome) replay(run.outcome)
      } finally {
        signal.removeEventListener('abort', execution.stop)
        execution.stop()
        run.execution = null
      }
    },
    async send(runId, message) {
      const run = find(runId)
      if (run.seen.has(message.id)) return
      run.seen.add(message.id)
      run.mail.push(structuredClone(message))
      run.arrived.abort()
    },
    async hasMail(runId) {
      const run = find(runId)
      return run.mail.length > countReceived(run)
    },
    async close() {
      for (const run of runs.values()) run.execution?.stop()
    },
    crash(runId) {
      const run = find(runId)
      run.attempt += 1
      run.execution?.fail(new Error(`run ${runId} crashed`))
    },
    recorded(runId) {
      const places = [...find(runId).entries].toSorted(([a], [b]) => a - b)
      return places.map(([, entry]) => entry.name)
    },
  }
}

function createRun(): Run {
  return {
    entries: new Map(),
    deadlines: new Map(),
    mail: [],
    attempt: 0,
    seen: new Set(),
    arrived: new AbortController(),
    outcome: null,
    execution: null,
  }
}

/** The durable calls of one attempt. */
function primitivesOf(run: Run, clock: () => number, wait: NonNullable<InMemoryEngineOptions['wait']>): Primitives {
  const attempt = ++run.attempt
  let calls = 0

  async function once<T>(name: string, work: (place: number) => Promise<T>): Promise<T> {
    const place = calls++
    const known = run.entries.get(place)
    if (known && known.name !== name) throw new Error(`call ${place} was ${known.name}, on replay it is ${name}`)
    if (known) return structuredClone(known.result) as T
    const result = await work(place)
    if (attempt === run.attempt) run.entries.set(place, { name, result: structuredClone(result) })
    return result
  }

  async function receive(place: number, timeoutMs: number): Promise<RunMessage | null> {
    const deadline = run.deadlines.get(place) ?? clock() + timeoutMs
    run.deadlines.set(place, deadline)
    for (;;) {
      const next = run.mail[countReceived(run)]
      if (next || clock() >= deadline || attempt !== run.attempt) return next ?? null
      run.arrived = new AbortController()
      await wait(deadline - clock(), run.arrived.signal)
    }
  }

  return {
    assertRecordable() {},
    step: (name, work) => once(name, work),
    receive: (timeoutMs) => once(RECEIVE, (place) => receive(place, timeoutMs)),
    now: () => once(NOW, async () => clock()),
  }
}

function countReceived(run: Run): number {
  return [...run.entries.values()].filter((entry) => entry.name === RECEIVE && entry.result !== null).length
}
