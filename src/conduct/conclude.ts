// What becomes of items that nobody runs: parents follow from their children, triggers from whether they happened.
import { failed, passed, unverified, worstStatus, type Outcome } from '../plan/outcome.ts'
import type { PlannedItem } from '../plan/release-plan.ts'
import { nextAttempt, recordOutcome, type RunContext } from './run-context.ts'

/** Writes down what an item came to. */
export async function conclude(context: RunContext, item: string, outcome: Outcome): Promise<void> {
  const now = await context.durable.now()
  context.outcomes.set(item, await recordOutcome(context, item, nextAttempt(context, item), outcome, now))
}

/** A parent is the conjunction of its children, innermost first. */
export async function concludeChildren(context: RunContext, items: readonly PlannedItem[]): Promise<void> {
  const { checklist } = context.plan
  for (const { item, binding } of items.toReversed()) {
    if (binding.type !== 'children') continue
    const children = checklist.items.filter(
      (candidate) => candidate.parent === item && candidate.kind !== 'record' && candidate.kind !== 'reference',
    )
    const statuses = children.map((child) =>
      context.waived.has(child.id) ? 'passed' : (context.outcomes.get(child.id)?.status ?? 'unverified'),
    )
    const good = statuses.filter((status) => status === 'passed' || status === 'skipped').length
    const outcome: Outcome = {
      ...passed(`${good} of ${statuses.length} under it are green`),
      status: statuses.length === 0 ? 'passed' : worstStatus(statuses),
    }
    await conclude(context, item, outcome)
  }
}

/** Each trigger of the document: did it happen? Asked at the end, when nothing can trip any more. */
export async function concludeGuards(context: RunContext): Promise<void> {
  for (const { item, binding } of context.plan.items) {
    if (binding.type !== 'guard' || context.outcomes.has(item)) continue
    const outcome = await context.durable.step(`guard outcome ${item}`, async () => {
      const seen = context.session.samplesSince(0)
      const tripped = binding.rules.find((rule) => context.session.tripped(rule.id))
      if (tripped) return failed(`happened: ${context.session.tripped(tripped.id)}`)
      const signals = new Set(binding.rules.flatMap(({ series }) => series.map(({ signal }) => signal)))
      const blind = [...signals].filter(
        (signal) => !seen.some((sample) => sample.signal === signal && sample.value !== null),
      )
      if (blind.length > 0) return unverified(`no sample of ${blind.join(', ')}`)
      return passed('did not happen')
    })
    await conclude(context, item, outcome)
  }
}
