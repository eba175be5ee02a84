// A rule over signals, in force for a stretch of the run. What is common to all is here; what a rule looks for is its kind's.
import type { Operator } from './threshold.ts'

export type Severity = 'notify' | 'pause' | 'rollback'

/** Whose samples: `any`: each version on its own; `service`: samples without a version. */
export type Scope = 'candidate' | 'stable' | 'any' | 'service'

/** `baseline`: percent above the stable version's value (or its value before the release); `baseline-points`: the plain difference. */
export type RelativeTo = 'baseline' | 'baseline-points'

/** A series of samples that a rule looks at, for validation and for the report. */
export interface GuardSeries {
  signal: string
  scope: Scope
  /** In which direction its values are bad, where that can be said of single values; `value` null: there is no line to draw. */
  bad: { operator: Operator; value: number | null; valueMax: number | null } | null
}

export interface GuardRule {
  /** Unique in the run: item id or name from `gonogo.yaml`. */
  id: string
  /** "Error rate exceeds 50%". */
  title: string
  severity: Severity
  /** The data itself is bad: a rollback by this rule also puts the delivery's backup back. */
  restoreData: boolean
  /** So many unknown looks in a row pause the run: no data is not green. 0: unknown is only noted. */
  unknownMax: number
  /** The trigger item of the document it comes from, or null. */
  item: string | null
  /** Id of its kind: `bound`, `growth`, ... */
  kind: string
  /** As the kind's own schema gave them: plain JSON with every default filled in. */
  options: Record<string, unknown>
  /** Whom it judges, as the kind said of these options. */
  scope: Scope
  /** What it looks at, as the kind said of these options; the first one names it. */
  series: GuardSeries[]
  /** When it trips, in words, as the kind said of these options: "error rate of the candidate > 50 %, 5 samples in a row". */
  condition: string
}
