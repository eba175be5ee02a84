// Faults planted in version 2 on purpose, so that a release has something to roll back from.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const FAULT_KINDS = ['errors', 'latency', 'slower', 'leak', 'corrupt', 'crash'] as const

/** `amount`: share of answers (errors, 0..1), milliseconds (latency), times (slower), megabytes a second (leak); nothing for the others. */
export interface Fault {
  kind: (typeof FAULT_KINDS)[number]
  amount: number
}

const AMOUNTS: Record<Fault['kind'], number> = { errors: 1, latency: 1500, slower: 2, leak: 50, corrupt: 0, crash: 0 }

/** How often the control file is read again. */
const REREAD_MS = 50
const LEAK_EVERY_MS = 100
/** A demonstration must not take the machine down with it. */
const LEAK_BYTES_MAX = 1 << 30

/**
 * Reads `errors`, `errors 0.5`, `latency 800`, `slower 1.25`, `leak`, `corrupt`, `crash`; empty text and `none` are no fault.
 * @throws Error for anything else.
 */
export function parseFault(text: string): Fault | null {
  const [kind = '', amount, ...rest] = text.trim().split(/[\s:=]+/)
  if (kind === '' || kind === 'none') return null
  const known = FAULT_KINDS.find((candidate) => candidate === kind)
  const value = amount === undefined && known ? AMOUNTS[known] : Number(amount)
  if (!known || rest.length > 0 || !(value >= 0))
    throw new Error(
      `unknown fault "${text.trim()}"; there are ${FAULT_KINDS.join(', ')}, and a number after the first four`,
    )
  return { kind: known, amount: value }
}

export interface FaultPlan {
  /** In force from `afterMs` on. */
  fault: Fault | null
  afterMs: number
  /** Read again all the time; what stands in it wins over `fault`. */
  file: string | null
  /** What a corrupting write corrupts. */
  databasePath: string
}

export interface Faults {
  /** What is wrong with the service right now. */
  current(): Fault | null
  stop(): void
}

/** Puts the planned faults in force as their time comes. */
export function plantFaults(plan: FaultPlan, log: (message: string) => void): Faults {
  let current: Fault | null = null
  let leaking: NodeJS.Timeout | undefined
  const timers: NodeJS.Timeout[] = []

  function switchTo(fault: Fault | null): void {
    if (fault?.kind === current?.kind && fault?.amount === current?.amount) return
    clearInterval(leaking)
    current = fault
    log(fault ? `fault planted: ${fault.kind}` : 'fault removed')
    if (fault?.kind === 'leak') leaking = leak(fault.amount)
    if (fault?.kind === 'corrupt') corrupt(plan.databasePath, log)
    if (fault?.kind === 'crash') process.kill(process.pid, 'SIGKILL')
  }

  if (plan.fault) timers.push(setTimeout(() => switchTo(plan.fault), plan.afterMs).unref())
  const { file } = plan
  if (file) timers.push(setInterval(() => followFile(file, switchTo, log), REREAD_MS).unref())
  return {
    current: () => current,
    stop() {
      for (const timer of timers) clearTimeout(timer)
      clearInterval(leaking)
    },
  }
}

/** Waits until what began at `begunAt` has taken `factor` times as long as it has by now; timers are not that exact, so the rest is spun away. */
export async function takeLonger(begunAt: number, factor: number): Promise<void> {
  const endsAt = begunAt + (performance.now() - begunAt) * factor
  const waitMs = Math.floor(endsAt - performance.now())
  if (waitMs >= 1) await sleep(waitMs)
  while (performance.now() < endsAt);
}

/** No file: nothing said, so a fault planted by time stays. Half-written or nonsense: as it was. */
function followFile(file: string, switchTo: (fault: Fault | null) => void, log: (message: string) => void): void {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return
  }
  try {
    switchTo(parseFault(text))
  } catch (error) {
    log(`${file}: ${(error as Error).message}`)
  }
}

/** Keeps ever more memory that is really in use. */
function leak(megabytesPerSecond: number): NodeJS.Timeout {
  const kept: Buffer[] = []
  const chunkBytes = Math.round((megabytesPerSecond * 1e6 * LEAK_EVERY_MS) / 1000)
  return setInterval(() => {
    if ((kept.length + 1) * chunkBytes <= LEAK_BYTES_MAX) kept.push(Buffer.alloc(chunkBytes, 1))
  }, LEAK_EVERY_MS).unref()
}

/** In a process of its own: closing the file here would drop the locks this process holds on it. */
function corrupt(databasePath: string, log: (message: string) => void): void {
  const script = fileURLToPath(new URL('../scripts/corrupt.ts', import.meta.url))
  const child = spawn(process.execPath, [script, '--database', databasePath], { stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => log(chunk.toString().trim()))
}
