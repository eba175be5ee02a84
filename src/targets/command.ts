// Target kind `command`: whatever deploys, by the user's own commands.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { poll, withDeadline } from '../lib/deadline.ts'
import { codeOf, messageOf, OutsideError } from '../lib/errors.ts'
import { chosenVariables, programShell } from '../lib/program-shell.ts'
import { programLine } from '../lib/program.ts'
import { describeCommand } from '../lib/user-command.ts'
import type { Backend } from '../plan/traffic.ts'
import type { CapsuleStep } from '../plan/way-back.ts'
import { underLock } from './beside.ts'
import { givenBackends, printedBackends, programOf, runCommand, type CommandName } from './command/commands.ts'
import { settingsSchema, type Settings } from './command/settings.ts'
import { targetDirectory } from './places.ts'
import { probe } from './probe.ts'
import { defineTarget, type Target, type TargetContext } from './target.ts'

const LOOK_MS_MAX = 15_000
const LOCK_EXTRA_MS = 60_000

interface Parts {
  settings: Settings
  context: TargetContext
}

export const command = defineTarget<Settings>({
  id: 'command',
  summary:
    'whatever deploys: your own commands bring a version up, say that it is ready, take it down, or switch to it',
  options: settingsSchema as z.ZodType<Settings>,
  example: {
    prepare: ['./deploy', 'start', '{version}'],
    retire: ['./deploy', 'stop', '{version}'],
    addresses: ['{version}.web.internal:3000'],
  },
  failingExample: { prepare: ['./deploy', 'start', '{version}'] },
  secretFields: ['env'],
  abilities: ({ mode }) => ({ mode, reachedBy: mode === 'beside' ? 'addresses' : 'nothing', resize: false }),
  describe: (settings, version) => {
    const given = settings.mode === 'beside' ? settings.prepare : settings.switch
    return `run ${given === undefined ? 'nothing' : describeCommand(given)} for ${version}`
  },
  plan: (settings, version, context) => {
    const names: CommandName[] = settings.mode === 'beside' ? ['prepare', 'ready'] : ['prepare', 'switch', 'current']
    // Values of `env` may be secrets, and are the user's own.
    const shown = { settings: { ...settings, env: {} }, context }
    return names.flatMap((name) => {
      const program = programOf(name, version, shown)
      return program ? [programLine(program)] : []
    })
  },
  create: (settings, context) => {
    const parts = { settings, context }
    return settings.mode === 'beside' ? createBeside(parts) : createInPlace(parts)
  },
})

function createBeside(parts: Parts): Target {
  const { settings, context } = parts
  const { health } = settings
  const remembered = rememberedBackends(context)
  const known = (version: string): Backend[] => remembered.read()[version] ?? []
  const healthOf = async (version: string, signal: AbortSignal): Promise<{ backend: Backend; healthy: boolean }[]> => {
    const backends = known(version)
    if (settings.ready !== undefined && backends.length > 0) {
      const healthy = await isReady(parts, version, signal)
      return backends.map((backend) => ({ backend, healthy }))
    }
    const all = backends.map(async (backend) => ({ backend, ...(await probe(backend, health, signal)) }))
    return Promise.all(all)
  }
  const isUp = async (version: string, signal: AbortSignal): Promise<boolean> => {
    const states = await healthOf(version, signal)
    return states.length > 0 && states.every(({ healthy }) => healthy)
  }
  const stop = async (version: string, signal: AbortSignal): Promise<void> => {
    await runCommand('retire', version, parts, signal)
    remembered.write(version, null)
  }
  const locked = <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> =>
    underLock(context, { timeoutMs: settings.commandTimeoutMs + LOCK_EXTRA_MS, signal }, work)

  async function bringUp(version: string, signal: AbortSignal): Promise<Backend[]> {
    if (await isUp(version, signal)) return known(version)
    const isNew = known(version).length === 0
    try {
      const printed = (await runCommand('prepare', version, parts, signal)) ?? ''
      const given = givenBackends(settings, version, context)
      remembered.write(version, given.length > 0 ? given : printedBackends(printed, version, context))
      const { startTimeoutMs: timeoutMs, intervalMs: everyMs } = health
      const up = await poll(async () => (await isUp(version, signal)) || null, { everyMs, timeoutMs, signal })
      if (up) return known(version)
      const why = signal.aborted ? 'starting it was cancelled' : `it was not ready within ${timeoutMs / 1000} s`
      throw new OutsideError(`target ${context.name}`, `${version}: ${why}`, { retryable: signal.aborted })
    } catch (error) {
      if (!isNew || !(error instanceof OutsideError)) throw error
      // The caller's signal may be what ended the start.
      const stopping = stop(version, AbortSignal.timeout(settings.commandTimeoutMs))
      const ending = await stopping.then(
        () => 'it was taken down again',
        (failure: unknown) => `taking it down failed too: ${messageOf(failure)}`,
      )
      const { retryable, hint } = error
      throw new OutsideError(error.system, `${error.message}; ${ending}`, {
        retryable,
        cause: error,
        ...(hint === undefined ? {} : { hint }),
      })
    }
  }

  return {
    async current() {
      const signal = AbortSignal.timeout(LOOK_MS_MAX)
      const versions = Object.keys(remembered.read())
      const states = await Promise.all(
        versions.map(async (version) => [version, await healthOf(version, signal)] as const),
      )
      return Object.fromEntries(
        states.map(([version, all]) => [version, all.map((one) => ({ ...one, pid: null, restarts: 0 }))]),
      )
    },
    prepare: (version, signal) => locked(signal, () => bringUp(version, signal)),
    async ready(version) {
      const states = await healthOf(version, AbortSignal.timeout(LOOK_MS_MAX))
      return { healthy: states.filter(({ healthy }) => healthy).length, wanted: Math.max(1, states.length) }
    },
    retire: (version, signal) => locked(signal, () => stop(version, signal)),
    capsule: (stable, candidate) => ({
      restore: null,
      retire: step(parts, 'processes', `take ${candidate} of ${context.name} down`, 'retire', [candidate]),
      suspend: step(parts, 'data', `take ${context.name} down while its data is swapped`, 'retire', [
        candidate,
        stable,
      ]),
      resume: step(parts, 'data', `bring ${stable} of ${context.name} up again`, 'prepare', [stable]),
    }),
  }
}

