// What a plan and its proposals tell about items, as the coverage counts it.
import type { Known } from '../checklist/coverage.ts'
import type { Checklist } from '../plan/plan.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import type { BindingProposal } from './propose.ts'

/** @param plan null where there is no gonogo.yaml: then nothing is bound or asked. */
export function knownOf(
  { items }: Checklist,
  plan: ReleasePlan | null,
  proposals: ReadonlyMap<string, BindingProposal>,
): Known {
  const known = {
    bound: new Set<string>(),
    asked: new Set<string>(),
    proposed: new Set(proposals.keys()),
    gathering: new Set<string>(),
  }
  if (!plan) {
    const parents = new Set(items.map(({ parent }) => parent))
    for (const { id, kind, commands } of items)
      if (parents.has(id) && commands.length === 0 && kind !== 'record') known.gathering.add(id)
  }
  for (const { item, binding } of plan?.items ?? []) {
    if (binding.type === 'unbound') continue
    if (binding.type === 'children') known.gathering.add(item)
    else if (binding.type === 'poll' || binding.type === 'record') known.asked.add(item)
    else known.bound.add(item)
  }
  return known
}
