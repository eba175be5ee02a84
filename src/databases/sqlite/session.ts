// This side of a session: a child process holds the connection, answers one statement at a time, and ends with its owner.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { COMPILE_CACHE, entryPoint } from '../../lib/entry-point.ts'
import { excerpt } from '../../lib/excerpt.ts'
import { OutsideError } from '../../lib/errors.ts'
import type { Row, Session, Statement } from '../database.ts'
import type { SessionAnswer, SessionOptions, SessionQuestion } from './session-messages.ts'

export interface OpenSession extends Session {
  /** Between BEGIN and COMMIT or ROLLBACK, as far as was seen here. */
  readonly holdsTransaction: boolean
  /** Rolls back what was not committed. */
  close(): Promise<void>
}

/** Longest a closing connection may take: the last one out folds the log into the file. */
const CLOSE_MS = 60_000

/**
 * Opens a connection in a process of its own. When the signal aborts, the process is killed and what it was asked fails.
 * @throws OutsideError when the file cannot be opened as asked.
 */
export async function openSession(options: SessionOptions, signal: AbortSignal): Promise<OpenSession> {
  signal.throwIfAborted()
  const child = fork(entryPoint(import.meta.url, './session-process'), [], {
    serialization: 'advanced',
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, ...COMPILE_CACHE },
  })
  const connection = new Connection(child, options.path, signal)
  try {
    await connection.ask({ type: 'open', options })
    return connection
  } catch (error) {
    await connection.close()
    throw error
  }
}

interface Waiting {
  resolve(value: Row[] | number): void
  reject(error: unknown): void
}

class Connection implements OpenSession {
  holdsTransaction = false
  readonly #child: ChildProcess
  readonly #path: string
  readonly #signal: AbortSignal
  /** Questions not yet answered; answers come in the same order. */
  readonly #waiting: Waiting[] = []
  #said = ''
  #gone: Error | null = null

  constructor(child: ChildProcess, path: string, signal: AbortSignal) {
    this.#child = child
    this.#path = path
    this.#signal = signal
    child.stderr?.on('data', (chunk: Buffer) => (this.#said = (this.#said + chunk.toString()).slice(-4000)))
    child.on('message', (answer: SessionAnswer) => this.#hear(answer))
    child.once('error', (error) => this.#end(error))
    child.once('exit', (code, killedBy) => this.#end(this.#reasonOf(code, killedBy)))
    signal.addEventListener('abort', this.#kill, { once: true })
  }

  async all({ sql, parameters }: Statement): Promise<Row[]> {
    return (await this.ask({ type: 'all', sql, parameters })) as Row[]
  }

  async run({ sql, parameters }: Statement): Promise<number> {
    const changed = (await this.ask({ type: 'run', sql, parameters })) as number
    if (/^\s*BEGIN\b/i.test(sql)) this.holdsTransaction = true
    if (/^\s*(?:COMMIT|END|ROLLBACK(?!\s+TO\b))\b/i.test(sql)) this.holdsTransaction = false
    return changed
  }

  ask(question: SessionQuestion): Promise<Row[] | number> {
    if (this.#gone) return Promise.reject(this.#gone)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#child.send(question, (error) => error && this.#end(error))
    })
  }

  async close(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#kill)
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return
    const exited = once(this.#child, 'exit')
    if (this.#child.connected) this.#child.disconnect()
    const timer = setTimeout(this.#kill, CLOSE_MS)
    await exited
    clearTimeout(timer)
  }

  readonly #kill = (): void => {
    this.#child.kill('SIGKILL')
  }

  #hear(answer: SessionAnswer): void {
    const waiting = this.#waiting.shift()
    if ('value' in answer) waiting?.resolve(answer.value)
    else waiting?.reject(new OutsideError('sqlite', answer.problem.message, answer.problem))
  }

  #end(reason: Error): void {
    this.#gone ??= reason
    for (const { reject } of this.#waiting.splice(0)) reject(this.#gone)
  }

  #reasonOf(code: number | null, killedBy: string | null): Error {
    const late = (this.#signal.reason as Error | undefined)?.name === 'TimeoutError'
    if (this.#signal.aborted)
      return new OutsideError('sqlite', `${this.#path}: ${late ? 'not done by the deadline' : 'cancelled'}`, {
        retryable: true,
      })
    return new OutsideError(
      'sqlite',
      `${this.#path}: the reading process ended (${killedBy ?? `exit code ${code}`}) ${excerpt(this.#said, 400)}`.trim(),
      { retryable: true },
    )
  }
}
