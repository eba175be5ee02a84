// A load over several threads: begins them all at one moment, adds up what they saw.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { entryPoint } from '../../../lib/entry-point.ts'
import type { Part, Workload } from './generator.ts'
import { addTally, newTally, type Tally } from './tally.ts'

/** Threads are told to begin so much ahead that all of them have heard it. */
const AHEAD_NANOS = 20_000_000n

/** Sends a workload. @throws Error when a thread breaks, or the signal's reason as soon as it aborts. */
export async function runLoad(workload: Workload, threads: number, signal: AbortSignal): Promise<Tally> {
  const workers = Array.from({ length: threads }, (_, index) => {
    const part: Part = { index, of: threads }
    return new Worker(entryPoint(import.meta.url, './thread'), { workerData: { workload, part } })
  })
  try {
    await Promise.all(workers.map((worker) => messageOf(worker, signal)))
    const finished = workers.map((worker) => messageOf(worker, signal) as Promise<Tally>)
    const startAtNanos = process.hrtime.bigint() + AHEAD_NANOS
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
    for (const worker of workers) worker.postMessage(startAtNanos)
    const sum = newTally()
    for (const tally of await Promise.all(finished)) addTally(sum, tally)
    return sum
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

/** The next message; an error of the thread, and an aborted signal, reject. */
async function messageOf(worker: Worker, signal: AbortSignal): Promise<unknown> {
  const [message] = await once(worker, 'message', { signal })
  return message
}
