// Asking and telling docker.
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { OutsideError } from '../../lib/errors.ts'
import { exec } from '../../lib/exec.ts'
import { runProgram, type Program } from '../../lib/program.ts'
import type { Place } from '../places.ts'
import type { Seen } from '../waiting.ts'
import {
  downProgram,
  inspectProgram,
  INSTALL,
  labelFile,
  listProgram,
  logsProgram,
  pullProgram,
  upProgram,
  VERSION_LABEL,
  type Parts,
} from './programs.ts'

const LOG_LINES = 5
const LOG_MS_MAX = 10_000

const containerSchema = z.object({
  Id: z.string(),
  RestartCount: z.number().default(0),
  State: z.object({
    Status: z.string(),
    Running: z.boolean(),
    Pid: z.number().default(0),
    ExitCode: z.number().default(0),
    StartedAt: z.string(),
    Health: z.object({ Status: z.string() }).nullish(),
  }),
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }),
  NetworkSettings: z.object({
    Ports: z.record(z.string(), z.array(z.object({ HostPort: z.string() })).nullish()).nullish(),
  }),
})

export type Container = z.infer<typeof containerSchema>

export interface Engine {
  /** Containers of the service in a project, by number. */
  containers(place: Place, signal: AbortSignal): Promise<Container[]>
  pull(place: Place, signal: AbortSignal): Promise<void>
  up(place: Place, instances: number, signal: AbortSignal): Promise<void>
  down(place: Place, signal: AbortSignal): Promise<void>
  /** What the container that is worst off wrote last. */
  lastLines(place: Place): Promise<string[]>
}

export function createEngine(parts: Parts): Engine {
  const { settings, context } = parts
  const system = `target ${context.name}`
  const run = (program: Program, signal: AbortSignal): Promise<string> =>
    runProgram(program, {
      system,
      env: context.env,
      timeoutMs: settings.commandTimeoutMs,
      signal,
      install: INSTALL,
      outputBytesMax: 16 << 20,
    })
  const withLabel = async (program: Program, signal: AbortSignal): Promise<void> => {
    const { path, content } = labelFile(parts)
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileAtomic(path, content, 0o600)
    await run(program, signal)
  }

  async function containers(place: Place, signal: AbortSignal): Promise<Container[]> {
    const ids = (await run(listProgram(parts, place), signal)).split('\n').filter(Boolean)
    if (ids.length === 0) return []
    const inspected = z.array(containerSchema).safeParse(jsonOf(await run(inspectProgram(ids), signal)))
    if (!inspected.success)
      throw new OutsideError(system, '`docker inspect` says nothing that makes sense', { retryable: true })
    return inspected.data.toSorted((a, b) => numberOf(a) - numberOf(b))
  }

  return {
    containers,
    async pull(place, signal) {
      if (settings.pull) await withLabel(pullProgram(parts, place), signal)
    },
    up: (place, instances, signal) => withLabel(upProgram(parts, place, instances), signal),
    async down(place, signal) {
      await run(downProgram(parts, place), signal)
    },
    async lastLines(place) {
      const all = await containers(place, AbortSignal.timeout(LOG_MS_MAX))
      const worst = all.find((one) => !isUp(one)) ?? all[0]
      if (!worst) return []
      // Programs in containers write to both streams.
      const { file, args } = logsProgram(worst.Id, LOG_LINES)
      const { stdout, stderr } = await exec(file, args, { env: { ...context.env }, timeoutMs: LOG_MS_MAX })
      return `${stdout}\n${stderr}`
        .split('\n')
        .filter((line) => line.trim() !== '')
        .slice(-LOG_LINES)
    },
  }
}

/** As a target tells an instance. */
export function seenOf(container: Container, version: string, address: { host: string; port: number }): Seen {
  const { State: state, RestartCount: restarts } = container
  const health = state.Health ? `, ${state.Health.Status}` : ''
  return {
    backend: { id: `${version}-${numberOf(container)}`, version, ...address },
    pid: state.Pid > 0 ? state.Pid : null,
    isUp: isUp(container),
    restarts,
    upMs: state.Running ? Math.max(0, Date.now() - Date.parse(state.StartedAt)) : null,
    status: state.Running ? `${state.Status}${health}` : `${state.Status} (exit code ${state.ExitCode})`,
  }
}

/** The port of this machine under which one of the container is published; null when it is not. */
export function publishedPort({ NetworkSettings: { Ports: ports } }: Container, containerPort: number): number | null {
  const published = ports?.[`${containerPort}/tcp`]?.[0]?.HostPort
  return published ? Number(published) : null
}

export const versionOf = ({ Config: { Labels: labels } }: Container): string | null => labels?.[VERSION_LABEL] || null

const numberOf = ({ Config: { Labels: labels } }: Container): number =>
  Number(labels?.['com.docker.compose.container-number'] ?? 1)

function isUp({ State: { Status: status, Running: running, Health: health } }: Container): boolean {
  return running && status === 'running' && (!health || health.Status === 'healthy')
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
