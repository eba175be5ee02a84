// Whether the old version could take all the traffic back. Pure.
import { plural } from '../../lib/plural.ts'
import type { Capacity } from '../../targets/target.ts'

/** Nothing of it is there: requests sent to it would find nobody. */
export function isGone({ healthy, wanted }: Capacity): boolean {
  return wanted > 0 && healthy === 0
}

/** `1 of 2 instances ready`. */
export function capacityInWords({ healthy, wanted }: Capacity): string {
  return wanted === 0 ? 'ready' : `${healthy} of ${plural(wanted, 'instance')} ready`
}

/** So many instances stand for this percentage: at least one where it is not 0. */
export function instancesFor(percent: number, wanted: number): number {
  return percent <= 0 ? 0 : Math.max(1, Math.round((wanted * percent) / 100))
}
