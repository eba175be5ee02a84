// How much of a plan a machine verifies, and why the rest is a person's.
import { findKind } from '../catalog/catalog.ts'
import { judge } from '../checklist/statements/verifiable.ts'
import type { Binding } from '../plan/binding.ts'
import type { Item } from '../plan/plan.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'

/** Looked at by a check; measured by a watch or guard; done and proved by the run; told by a person; not here; nobody said how. */
type VerifiedBy = 'check' | 'measured' | 'deed' | 'person' | 'skipped' | 'nobody'

export interface Verification extends Record<VerifiedBy, number> {
  total: number
  /** `check`, `measured` and `deed` together. */
  machine: number
  /** Items that a person answers, in document order; reason null where neither gonogo.yaml nor the words say why. */
  people: { item: string; reason: string | null }[]
}

/** From the best to the worst: what only gathers others stands where the worst of them does. */
const ORDER: readonly VerifiedBy[] = ['skipped', 'check', 'measured', 'deed', 'person', 'nobody']

const BY: Record<Exclude<Binding['type'], 'children'>, VerifiedBy> = {
  check: 'check',
  watch: 'measured',
  guard: 'measured',
  action: 'deed',
  backup: 'deed',
  rollout: 'deed',
  poll: 'person',
  record: 'person',
  skip: 'skipped',
  unbound: 'nobody',
}

/** Counts over all items of a plan. */
export function verificationOf({ checklist, items }: Pick<ReleasePlan, 'checklist' | 'items'>): Verification {
  const found: Verification = {
    total: items.length,
    machine: 0,
    check: 0,
    measured: 0,
    deed: 0,
    person: 0,
    skipped: 0,
    nobody: 0,
    people: [],
  }
  const texts = new Map(checklist.items.map((item) => [item.id, item]))
  const below = new Map<string, VerifiedBy>()
  const own = new Map<string, VerifiedBy>()
  // From the end, since an item stands behind the one it is nested in.
  for (const { item, binding } of items.toReversed()) {
    const by = binding.type === 'children' ? (below.get(item) ?? 'nobody') : verifiedBy(binding)
    own.set(item, by)
    const parent = texts.get(item)?.parent
    if (parent) below.set(parent, worse(by, below.get(parent)))
  }
  for (const { item, binding } of items) {
    const by = own.get(item) ?? 'nobody'
    found[by]++
    const text = texts.get(item)
    if (by === 'person' && text && binding.type !== 'children')
      found.people.push({ item, reason: reasonFor(text, binding) })
  }
  found.machine = found.check + found.measured + found.deed
  return found
}

function verifiedBy(binding: Exclude<Binding, { type: 'children' }>): VerifiedBy {
  return restsOnPeople(binding) ? 'person' : BY[binding.type]
}

function restsOnPeople(binding: Binding): boolean {
  return binding.type === 'check' && findKind('check', binding.check, { path: 'check' }).restsOnPeople === true
}

function worse(one: VerifiedBy, other: VerifiedBy | undefined): VerifiedBy {
  return other !== undefined && ORDER.indexOf(other) > ORDER.indexOf(one) ? other : one
}

/** What gonogo.yaml says; else what the words are about; null where neither makes it a person's by nature. */
function reasonFor(item: Item, binding: Binding): string | null {
  if (binding.type === 'poll' && binding.why !== null) return binding.why
  if (binding.type === 'record') return 'to be filled in'
  if (restsOnPeople(binding)) return 'stated by people, and held to it'
  if (item.verifiable !== 'person') return null
  return judge(item).cluster ?? 'a bound without a number'
}
