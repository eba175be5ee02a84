// How a task is handed to a worker process and its answer taken back.
import { entryPoint } from '../../lib/entry-point.ts'
import { OutsideError } from '../../lib/errors.ts'
import type { Answer, Tasks } from './tasks.ts'

/** Arguments for this Node that make it do a task. */
export function workerArgs<T extends keyof Tasks>(task: T, input: Tasks[T]['wants']): string[] {
  return ['--disable-warning=ExperimentalWarning', entryPoint(import.meta.url, './worker'), task, JSON.stringify(input)]
}

/** What the worker printed, as a value. @throws OutsideError for the bad news it met. */
export function valueOf<T extends keyof Tasks>(
  task: T,
  ended: { stdout: string; stderr: string; exitCode: number | null; signal: string | null },
): Tasks[T]['gives'] {
  if (ended.exitCode !== 0) {
    const how = ended.signal ?? `exit code ${ended.exitCode}`
    throw new Error(`backup worker ${task} ended with ${how}: ${ended.stderr.trim().slice(-2000)}`)
  }
  const answer = JSON.parse(ended.stdout) as Answer<Tasks[T]['gives']>
  if ('value' in answer) return answer.value
  throw new OutsideError('backup', answer.outside.message, answer.outside)
}
