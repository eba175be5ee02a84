// The reading threads, as the planning one sees them: all do a piece of work together, then the next.
import { Worker } from 'node:worker_threads'
import { entryPoint } from '../../../lib/entry-point.ts'
import { OutsideError } from '../../../lib/errors.ts'
import type { Work, WorkDone } from './jobs.ts'
import type { PageSource, SourceFacts } from './page-source.ts'
import { Performer } from './perform.ts'

export interface ThreadData {
  facts: SourceFacts
  /** From 1. */
  thread: number
}

export interface ThreadQuestion {
  work: Work
  arena: SharedArrayBuffer
  counters: SharedArrayBuffer
}

export interface Problem {
  message: string
  hint: string | undefined
  retryable: boolean
}

export type ThreadAnswer = { done: WorkDone } | { problem: Problem }

/** This thread, which takes its part too, and those beside it. */
export class Threads {
  readonly #own: Performer
  readonly #others: Worker[]

  /** @param count of all, this one included. */
  constructor(source: PageSource, count: number) {
    this.#own = new Performer(source)
    this.#others = Array.from({ length: count - 1 }, (_, index) => {
      const workerData: ThreadData = { facts: source.facts, thread: index + 1 }
      return new Worker(entryPoint(import.meta.url, './thread'), { workerData })
    })
  }

  /** How many there are. */
  get count(): number {
    return this.#others.length + 1
  }

  /** @returns what each of the first `count` threads came to. `tell` is called now and then meanwhile. @throws OutsideError */
  async together(count: number, question: ThreadQuestion, tell: () => void): Promise<WorkDone[]> {
    const asked = Promise.all(this.#others.slice(0, count - 1).map((worker) => ask(worker, question)))
    const { work, arena, counters } = question
    try {
      const own = this.#own.perform(work, { arena, counters: new Int32Array(counters), thread: 0, tell })
      const answers = await asked
      return [own, ...answers.map(doneOf)]
    } finally {
      // What the others meet after this one has failed is no news.
      asked.catch(() => {})
    }
  }
}

function doneOf(answer: ThreadAnswer): WorkDone {
  if ('done' in answer) return answer.done
  throw new OutsideError('sqlite', answer.problem.message, answer.problem)
}

function ask(worker: Worker, question: ThreadQuestion): Promise<ThreadAnswer> {
  return new Promise((resolve, reject) => {
    const end = () => reject(new Error('a reading thread ended'))
    worker.once('error', reject)
    worker.once('exit', end)
    worker.once('message', (answer: ThreadAnswer) => {
      worker.off('error', reject)
      worker.off('exit', end)
      resolve(answer)
    })
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
    worker.postMessage(question)
  })
}
