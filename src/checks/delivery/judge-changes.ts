// What pull requests or merge requests come to: merged in the order their descriptions ask for, approved, nobody against it.
import { z } from 'zod'
import { OutsideError } from '../../lib/errors.ts'
import { excerpt } from '../../lib/excerpt.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, type Outcome } from '../../plan/outcome.ts'
import { someOf } from '../instrument.ts'
import { mergeOrder, type Change } from './merge-order.ts'

const CHANGES_MAX = 100

/** What is wanted of changes, whoever keeps them. */
export const changeFields = {
  approvalsMin: z
    .number()
    .int()
    .min(0)
    .default(1)
    .describe('how many people must have approved each, the author left out'),
  merged: z.boolean().default(true).describe('whether they must be merged; else they must be ready to be'),
}

/**
 * The named changes, and those that they depend on, and so on.
 * @throws OutsideError where there is no end to it, or one cannot be read
 */
export async function withDependencies(
  refs: readonly string[],
  read: (ref: string) => Promise<Change>,
): Promise<Change[]> {
  const changes = new Map<string, Change>()
  const open = [...new Set(refs)]
  for (let ref = open.shift(); ref !== undefined; ref = open.shift()) {
    if (changes.has(ref)) continue
    if (changes.size >= CHANGES_MAX)
      throw new OutsideError('code host', `more than ${CHANGES_MAX} changes hang together`)
    const change = await read(ref)
    changes.set(ref, change)
    open.push(...change.dependsOn)
  }
  return [...changes.values()]
}

interface Wanted {
  approvalsMin: number
  merged: boolean
}

/** Judges the changes that were asked for; of those that they depend on only whether, and when, they were merged. */
export function judgeChanges(
  asked: readonly string[],
  changes: readonly Change[],
  { approvalsMin, merged }: Wanted,
): Outcome {
  const { order, cycle } = mergeOrder(changes)
  const byRef = new Map(changes.map((change) => [change.ref, change]))
  const own = asked.flatMap((ref) => byRef.get(ref) ?? [])
  const wrong = [
    ...(cycle ? [`they wait for one another: ${cycle.join(' → ')}`] : []),
    ...own.flatMap((change) => complaints(change, approvalsMin, merged)),
    ...changes.flatMap((change) => outOfOrder(change, byRef, merged)),
  ]
  const lines = [...order, ...changes.map(({ ref }) => ref).filter((ref) => !order.includes(ref))].flatMap((ref) => {
    const change = byRef.get(ref)
    return change ? [inWords(change)] : []
  })
  const extra = {
    evidence: [{ name: 'order', mediaType: 'text/plain' as const, content: excerpt(lines.join('\n')) }],
    measurements: [
      { name: 'changes', value: own.length, unit: 'count' },
      { name: 'fewest approvals', value: Math.min(...own.map(({ approvals }) => approvals)), unit: 'count' },
    ],
  }
  if (wrong.length > 0) return failed(someOf([...new Set(wrong)]), extra)
  const approved = approvalsMin > 0 ? `, each with ${plural(approvalsMin, 'approval')} or more` : ''
  const count = plural(own.length, 'change')
  const inOrder = changes.some(({ dependsOn }) => dependsOn.length > 0)
    ? ' in the order they depend on one another'
    : ''
  return passed(`${count} ${merged ? `merged${inOrder}` : 'without objection'}${approved}`, extra)
}

function complaints(
  { ref, isDraft, mergedAtMs, approvals, changesRequested }: Change,
  approvalsMin: number,
  merged: boolean,
): string[] {
  return [
    ...(merged && mergedAtMs === null ? [`${ref} is not merged`] : []),
    ...(isDraft && mergedAtMs === null ? [`${ref} is a draft`] : []),
    ...(approvals < approvalsMin
      ? [`${ref} has ${plural(approvals, 'approval')}, at least ${approvalsMin} wanted`]
      : []),
    // Once it is merged, an objection was overruled: only who asked for approvals is told.
    ...(changesRequested > 0 && (mergedAtMs === null || approvalsMin > 0) ? [`changes are requested of ${ref}`] : []),
  ]
}

function outOfOrder(change: Change, byRef: ReadonlyMap<string, Change>, merged: boolean): string[] {
  return change.dependsOn.flatMap((ref) => {
    const other = byRef.get(ref)
    if (!other) return []
    if (other.mergedAtMs === null) {
      return merged || change.mergedAtMs !== null ? [`${change.ref} depends on ${ref}, which is not merged`] : []
    }
    const isLate = change.mergedAtMs !== null && other.mergedAtMs > change.mergedAtMs
    return isLate ? [`${change.ref} was merged before ${ref}, which it depends on`] : []
  })
}

function inWords({ ref, title, mergedAtMs, approvals, dependsOn }: Change): string {
  const merged = mergedAtMs === null ? 'open' : `merged ${new Date(mergedAtMs).toISOString()}`
  const after = dependsOn.length > 0 ? `, after ${dependsOn.join(', ')}` : ''
  return `${ref} ${excerpt(title, 100)}: ${merged}, ${plural(approvals, 'approval')}${after}`
}
