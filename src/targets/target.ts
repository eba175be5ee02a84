// Contract of a target: what is deployed. Every method is idempotent: after a crash it is simply called again.
import type { z } from 'zod'
import type { TargetAbilities } from '../plan/abilities.ts'
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

/** Whether a version could take all the traffic now. */
export interface Capacity {
  healthy: number
  /** So many it has at full strength. 0: it needs none (files). */
  wanted: number
}

export interface Target {
  /** Versions that run now, with their instances. */
  current(): Promise<Record<string, InstanceState[]>>
  /**
   * Brings `version` up at full strength beside what runs, or back to it, and waits until every instance is healthy. Where versions take
   * each other's place (`inPlace`) it makes ready whatever the switch needs and changes nothing of what serves.
   * @throws OutsideError when it does not become healthy in time; what was started is stopped again, its last log lines are in the message.
   */
  prepare(version: string, signal: AbortSignal): Promise<Backend[]>
  /** How much of a version is ready now. Quick: it is asked every second. @throws OutsideError when it cannot be told. */
  ready(version: string): Promise<Capacity>
  /**
   * Rolling: so many instances of `version` run afterwards (at least one), all healthy; the rest is stopped gracefully. `prepare` brings
   * it back to full strength.
   * @throws OutsideError as `prepare` does.
   */
  resize?(version: string, instances: number, signal: AbortSignal): Promise<Backend[]>
  /** Stops every instance of `version` gracefully, then forcibly after the grace period. Nothing running is fine. */
  retire(version: string, signal: AbortSignal): Promise<void>
  /** Shell for the capsule, without Node. */
  capsule(stable: string, candidate: string): TargetCapsule
  /** There where one version takes the place of the other: the target is its own router then. */
  inPlace?: InPlaceSwitch
}

export interface TargetCapsule {
  /** Brings `stable` back to full strength, before traffic returns; null where it is never less. */
  restore: CapsuleStep | null
  /** Stops `candidate`. */
  retire: CapsuleStep
  /** Around a data swap: stops what uses the data, and starts `stable` again; null where nothing runs. */
  suspend: CapsuleStep | null
  resume: CapsuleStep | null
}

/** One version takes the place of the other: a reload, a rolling update by the platform, a link that is moved. */
export interface InPlaceSwitch {
  /** The version that serves, read back; null when there is none yet. */
  current(): Promise<string | null>
  /** Makes `version` the one that serves and waits until it does, completely. @throws OutsideError when it does not come about in time. */
  switchTo(version: string, signal: AbortSignal): Promise<void>
  /** Shell that does the same, without Node. Stage `traffic`. */
  capsule(version: string): CapsuleStep
}

/** A kind of target. */
export interface TargetKind<Options = unknown> {
  id: string
  summary: string
  options: z.ZodType<Options>
  example: unknown
  failingExample: unknown
  secretFields: readonly string[]
  /** What a user may not have and this kind asks for, as "helm and kubectl"; it says so where it is missing. */
  needs?: string
  abilities(options: Options): TargetAbilities
  /** One line: bringing up `version`. */
  describe(options: Options, version: string): string
  /** Dry-run: what bringing `version` up would execute, one command or sentence a line; then, in place, what the switch would. */
  plan(options: Options, version: string, context: TargetContext): string[]
  create(options: Options, context: TargetContext): Target
}

/** Keeps the option type while declaring a kind. */
export function defineTarget<Options>(kind: TargetKind<Options>): TargetKind<Options> {
  return kind
}
