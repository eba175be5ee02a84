// A check's policy in words, for the plan.
import { formatDuration } from '../lib/duration.ts'
import { plural } from '../lib/plural.ts'
import type { CheckPolicy } from '../plan/binding.ts'
import { conditionInWords } from '../plan/condition.ts'

/** Each part that says something: "must hold for 30 min, looked at every 30 s". */
export function policyInWords({ retries, retryAfterMs, soak, cacheMs, when, waiver }: CheckPolicy): string[] {
  return [
    ...(retries > 0 ? [`up to ${plural(retries, 'more look')}, ${formatDuration(retryAfterMs)} apart`] : []),
    ...(soak ? [`must hold for ${formatDuration(soak.forMs)}, looked at every ${formatDuration(soak.everyMs)}`] : []),
    ...(cacheMs > 0 ? [`a pass of the last ${formatDuration(cacheMs)} is used again`] : []),
    ...(when ? [`only when ${conditionInWords(when)}`] : []),
    ...(waiver
      ? [`waived by ${waiver.by} until ${new Date(waiver.untilMs).toISOString().slice(0, 16)}Z: ${waiver.reason}`]
      : []),
  ]
}
