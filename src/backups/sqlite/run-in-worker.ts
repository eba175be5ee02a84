// Runs one task in a process of its own: reading a whole database takes long and blocks, and the conductor must go on sampling.
import { OutsideError } from '../../lib/errors.ts'
import { COMPILE_CACHE } from '../../lib/entry-point.ts'
import { exec } from '../../lib/exec.ts'
import type { Tasks } from './tasks.ts'
import { valueOf, workerArgs } from './worker-call.ts'

/**
 * The task's result. When the signal aborts or the time is over, the worker and all it started are ended.
 * @throws OutsideError when the task met bad news, was cancelled or took too long.
 */
export async function runInWorker<T extends keyof Tasks>(
  task: T,
  input: Tasks[T]['wants'],
  limits: { timeoutMs: number; signal?: AbortSignal },
): Promise<Tasks[T]['gives']> {
  const result = await exec(process.execPath, workerArgs(task, input), { ...limits, env: COMPILE_CACHE })
  if (result.ended === 'cancelled') throw new OutsideError('backup', `${task} was cancelled`, { retryable: true })
  if (result.ended === 'timed-out')
    throw new OutsideError('backup', `${task} took longer than ${limits.timeoutMs} ms`, {
      retryable: true,
      hint: 'raise `timeoutMs`',
    })
  return valueOf(task, result)
}
