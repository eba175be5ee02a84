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
}

/** What a router can, as far as a delivery may want it. */
export interface RouterAbilities {
  /** Any share, or only everything to one version. */
  weights: 'any' | 'whole'
  /** What it sends requests to: addresses, Services of Kubernetes; `anything`: it does not look at backends. */
  reaches: 'addresses' | 'services' | 'anything'
  /** Has counters per version. */
  counts: boolean
  /** Testers can ask for a version before it has traffic. */
  preview: boolean
  /** Can hold requests while data is swapped. */
  hold: boolean
  /** Can copy requests to a version that has no traffic. */
  mirror: boolean
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
