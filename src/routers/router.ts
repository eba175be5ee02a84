// Contract of a router: what splits traffic between versions.
import type { z } from 'zod'
import type { RouterAbilities } from '../plan/abilities.ts'
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
  /** The whole environment its programs run in. */
  env: Readonly<Record<string, string>>
}

export interface Router {
  /**
   * The table in force, read back from the router itself; null when it has none yet or does not run. Weights are what the router really
   * does: where it counts in steps of 1/256, those.
   */
  current(): Promise<RoutingTable | null>
  /**
   * Puts a table in force and verifies it by reading back and, where it can be asked, by requests of its own. Starts the router if it is
   * gonogo's own and not running. Raises the new weight before it lowers the old one, so that no request finds nobody. Idempotent.
   * @throws OutsideError when the router does not answer or does not do it.
   */
  set(table: RoutingTable): Promise<void>
  /** Waits until `version` has no request in flight; false when the time-out came first. A router that cannot see it waits its grace and says true. */
  drain(version: string, timeoutMs: number): Promise<boolean>
  /** Counters per version, cumulative; null where this router counts nothing. @throws OutsideError when it does not answer. */
  counters(signal: AbortSignal): Promise<VersionCounters[] | null>
  /** Stops a router that is gonogo's own process; does nothing to others. */
  stop(): Promise<void>
  /** Shell for the capsule that puts `table` in force with nothing of gonogo running but the router itself; without Node. */
  capsule(table: RoutingTable): CapsuleStep
  /** Only a router that is gonogo's own process: how that is; null when it does not run. */
  health?(): Promise<RouterHealth | null>
  /**
   * Only a router that is gonogo's own process: one of the installed gonogo takes its place, without a connection lost.
   * @throws OutsideError when that does not come up: the former one then goes on.
   */
  upgrade?(): Promise<void>
}

/** How a router's own process is. */
export interface RouterHealth {
  pid: number
  /** `127.0.0.1:8080`. */
  address: string
  /** Version of gonogo it was started from, and of its Node. */
  version: string
  node: string
  /** Milliseconds since the epoch. */
  startedAt: number
  /** Requests that wait for the end of a hold. */
  held: number
  /** Backends that get no traffic for their failures, by id. */
  out: string[]
  /** What a person should see to. */
  notes: string[]
}

/** A kind of router. */
export interface RouterKind<Options = unknown> {
  id: string
  summary: string
  options: z.ZodType<Options>
  example: unknown
  failingExample: unknown
  secretFields: readonly string[]
  /** What a user may not have and this kind asks for, as "kubectl"; it says so where it is missing. */
  needs?: string
  abilities(options: Options): RouterAbilities
  describe(options: Options): string
  /** Dry-run: what putting these weights in force would execute, one command or sentence a line. */
  plan(options: Options, weights: RoutingTable['weights'], context: RouterContext): string[]
  create(options: Options, context: RouterContext): Router
}

/** Keeps the option type while declaring a kind. */
export function defineRouter<Options>(kind: RouterKind<Options>): RouterKind<Options> {
  return kind
}