/** @throws OutsideError where the command cannot be run at all: that says nothing about the version. */
async function isReady(parts: Parts, version: string, signal: AbortSignal): Promise<boolean> {
  try {
    await runCommand('ready', version, parts, withDeadline(LOOK_MS_MAX, signal))
    return true
  } catch (error) {
    if (error instanceof OutsideError && /exit code (?!12[67])/.test(error.message)) return false
    throw error
  }
}

function createInPlace(parts: Parts): Target {
  const { settings, context } = parts
  const { health } = settings
  const system = `target ${context.name}`
  const current = async (signal: AbortSignal): Promise<string | null> =>
    ((await runCommand('current', '', parts, signal)) ?? '').trim() || null
  const now = (): AbortSignal => AbortSignal.timeout(LOOK_MS_MAX)
  const serves = async (version: string, signal: AbortSignal): Promise<boolean> =>
    (await current(signal)) === version && (settings.ready === undefined || (await isReady(parts, version, signal)))

  async function exchange(version: string, signal: AbortSignal): Promise<void> {
    await runCommand('switch', version, parts, signal)
    const { startTimeoutMs: timeoutMs, intervalMs: everyMs } = health
    const isDone = await poll(async () => (await serves(version, signal)) || null, { everyMs, timeoutMs, signal })
    if (isDone) return
    const seen = (await current(now())) ?? 'nothing'
    throw new OutsideError(system, `was told to switch to ${version}, but ${seen} serves, or it is not ready`, {
      retryable: true,
      hint: 'what do `current` and `ready` say by hand?',
    })
  }

  async function switchTo(version: string, signal: AbortSignal): Promise<void> {
    const before = await current(signal)
    if (before === version && (await serves(version, signal))) return
    try {
      await exchange(version, signal)
    } catch (error) {
      if (!(error instanceof OutsideError) || before === null || before === version) throw error
      const back = exchange(before, AbortSignal.timeout(settings.commandTimeoutMs))
      const ending = await back.then(
        () => `${before} serves again`,
        (failure: unknown) => `and ${before} does not serve again: ${messageOf(failure)}`,
      )
      throw new OutsideError(system, `${error.message}; ${ending}`, { retryable: error.retryable, cause: error })
    }
  }

  return {
    async current() {
      const version = await current(now())
      if (version === null) return {}
      const healthy = await serves(version, now())
      const backend = { id: version, version, host: '127.0.0.1', port: 0 }
      return { [version]: [{ backend, pid: null, healthy, restarts: 0 }] }
    },
    async prepare(version, signal) {
      await runCommand('prepare', version, parts, signal)
      return []
    },
    ready: async (version) => ({ healthy: (await serves(version, now())) ? 1 : 0, wanted: 1 }),
    async retire(version, signal) {
      if ((await current(signal)) !== version) await runCommand('retire', version, parts, signal)
    },
    inPlace: {
      current: () => current(now()),
      switchTo: (version, signal) =>
        underLock(context, { timeoutMs: settings.commandTimeoutMs + LOCK_EXTRA_MS, signal }, () =>
          switchTo(version, signal),
        ),
      capsule: (version) => step(parts, 'traffic', `${context.name} back to ${version}`, 'switch', [version]),
    },
    capsule: (_, candidate) => ({
      restore: null,
      retire: step(parts, 'processes', `take ${candidate} of ${context.name} down`, 'retire', [candidate]),
      suspend: null,
      resume: null,
    }),
  }
}

/** The same commands, written out. */
function step(
  parts: Parts,
  stage: CapsuleStep['stage'],
  title: string,
  name: CommandName,
  versions: readonly string[],
): CapsuleStep {
  const { settings, context } = parts
  const lines = versions.flatMap((version) => {
    const program = programOf(name, version, parts)
    const options = {
      system: `target ${context.name}`,
      env: chosenVariables(context.env, ['HOME', 'USER', 'LANG']),
      timeoutMs: settings.commandTimeoutMs,
      install: 'it, or put it on PATH',
    }
    return program ? [programShell(program, options)] : []
  })
  return { stage, title, shell: lines.join('\n') || ':', files: {} }
}

/** Addresses of the versions that were brought up: commands need not print them twice. */
function rememberedBackends(context: TargetContext) {
  const file = join(targetDirectory(context), 'backends.json')
  const read = (): Record<string, Backend[]> => {
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as Record<string, Backend[]>
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return {}
      throw error
    }
  }
  return {
    read,
    write(version: string, backends: Backend[] | null): void {
      const { [version]: _, ...others } = read()
      mkdirSync(targetDirectory(context), { recursive: true, mode: 0o700 })
      writeFileAtomic(file, JSON.stringify(backends ? { ...others, [version]: backends } : others), 0o600)
    },
  }
}
