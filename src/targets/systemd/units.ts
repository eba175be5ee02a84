// Asking and telling systemd.
import { readFileSync } from 'node:fs'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { OutsideError } from '../../lib/errors.ts'
import { exec } from '../../lib/exec.ts'
import { runProgram, type Program } from '../../lib/program.ts'
import type { Place } from '../places.ts'
import type { Seen } from '../waiting.ts'
import { environmentFiles, INSTALL, logProgram, showProgram, type Parts } from './programs.ts'

const LOG_LINES = 5
const LOG_MS_MAX = 10_000

/** A unit as `systemctl show` tells it. */
export interface Unit {
  id: string
  loadState: string
  activeState: string
  /** `active (running)`, `failed (exit-code)`. */
  status: string
  pid: number | null
  restarts: number
  upMs: number | null
}

export interface Manager {
  run(program: Program, signal: AbortSignal): Promise<void>
  /** In the order of their names. @throws OutsideError when systemd does not answer. */
  show(units: readonly string[], signal: AbortSignal): Promise<Unit[]>
  /** Writes what the units of a version read when they start. */
  writeEnvironment(place: Place): void
  /** The journal of the unit that is worst off. */
  lastLines(units: readonly string[]): Promise<string[]>
}

export function createManager(parts: Parts): Manager {
  const { settings, context } = parts
  const system = `target ${context.name}`
  const run = (program: Program, signal: AbortSignal): Promise<string> =>
    runProgram(program, { system, env: context.env, timeoutMs: settings.commandTimeoutMs, signal, install: INSTALL })

  async function show(units: readonly string[], signal: AbortSignal): Promise<Unit[]> {
    if (units.length === 0) return []
    const blocks = (await run(showProgram(parts, units), signal)).trim().split(/\n\s*\n/)
    if (blocks.length === units.length) return blocks.map((block, index) => unitOf(block, units[index] ?? ''))
    throw new OutsideError(system, `\`systemctl show\` told of ${blocks.length} units, not ${units.length}`)
  }

  return {
    run: async (program, signal) => void (await run(program, signal)),
    show,
    writeEnvironment(place) {
      for (const { path, content } of environmentFiles(parts, place)) writeFileAtomic(path, content, 0o600)
    },
    async lastLines(units) {
      const all = await show(units, AbortSignal.timeout(LOG_MS_MAX))
      const worst = all.find(({ activeState }) => activeState !== 'active') ?? all[0]
      if (!worst) return []
      const { file, args } = logProgram(parts, worst.id, LOG_LINES)
      const { stdout } = await exec(file, args, { env: { ...context.env }, timeoutMs: LOG_MS_MAX })
      return stdout.split('\n').filter((line) => line.trim() !== '')
    },
  }
}

/** As a target tells an instance. */
export function seenOf(unit: Unit, number: number, version: string, port: number): Seen {
  const { pid, activeState, restarts, upMs, status } = unit
  const backend = { id: `${version}-${number}`, version, host: '127.0.0.1', port }
  return { backend, pid, isUp: activeState === 'active', restarts, upMs, status }
}

/** The version that a process was started as, by its environment; null where that cannot be seen. */
export function startedAs(pid: number | null): string | null {
  if (pid === null) return null
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
    return variables.find((variable) => variable.startsWith('GONOGO_VERSION='))?.slice('GONOGO_VERSION='.length) ?? null
  } catch {
    // Another user's process, or a system without /proc.
    return null
  }
}

/** The units that stand there at all. @throws OutsideError naming one that systemd does not know. */
export function checkKnown(units: readonly Unit[], system: string): void {
  const unknown = units.find(({ loadState }) => loadState !== 'loaded')
  if (!unknown) return
  throw new OutsideError(system, `systemd has no unit ${unknown.id} (${unknown.loadState})`, {
    hint: 'write its file, then `systemctl daemon-reload`; an instance of a template wants web@.service',
  })
}

function unitOf(block: string, name: string): Unit {
  const shown = Object.fromEntries(
    block.split('\n').flatMap((line) => {
      const at = line.indexOf('=')
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1).trim()]] : []
    }),
  )
  const activeState = shown['ActiveState'] ?? 'unknown'
  const result = shown['Result'] && shown['Result'] !== 'success' ? `, ${shown['Result']}` : ''
  // Microseconds of the clock that nobody sets, which is also that of this process.
  const enteredMs = Number(shown['ActiveEnterTimestampMonotonic'] || 0) / 1000
  const nowMs = Number(process.hrtime.bigint() / 1_000_000n)
  return {
    id: shown['Id'] || name,
    loadState: shown['LoadState'] ?? 'unknown',
    activeState,
    status: `${activeState} (${shown['SubState'] ?? '?'}${result})`,
    pid: Number(shown['MainPID']) || null,
    restarts: Number(shown['NRestarts']) || 0,
    upMs: activeState === 'active' && enteredMs > 0 ? Math.max(0, nowMs - enteredMs) : null,
  }
}
