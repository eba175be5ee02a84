// What a supervisor is told (`spec.json`, written once per start) and what it tells (`state.json`, written when it changes).
import { readFileSync } from 'node:fs'
import { codeOf } from '../../lib/errors.ts'
import type { ProcessIdentity } from '../../lib/process-identity.ts'
import type { Health } from '../health.ts'

export interface Spec {
  version: string
  command: string[]
  cwd: string
  /** Added to the supervisor's own environment. */
  env: Record<string, string>
  portEnv: string
  ports: number[]
  /** Ports were given by the user: another must not be taken instead. */
  portsAreFixed: boolean
  health: Health
  startTimeoutMs: number
  stop: { signal: NodeJS.Signals; graceMs: number }
}

export interface InstanceReport {
  /** `v2-1`. */
  id: string
  port: number
  identity: ProcessIdentity | null
  healthy: boolean
  /** Starts after the first, but for those after a hold. */
  restarts: number
  /** Answer to the last health probe: `HTTP 503`. */
  lastProbe: string | null
  /** `exit code 127`, `SIGKILL`; null before the first end. */
  lastExit: string | null
}

export interface State {
  instances: InstanceReport[]
}

/** A JSON file; null when it is not there. Files are replaced atomically, so there is no half of one. */
export function readJson<T>(path: string): T | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

/** `v2-1`, for the first instance of v2. */
export const instanceId = (version: string, number: number): string => `${version}-${number}`

/** How many instances of a version shall run: all, unless its count says fewer. */
export function countWanted(countFile: string, { ports }: Pick<Spec, 'ports'>): number {
  const count = readJson<number>(countFile) ?? ports.length
  return Math.min(Math.max(1, count), ports.length)
}
