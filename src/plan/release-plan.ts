// The locked plan: checklist, bindings, delivery and guards in one immutable value. Its hash is what `deploy` insists on.
import type { Binding } from './binding.ts'
import type { DeliveredService } from './delivered-service.ts'
import type { GuardRule } from './guard-rule.ts'
import type { Checklist } from './plan.ts'
import type { ReleaseCalendar } from './release-calendar.ts'
import type { Stage } from './stage.ts'

export interface PlannedItem {
  item: string
  binding: Binding
  /** Dry-run text: what will be looked at, run or asked. */
  will: string
}

/** What a stage does by what is shown of the candidate. A candidate shown to be worse is the guards' affair at any time. */
export interface StageVerdict {
  /** A stage ends early when every metric is shown not to be worse. */
  early: boolean
  /** At the end of a stage when neither is shown: go on, ask the approver, or hold it longer and then ask. */
  undecided: 'promote' | 'ask' | 'extend'
  /** How much longer at most; null: as long as the stage itself. */
  extendMsMax: number | null
}

export interface Delivery {
  /** In the order in which they go forward; at least one. */
  services: DeliveredService[]
  strategy: string
  stages: Stage[]
  /** False: every stage ends with a poll of `approver`. */
  autoPromote: boolean
  approver: string
  /** What canary stages make of the verdict; null: they last as long as they say. */
  verdict: StageVerdict | null
  /** What traffic is expected, for advice on sample size: requests a second of all versions, percent that fail. Null: nobody said. */
  traffic: { requestsPerSecond: number; errors: number } | null
  /** The version to release. */
  candidate: string
  /** What a rollback does with data: keep it, or restore this backup. */
  restore: string | null
  /** When it may begin; null: at any time. */
  calendar: ReleaseCalendar | null
}

export interface ReleasePlan {
  formatVersion: 1
  /** SHA-256 of the canonical JSON of everything else. */
  hash: string
  service: string
  environment: string
  checklist: Checklist
  /** Every item that is executed, asked or judged, in document order. Reference items are not in it. */
  items: PlannedItem[]
  delivery: Delivery | null
  guards: GuardRule[]
  /** Role → people. */
  people: Record<string, string[]>
  /** The validated configuration as it was, secrets still by reference. */
  config: Record<string, unknown>
  samplingMs: number
}
