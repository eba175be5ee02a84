// Used inside a worker: another process for what must not happen in this one, or should happen beside it.
// Its end, and that of a worker that is killed, is the business of `run-in-worker.ts`: they are one process group.
import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import type { Tasks } from './tasks.ts'
import { valueOf, workerArgs } from './worker-call.ts'

/** The worker has its own, shorter deadline. */
const TIMEOUT_MS = 86_400_000

/** Copies files while this process holds locks on them: closing a handle of its own would drop those. */
export function copyBeside(pairs: [from: string, to: string][]): void {
  const ended = spawnSync(process.execPath, workerArgs('copy-files', { pairs }), {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  })
  valueOf('copy-files', { ...ended, exitCode: ended.status })
}

/** SHA-256 of a file, computed while this process goes on. */
export async function hashBeside(file: string): Promise<Tasks['hash']['gives']> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, workerArgs('hash', { file }), {
    timeout: TIMEOUT_MS,
  })
  return valueOf('hash', { stdout, stderr, exitCode: 0, signal: null })
}
