// Entry of a reading thread: does one piece of work after another, each in one message, each answered by one.
import { parentPort, workerData } from 'node:worker_threads'
import { OutsideError } from '../../../lib/errors.ts'
import { PageSource } from './page-source.ts'
import { Performer } from './perform.ts'
import type { ThreadAnswer, ThreadData, ThreadQuestion } from './threads.ts'

const { facts, thread } = workerData as ThreadData
const performer = new Performer(new PageSource(facts))

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
parentPort?.on('message', (question: ThreadQuestion) => parentPort?.postMessage(answer(question)))

function answer({ work, arena, counters }: ThreadQuestion): ThreadAnswer {
  try {
    return { done: performer.perform(work, { arena, counters: new Int32Array(counters), thread }) }
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error
    return { problem: { message: error.message, hint: error.hint, retryable: error.retryable } }
  }
}
