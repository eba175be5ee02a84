// Processes a bench starts: they print their port when they are ready, and end with the bench.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Backend } from '../../src/plan/traffic.ts'

export interface PortProcess {
  pid: number
  port: number
  /** Resolves when it is gone. */
  end(signal: NodeJS.Signals): Promise<void>
}

/** Starts `relay/NAME.ts` with arguments and waits for the port it prints. */
export async function startProcess(name: string, args: readonly string[]): Promise<PortProcess> {
  const script = fileURLToPath(new URL(`./${name}.ts`, import.meta.url))
  // A session of its own, as the proxy has: Linux shares the processor out by session, and a peer in ours would get another share.
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  endWithBench(child)
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { pid: child.pid ?? 0, port: Number(line.toString()), end: (signal) => endChild(child, signal) }
}

const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/** Whatever way the bench ends, the child ends with it. */
export function endWithBench(child: ChildProcess): void {
  children.add(child)
  child.once('exit', () => children.delete(child))
}

/** Ends a child and waits until it is gone; gone already is fine. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

/** One instance of a version that can be killed and comes back on the same port. */
export class Instance {
  readonly backend: Backend
  #process: PortProcess

  private constructor(backend: Backend, started: PortProcess) {
    this.backend = backend
    this.#process = started
  }

  static async start(id: string): Promise<Instance> {
    const version = id.split('-')[0] ?? id
    const started = await startProcess('backend', [version, '0'])
    return new Instance({ id, version, host: '127.0.0.1', port: started.port }, started)
  }

  end(signal: NodeJS.Signals): Promise<void> {
    return this.#process.end(signal)
  }

  async restart(): Promise<void> {
    this.#process = await startProcess('backend', [this.backend.version, String(this.backend.port)])
  }
}

/** Processor time a process has used so far, in µs (steps of 10 ms); null where there is no /proc. */
export function cpuMicros(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10_000
  } catch {
    return null
  }
}
