// Which items `gonogo check` looks at: all before the release, all that a machine can verify, or those that are named.
import { PlanError } from '../../lib/errors.ts'
import type { Binding } from '../../plan/binding.ts'
import type { Item, Phase } from '../../plan/plan.ts'
import type { ReleasePlan } from '../../plan/release-plan.ts'
import { findItem } from '../plan/find-item.ts'

export interface ChosenItem {
  item: Item
  phase: Phase
  binding: Extract<Binding, { type: 'check' }>
  /** Dry-run text. */
  will: string
}

export interface Selection {
  chosen: ChosenItem[]
  /** Items that were to be looked at and that nobody bound. */
  unbound: { item: Item; phase: Phase }[]
}

/** Every check before the release; with `full` those of later phases too. */
export function selectAll(plan: ReleasePlan, full: boolean): Selection {
  const isReadiness = (phase: Phase): boolean => phase.kind === 'readiness'
  const placed = placedItems(plan)
  return {
    chosen: placed.flatMap(asChosen).filter(({ phase }) => full || isReadiness(phase)),
    unbound: placed.filter(({ phase, binding }) => binding.type === 'unbound' && isReadiness(phase)),
  }
}

/**
 * The items that are named, in the document's order; one that gathers others stands for those.
 * @throws PlanError for a name that no item, or several, may be meant by, and for an item that is no check.
 */
export function selectOnly(plan: ReleasePlan, names: readonly string[]): Selection {
  const wanted = new Set(names.flatMap((name) => meantBy(plan, name)))
  const placed = placedItems(plan).filter(({ item }) => wanted.has(item.id))
  return {
    chosen: placed.flatMap(asChosen),
    unbound: placed.filter(({ binding }) => binding.type === 'unbound'),
  }
}

interface Placed {
  item: Item
  phase: Phase
  binding: Binding
  will: string
}

function placedItems(plan: ReleasePlan): Placed[] {
  const phases = new Map(plan.checklist.phases.map((phase) => [phase.id, phase]))
  const items = new Map(plan.checklist.items.map((item) => [item.id, item]))
  return plan.items.flatMap(({ item: id, binding, will }) => {
    const item = items.get(id)
    const phase = item && phases.get(item.phase)
    return phase ? [{ item, phase, binding, will }] : []
  })
}

function asChosen({ item, phase, binding, will }: Placed): ChosenItem[] {
  return binding.type === 'check' ? [{ item, phase, binding, will }] : []
}

/** Ids that one name stands for. */
function meantBy(plan: ReleasePlan, name: string): string[] {
  const { checklist } = plan
  const item = findItem(checklist, name)
  const planned = plan.items.find((entry) => entry.item === item.id)
  const type = planned?.binding.type ?? null
  if (type === 'check' || type === 'unbound') return [item.id]
  const below = type === 'children' ? descendants(checklist.items, item.id) : []
  const checks = below.filter((id) =>
    plan.items.some((entry) => entry.item === id && ['check', 'unbound'].includes(entry.binding.type)),
  )
  if (checks.length > 0) return checks
  throw new PlanError(
    type === null
      ? `${item.id} is shown for reference and never looked at`
      : `${item.id} is bound to ${type}: there is nothing to look at before the release`,
    {
      file: checklist.document.path,
      line: item.line,
      expected: 'an item that is bound to a check',
      hint: `"gonogo plan --explain ${item.id}" says what happens with it`,
    },
  )
}

function descendants(items: readonly Item[], parent: string): string[] {
  return items.filter((item) => item.parent === parent).flatMap(({ id }) => [id, ...descendants(items, id)])
}
