// Checklist plus configuration gives the plan of a release: what will be looked at, run, asked and guarded, in order.
import type { Project } from '../config/load.ts'
import { calendarOf } from '../config/calendar-options.ts'
import { deliveredServices, stagesOf } from '../config/delivered-services.ts'
import { PlanError } from '../lib/errors.ts'
import { canonicalJson, sha256 } from '../lib/hash.ts'
import { nearest } from '../lib/nearest.ts'
import type { Checklist, Item } from '../plan/plan.ts'
import type { Delivery, PlannedItem, ReleasePlan } from '../plan/release-plan.ts'
import { bindItem, toGuardRule, type Bound } from './bind-item.ts'

export interface PlanRequest {
  project: Project
  checklist: Checklist
  /** Overrides `delivery.candidate`. */
  candidate?: string
  /** Overrides `environment`. */
  environment?: string
}

/**
 * The plan of a release. Pure: the same document and configuration give the same hash.
 * @throws PlanError for a binding of an item that the document does not have, or an environment that is not configured.
 */
export function planRelease(request: PlanRequest): ReleasePlan {
  const { checklist } = request
  const { config, written } = request.project
  refuseUnknownItems(checklist, request.project)
  const environment = chosenEnvironment(request)
  const delivery = planDelivery(request)
  const stages = delivery?.stages ?? []

  const parents = new Set(checklist.items.map((item) => item.parent))
  const items: PlannedItem[] = []
  for (const item of checklist.items) {
    const entry = config.bindings[item.id]
    const bound = entry
      ? bindItem(item, entry, config, stages)
      : bindByNature(item, parents.has(item.id), config.defaults.ask ?? null)
    if (bound) items.push({ item: item.id, ...bound })
  }
  const guards = [
    ...Object.entries(config.guards).map(([name, entry]) => toGuardRule(name, entry, null)),
    ...items.flatMap(({ binding }) => (binding.type === 'guard' ? binding.rules : [])),
  ]
  const plan: Omit<ReleasePlan, 'hash'> = {
    formatVersion: 1,
    service: config.service,
    environment,
    checklist,
    items,
    delivery,
    guards,
    people: config.people,
    config: written as Record<string, unknown>,
    samplingMs: config.delivery?.sampling ?? 1000,
  }
  return { ...plan, hash: sha256(canonicalJson(plan)) }
}

/** What an item is without a binding. Nothing becomes executable here: at most a person is asked. */
function bindByNature(item: Item, hasChildren: boolean, ask: string | null): Bound | null {
  if (item.kind === 'reference') return null
  if (item.kind === 'record') return { binding: { type: 'record' }, will: 'fill in' }
  if (hasChildren && item.commands.length === 0)
    return { binding: { type: 'children' }, will: 'true when all items under it are' }
  const personal = item.verifiable === 'person' || item.kind === 'poll' || item.condition !== null
  if (personal && item.polarity === 'good' && ask) {
    return { binding: { type: 'poll', role: ask, quorum: 1, question: null, why: null }, will: `ask ${ask}` }
  }
  return { binding: { type: 'unbound' }, will: 'not bound: cannot be verified' }
}

function planDelivery({ project, candidate }: PlanRequest): Delivery | null {
  const { delivery } = project.config
  if (!delivery) return null
  const { autoPromote, approver, restore, verdict, traffic } = delivery
  return {
    services: deliveredServices(delivery),
    strategy: delivery.strategy.kind,
    stages: stagesOf(delivery),
    autoPromote,
    approver,
    verdict: verdict && { early: verdict.early, undecided: verdict.undecided, extendMsMax: verdict.extendMax },
    traffic,
    candidate: candidate ?? delivery.candidate,
    restore,
    calendar: calendarOf(delivery),
  }
}

/** `--environment`, or the configured one. */
function chosenEnvironment({ project: { config, placeOf }, environment }: PlanRequest): string {
  const chosen = environment ?? config.environment
  const known = [...new Set([config.environment, ...Object.keys(config.environments)])]
  if (known.includes(chosen)) return chosen
  const suggestion = nearest(chosen, known)
  throw new PlanError(`there is no environment "${chosen}"`, {
    ...placeOf(['environments']),
    expected: `one of ${known.join(', ')}`,
    hint: suggestion ? `did you mean "${suggestion}"?` : `add it: "environments: { ${chosen}: {} }"`,
  })
}

function refuseUnknownItems(checklist: Checklist, { config, placeOf }: Project): void {
  const ids = checklist.items.map((item) => item.id)
  const known = new Set(ids)
  for (const id of Object.keys(config.bindings)) {
    if (known.has(id)) continue
    const suggestion = nearest(id, ids)
    throw new PlanError(`${checklist.document.path} has no item "${id}"`, {
      ...placeOf(['bindings', id]),
      expected: 'the id of an item; "gonogo plan" lists them',
      hint: suggestion ? `its text may have been edited: did it become "${suggestion}"?` : 'remove the binding',
    })
  }
}
