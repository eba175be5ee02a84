// Contract of a target: what is deployed. Every method is idempotent: after a crash it is simply called again.
import type { z } from 'zod'
import type { Backend } from '../plan/traffic.ts'
import type { CapsuleStep } from '../plan/way-back.ts'

/** What a target kind gets from outside. */
export interface TargetContext {
  /** Name in `gonogo.yaml`. */
  name: string
  /** Directory of `gonogo.yaml`. */
  directory: string
  /** `.gonogo/` of the project, absolute. */
  stateDirectory: string
  env: Readonly<Record<string, string>>
}

export interface InstanceState {
  backend: Backend
  pid: number | null
  healthy: boolean
  /** Starts after the first. */
  restarts: number
}

export interface Target {
  /** Versions that run now, with their instances. */
  current(): Promise<Record<string, InstanceState[]>>
  /**
   * Brings `version` up beside what runs, and waits until every instance is healthy.
   * @throws OutsideError when it does not become healthy in time; what was started is stopped again, its last log lines are in the message.
   */
  prepare(version: string, signal: AbortSignal): Promise<Backend[]>
  /** Stops every instance of `version` gracefully, then forcibly after the grace period. Nothing running is fine. */
  retire(version: string, signal: AbortSignal): Promise<void>
  /** Shell for the capsule: stop `version`; and, around a data swap, stop and start again the instances of `stable`. */
  capsule(stable: string, candidate: string): { retire: CapsuleStep; suspend: CapsuleStep; resume: CapsuleStep }
}

/** A kind of target. */
export interface TargetKind<Options = unknown> {
  id: string
  summary: string
  options: z.ZodType<Options>
  example: unknown
  failingExample: unknown
  secretFields: readonly string[]
  /** Dry-run text for bringing up `version`. */
  describe(options: Options, version: string): string
  create(options: Options, context: TargetContext): Target
}

/** Keeps the option type while declaring a kind. */
export function defineTarget<Options>(kind: TargetKind<Options>): TargetKind<Options> {
  return kind
}
