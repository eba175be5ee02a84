// The way back, known before going forward.

export type Reversibility = 'reversible' | 'compensable' | 'one-way'

/** What "rollback now" would mean at this moment; shown at all times. */
export interface WayBack {
  possible: boolean
  /** Estimated, from measured parts; null when unknown. */
  estimateMs: number | null
  /** "traffic back to v1, stop v2" or why not: "migration 0042 is one-way". */
  how: string
}

/** `rollback now: yes, about 4 s (traffic back to v1)` or `rollback now: no: migration 0042 is one-way`. */
export function describeWayBack(wayBack: WayBack): string {
  if (!wayBack.possible) return `rollback now: no: ${wayBack.how}`
  const about = wayBack.estimateMs === null ? '' : `, about ${Math.max(1, Math.round(wayBack.estimateMs / 1000))} s`
  return `rollback now: yes${about} (${wayBack.how})`
}

/** A piece of the capsule that a kind contributes: plain POSIX shell, self-contained, no variables of ours needed. */
export interface CapsuleStep {
  /** `traffic` runs first and alone when the watchdog acts; then `processes`, then `data`. */
  stage: 'traffic' | 'processes' | 'data'
  /** What a person reads while it runs: "all traffic to v1". */
  title: string
  /** Lines of POSIX sh run with `set -eu`; `$HERE` is the capsule's own directory. */
  shell: string
  /** Files to stand beside rollback.sh: name → content. */
  files: Record<string, string>
  /** Also when a step of its stage before it failed: what was held or stopped must not stay so. @default false */
  always?: boolean
}
