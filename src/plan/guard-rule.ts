// A rule over signals, in force for a stretch of the run.
import type { Operator } from './threshold.ts'

export type Severity = 'notify' | 'pause' | 'rollback'

export interface GuardRule {
  /** Unique in the run: item id or name from `gonogo.yaml`. */
  id: string
  /** "Error rate exceeds 50%". */
  title: string
  signal: string
  /** Which version's samples it looks at. `any`: each on its own; `service`: samples without a version. */
  scope: 'candidate' | 'stable' | 'any' | 'service'
  /** The bad state: trips when the value stands in this relation to `value`. */
  operator: Operator
  value: number
  valueMax: number | null
  /**
   * `baseline`: percent above the stable version's value (or its value before the release), for latencies and the like;
   * `baseline-points`: the plain difference to it, for values that are percentages already; null: absolute.
   */
  relativeTo: 'baseline' | 'baseline-points' | null
  /** Must hold for so many samples in a row. 1: at the first. */
  consecutive: number
  /** Must hold for so long. 0: at once. */
  forMs: number
  /** A sample that rests on fewer observations says nothing. */
  observationsMin: number
  severity: Severity
  /** The data itself is bad: a rollback by this rule also puts the delivery's backup back. */
  restoreData: boolean
  /** So many unknown samples in a row pause the run: no data is not green. 0: unknown is only noted. */
  unknownMax: number
  /** The trigger item of the document it comes from, or null. */
  item: string | null
}
