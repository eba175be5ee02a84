// The keeper: a small process that holds the listening socket and has a worker serve it. When the worker dies, clients wait in the
// kernel's queue for the moment until the next one is up, instead of being refused. The keeper itself never takes a connection.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { COMPILE_CACHE, LISTENING_FD } from '../../lib/entry-point.ts'
import type { WorkerWord } from './telling.ts'

export interface KeeperTask {
  /** Entry of the worker. */
  script: string
  directory: string
  /** The first worker's role; the ones after it start from the files. */
  first: 'work' | 'take-over'
}

/** A worker that served for so long was well: the next one is started at once, however often. */
const WELL_AFTER_MS = 10_000
const PAUSE_MS_MAX = 2000
/** So many workers in a row that died young: something is broken for good, and refused connections say so. */
const DEATHS_MAX = 20

/** Keeps a worker running until one ends by its own wish, or none comes up. */
export function keep({ script, directory, first }: KeeperTask): void {
  let worker: ChildProcess
  let deaths = 0

  function start(role: KeeperTask['first']): void {
    const startedAt = performance.now()
    let served = false
    worker = spawn(process.execPath, [...process.execArgv, script, directory, role], {
      cwd: directory,
      env: { ...process.env, ...COMPILE_CACHE },
      stdio: ['ignore', 'inherit', 'inherit', LISTENING_FD, 'ipc'],
    })
    worker.on('message', (word: WorkerWord) => {
      if (word === 'let-go') process.exit(0)
      served = true
    })
    worker.once('error', () => process.exit(1))
    const died = (code: number | null): void => {
      if (code === 0 || (!served && deaths === 0)) process.exit(code ?? 1)
      deaths = performance.now() - startedAt > WELL_AFTER_MS ? 1 : deaths + 1
      if (deaths > DEATHS_MAX) process.exit(1)
      // The first time at once, then 10 ms, 20 ms, 40 ms, ...
      setTimeout(() => start('work'), deaths === 1 ? 0 : Math.min(PAUSE_MS_MAX, 5 * 2 ** (deaths - 1)))
    }
    // Its last word may still be on the way.
    worker.once('exit', (code) => (worker.connected ? worker.once('disconnect', () => died(code)) : died(code)))
  }

  process.on('SIGHUP', () => {})
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void worker.kill(signal))
  start(first)
}
