// What the conductor reaches for outside itself. Wired once, in app/.
import type { Backup } from '../backups/backup.ts'
import type { Redactor } from '../lib/redact.ts'
import type { DataPort } from '../plan/data-port.ts'
import type { RunState, Pace } from '../plan/run-record.ts'
import type { Status } from '../plan/outcome.ts'
import type { Sample } from '../plan/signal.ts'
import type { WayBack } from '../plan/way-back.ts'
import type { Router } from '../routers/router.ts'
import type { NamedSource } from '../signals/sampling.ts'
import type { Target } from '../targets/target.ts'
import type { EvidenceStore, Ledger, RunMessage, Runs } from './ports.ts'

/** What a person watching the run is told, as it happens. */
export type RunEvent =
  | { type: 'run'; state: RunState; reason: string | null }
  | { type: 'phase'; title: string; event: 'started' | 'ended'; waitMs?: number }
  | { type: 'item'; item: string; text: string; status: Status | 'running' | 'asked' | 'waived'; summary: string }
  | { type: 'output'; item: string; line: string }
  | { type: 'stage'; stage: string; weight: number; durationMs: number; event: 'started' | 'ended'; summary: string }
  | { type: 'guard'; severity: 'notify' | 'pause' | 'rollback'; sentence: string }
  | { type: 'sample'; samples: Sample[] }
  | { type: 'needs'; reason: string; commands: string[] }
  | { type: 'way-back'; wayBack: WayBack }
  | { type: 'rollback'; event: string; detail: string; durationMs: number | null }

interface DeliveredPart {
  target: Target
  router: Router
  /** This release leaves it at its version: there is nothing to move, and nothing to watch. */
  stays: boolean
}

/** The delivery's parts, present when the plan delivers something. */
export interface DeliveryParts {
  /** All services as one, where there are several. */
  target: Target
  router: Router
  /** Whether requests can be held while data is swapped. */
  holds: boolean
  /** Target and router of the service that a stage moves, under the versions of the delivery. */
  partOf(service: string | undefined): DeliveredPart
  /** The version that has the traffic before this run; of several services, in words. */
  stable: string
  /** The same of each target. */
  stableOf: Record<string, string>
  /** After success the candidate is the stable version of the next run. */
  remember(stable: string): void
}

export interface Services {
  directory: string
  /** Absolute path of `.gonogo/`. */
  stateDirectory: string
  /** Variables and secrets for commands and checks. */
  env: Readonly<Record<string, string>>
  redactor: Redactor
  /** Replaces ${env:NAME} and ${file:PATH} in options. @throws PlanError when one is missing. */
  resolve<T>(value: T): T
  ledger: Ledger
  evidence: EvidenceStore
  runs: Runs
  delivery: DeliveryParts | null
  backups: Record<string, Backup>
  /** What checks and actions may ask of databases and backups. */
  data: DataPort
  sources: NamedSource[]
  watchdog: { afterMs: number; policy: 'rollback' | 'hold' }
  /** Aborts when this process stops conducting, whether or not the run is over. */
  stopping: AbortSignal
  /** Stops conducting because of this error: the run stays as it is, to be resumed. */
  abandon(error: unknown): void
  /** So many checks look at the same time. */
  checksAtOnce: number
  /** A gate that is not green ends the run instead of waiting for people. */
  noWait: boolean
  /** Sends a message to the run being conducted (guards do). */
  send(message: RunMessage): Promise<void>
  /** Whether a message waits for the run. */
  hasMail(): Promise<boolean>
  clock(): number
  emit(event: RunEvent): void
}

/** Waiting time under the run's pace: divided by the scale, then capped. */
export function paced(durationMs: number, pace: Pace): number {
  return Math.min(durationMs / pace.timeScale, pace.waitMsMax ?? Number.POSITIVE_INFINITY)
}
