// What rules say of a copy, in words; and whether two copies are judged alike.
import { plural } from '../lib/plural.ts'
import type { CopyValidation } from './backup.ts'

const NAMED_MAX = 5

/** `8 rules hold`, `2 of 8 rules fail (orphans: 17 violations, ...)`, `1 of 8 rules was not judged (...)`. */
export function describeValidation(validation: CopyValidation): string {
  const { passed, failed, unverified, findings } = validation
  const total = passed + failed + unverified
  if (failed + unverified === 0)
    return total === 0 ? 'no rule was run' : `${plural(total, 'rule')} ${total === 1 ? 'holds' : 'hold'}`
  const parts = [
    failed > 0 ? `${failed} of ${plural(total, 'rule')} fail` : '',
    unverified > 0 ? `${unverified} of ${plural(total, 'rule')} could not be judged` : '',
  ].filter(Boolean)
  const named = findings
    .slice(0, NAMED_MAX)
    .map(
      ({ rule, count, problem }) =>
        `${rule}: ${count === null ? (problem ?? 'not judged') : plural(count, 'violation')}`,
    )
  const more = findings.length > NAMED_MAX ? [`${findings.length - NAMED_MAX} more`] : []
  return `${parts.join(' and ')} (${[...named, ...more].join(', ')})`
}

/** Rules that are now judged otherwise than `before`, as `orphans: 3 violations, 0 recorded`; a rule not judged again counts. */
export function differencesInRules(before: CopyValidation, now: CopyValidation): string[] {
  const rules = new Set([...Object.keys(before.counts), ...Object.keys(now.counts)])
  return [...rules]
    .filter((rule) => (before.counts[rule] ?? null) !== (now.counts[rule] ?? null))
    .map((rule) => `${rule}: ${said(now.counts[rule])}, ${said(before.counts[rule])} recorded`)
}

/** Rules that `now` breaks by more rows than `before`, or that are no longer judged; all broken ones where nothing was recorded. */
export function newlyBroken(before: CopyValidation | null, now: CopyValidation): string[] {
  return Object.entries(now.counts)
    .filter(([rule, count]) => {
      const then = before?.counts[rule] ?? null
      const isBroken = count === null || now.findings.some((finding) => finding.rule === rule)
      return isBroken && (count === null || then === null || count > then)
    })
    .map(([rule, count]) => `${rule}: ${said(count)}`)
}

function said(count: number | null | undefined): string {
  return count === null || count === undefined ? 'not judged' : plural(count, 'violation')
}
