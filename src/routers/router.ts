// Contract of a router: what splits traffic between versions.
import type { z } from 'zod'
import type { VersionCounters } from '../plan/signal.ts'
import type { RoutingTable } from '../plan/traffic.ts'
import type { CapsuleStep } from '../plan/way-back.ts'

export interface RouterContext {
  /** Name in `gonogo.yaml`. */
  name: string
  /** Directory of `gonogo.yaml`. */
  directory: string
  /** `.gonogo/` of the project, absolute. */
  stateDirectory: string
}

export interface Router {
  /** The table in force, read back from the router itself; null when it has none yet or does not run. */
  current(): Promise<RoutingTable | null>
  /**
   * Puts a table in force and verifies it by reading back. Starts the router if it is gonogo's own and not running.
   * Raises the new weight before it lowers the old one, so that no request finds nobody.
   * @throws OutsideError when the router does not answer or does not do it.
   */
  set(table: RoutingTable): Promise<void>
  /** Waits until `version` has no request in flight; false when the time-out came first. */
  drain(version: string, timeoutMs: number): Promise<boolean>
  /** Counters per version, cumulative. @throws OutsideError when it does not answer. */
  counters(signal: AbortSignal): Promise<VersionCounters[]>
  /** Stops a router that is gonogo's own process; does nothing to others. */
  stop(): Promise<void>
  /** Shell for the capsule that puts `table` in force with nothing of gonogo running but the router itself. */
  capsule(table: RoutingTable): CapsuleStep
}

/** A kind of router. */
export interface RouterKind<Options = unknown> {
  id: string
  summary: string
  options: z.ZodType<Options>
  example: unknown
  failingExample: unknown
  secretFields: readonly string[]
  describe(options: Options): string
  create(options: Options, context: RouterContext): Router
}

/** Keeps the option type while declaring a kind. */
export function defineRouter<Options>(kind: RouterKind<Options>): RouterKind<Options> {
  return kind
}
