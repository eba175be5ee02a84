// Running other programs: no shell unless asked, bounded output, a deadline, the whole process group ended on time-out.
/** What a program did and why it ended. Expected bad news is a value: this never rejects because of the program. */
export interface ExecResult {
  /** `exited` on its own, `timed-out`, `cancelled` by the caller, or `not-started` (no such program, no permission). */
  ended: 'exited' | 'timed-out' | 'cancelled' | 'not-started'
  exitCode: number | null
  /** Signal that ended it, as `SIGKILL`. */
  signal: string | null
  stdout: string
  stderr: string
  durationMs: number
}

export interface ExecOptions {
  cwd?: string
  /** Added to this process's own environment. */
  env?: Record<string, string>
  input?: string
  timeoutMs: number
  signal?: AbortSignal
  /** Bytes of each stream that are kept; the rest is cut. @default 1 MiB */
  outputBytesMax?: number
  /** Called with each line as it comes, for progress. */
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void
}

/** Runs `file` with an argument vector. */
export async function exec(file: string, args: readonly string[], options: ExecOptions): Promise<ExecResult> {
  // Loaded by those who run something: most commands of gonogo do not, and it is a hundred files.
  const { execa } = await import('execa')
  const startedAt = performance.now()
  const outputBytesMax = options.outputBytesMax ?? 1 << 20
  const child = execa(file, args, {
    cwd: options.cwd,
    env: options.env,
    input: options.input ?? '',
    reject: false,
    buffer: false,
    detached: true,
    stripFinalNewline: false,
  })
  const kept = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    let partial = ''
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      if (kept[name].length < outputBytesMax) kept[name] += chunk.slice(0, outputBytesMax - kept[name].length)
      if (!options.onLine) return
      const lines = (partial + chunk).split('\n')
      partial = (lines.pop() ?? '').slice(-65_536)
      for (const line of lines) options.onLine(line, name)
    })
  }
  let ended: ExecResult['ended'] = 'exited'
  const stop = (why: ExecResult['ended']) => () => {
    ended = why
    endGroup(child.pid)
  }
  const timer = setTimeout(stop('timed-out'), options.timeoutMs)
  const onAbort = stop('cancelled')
  if (options.signal?.aborted) onAbort()
  options.signal?.addEventListener('abort', onAbort, { once: true })
  const result = await child
  clearTimeout(timer)
  options.signal?.removeEventListener('abort', onAbort)
  const notStarted = child.pid === undefined
  return {
    ended: notStarted ? 'not-started' : ended,
    exitCode: result.exitCode ?? null,
    signal: result.signal ?? null,
    stdout: kept.stdout,
    stderr: notStarted ? (result.shortMessage ?? 'could not be started') : kept.stderr,
    durationMs: performance.now() - startedAt,
  }
}

/** TERM to the group now, KILL two seconds later: a program that ignores the first must not outlive its deadline. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return
  signalGroup(pid, 'SIGTERM')
  setTimeout(() => signalGroup(pid, 'SIGKILL'), 2000).unref()
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // The group is gone already.
  }
}
