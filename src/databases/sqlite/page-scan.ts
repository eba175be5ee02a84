// The page scan of SQLite: rules answered from the pages of the file itself, in a process of its own, without SQL and without indexes.
import { fork, type ChildProcess } from 'node:child_process'
import { COMPILE_CACHE, entryPoint } from '../../lib/entry-point.ts'
import { excerpt } from '../../lib/excerpt.ts'
import { withDeadline } from '../../lib/deadline.ts'
import { OutsideError } from '../../lib/errors.ts'
import type { PageScan, ScanFound, ScanOptions } from '../page-scan.ts'
import type { DatabaseSchema } from '../schema.ts'
import type { LogEnd } from './log-end.ts'
import type { ScanAnswer, ScanTask, ScanUsage } from './page-scan/messages.ts'

const WORKERS_MAX = 16
const TIMEOUT_MS = 3_600_000
const BYTES_PER_WORKER = 64 << 20
const MEMORY_BYTES_MAX = 256 << 20

export interface PageScanSource {
  /** Of the database; `<file>-wal` beside it is read too. */
  file: string
  schema: DatabaseSchema
  /** `PRAGMA schema_version` at the moment of `schema`: other than that of the file now, nothing is eligible. */
  schemaVersion: number
  /** Where the log ended at that moment; null or left out: the scan sees the newest commit of when it begins. */
  logEnd?: LogEnd | null
  /** @default one hour */
  timeoutMs?: number
  /** Shared memory that rules may take; those that need more are not eligible. @default 256 MiB */
  memoryBytesMax?: number
  /** A file smaller than so much for each worker is read by fewer: they take a moment to come up. @default 64 MiB */
  bytesPerWorker?: number
  /** Told what the scan took, for benches. */
  measured?: (usage: ScanUsage) => void
}

/**
 * A scan of the moment that `logEnd` is of, or of the newest commit when it begins. While it runs the caller must hold a read transaction on
 * the database, begun at that moment or before: that keeps its pages where they are.
 */
export function createPageScan(source: PageScanSource): PageScan {
  return (rules, options) => {
    if (rules.length === 0) return Promise.resolve([])
    const task: ScanTask = {
      file: source.file,
      tables: [...source.schema.tables.values()],
      schemaVersion: source.schemaVersion,
      logEnd: source.logEnd ?? null,
      rules: [...rules],
      workers: Math.max(1, Math.min(WORKERS_MAX, Math.floor(options.workers))),
      bytesPerWorker: source.bytesPerWorker ?? BYTES_PER_WORKER,
      keysMax: Math.max(0, Math.floor(options.keysMax)),
      memoryBytesMax: source.memoryBytesMax ?? MEMORY_BYTES_MAX,
    }
    return scanBeside(task, source, options)
  }
}

async function scanBeside(task: ScanTask, source: PageScanSource, options: ScanOptions): Promise<ScanFound[]> {
  const signal = withDeadline(source.timeoutMs ?? TIMEOUT_MS, options.signal)
  if (signal.aborted) throw stopped(task.file, signal)
  const child = fork(entryPoint(import.meta.url, './page-scan/main'), [], {
    serialization: 'advanced',
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, ...COMPILE_CACHE },
  })
  const kill = () => child.kill('SIGKILL')
  signal.addEventListener('abort', kill, { once: true })
  try {
    const { found, usage } = await answerOf(child, task, signal, options)
    source.measured?.(usage)
    return found
  } finally {
    signal.removeEventListener('abort', kill)
    kill()
  }
}

function answerOf(
  child: ChildProcess,
  task: ScanTask,
  signal: AbortSignal,
  options: ScanOptions,
): Promise<ScanAnswer & { type: 'found' }> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)))
    child.on('message', (answer: ScanAnswer) => {
      if (answer.type === 'progress') options.progress?.(answer.rowsDone, answer.rowsTotal)
      else if (answer.type === 'found') resolve(answer)
      else reject(new OutsideError('sqlite', `${task.file}: ${answer.problem.message}`, answer.problem))
    })
    child.once('error', reject)
    child.once('close', (code, killedBy) => {
      const how = killedBy ?? `exit code ${code}`
      reject(signal.aborted ? stopped(task.file, signal) : ended(task.file, `${how} ${excerpt(said, 400)}`.trim()))
    })
    child.send(task, (error) => error && reject(ended(task.file, error.message)))
  })
}

function stopped(file: string, signal: AbortSignal): OutsideError {
  const isLate = (signal.reason as Error | undefined)?.name === 'TimeoutError'
  return new OutsideError('sqlite', `${file}: the page scan was ${isLate ? 'not done by the deadline' : 'cancelled'}`, {
    retryable: true,
  })
}

function ended(file: string, how: string): OutsideError {
  return new OutsideError('sqlite', `${file}: the page scan ended early: ${how}`, { retryable: true })
}
