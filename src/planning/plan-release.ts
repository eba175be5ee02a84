// Checklist plus configuration gives the plan of a release: what will be looked at, run, asked and guarded, in order.
import { findKind, parseOptions } from '../catalog/catalog.ts'
import type { Project } from '../config/load.ts'
import { PlanError } from '../lib/errors.ts'
import { canonicalJson, sha256 } from '../lib/hash.ts'
import { nearest } from '../lib/nearest.ts'
import type { Checklist, Item } from '../plan/plan.ts'
import type { Delivery, PlannedItem, ReleasePlan } from '../plan/release-plan.ts'
import type { Stage } from '../plan/stage.ts'
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
 * @throws PlanError for a binding of an item that the document does not have, or a stage that the strategy does not have.
 */
export function planRelease(request: PlanRequest): ReleasePlan {
  const { checklist } = request
  const { config, written } = request.project
  const file = 'gonogo.yaml'
  refuseUnknownItems(checklist, config.bindings, file)
  const delivery = planDelivery(request)
  const stages = delivery?.stages ?? []
  refuseUnknownStages(config.bindings, stages, file)

  const parents = new Set(checklist.items.map((item) => item.parent))
  const items: PlannedItem[] = []
  for (const item of checklist.items) {
    const entry = config.bindings[item.id]
    const bound = entry
      ? bindItem(item, entry, config, stages, file)
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
    environment: request.environment ?? config.environment,
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
    return { binding: { type: 'poll', role: ask, quorum: 1, question: null }, will: `ask ${ask}` }
  }
  return { binding: { type: 'unbound' }, will: 'not bound: cannot be verified' }
}

function planDelivery({ project, candidate }: PlanRequest): Delivery | null {
  const { delivery } = project.config
  if (!delivery) return null
  const { kind, ...options } = delivery.strategy
  const strategy = findKind('strategy', kind, { file: 'gonogo.yaml', path: 'delivery/strategy/kind' })
  const parsed = parseOptions(strategy.options, options, { file: 'gonogo.yaml', path: 'delivery/strategy' })
  const { target, router, autoPromote, approver, restore } = delivery
  return {
    target,
    router,
    strategy: strategy.id,
    stages: strategy.stages(parsed),
    autoPromote,
    approver,
    candidate: candidate ?? delivery.candidate,
    restore,
  }
}

function refuseUnknownItems(checklist: Checklist, bindings: Record<string, unknown>, file: string): void {
  const ids = checklist.items.map((item) => item.id)
  const known = new Set(ids)
  for (const id of Object.keys(bindings)) {
    if (known.has(id)) continue
    const suggestion = nearest(id, ids)
    throw new PlanError(`${checklist.document.path} has no item "${id}"`, {
      file,
      path: `bindings/${id}`,
      expected: 'the id of an item; "gonogo plan" lists them',
      hint: suggestion ? `its text may have been edited: did it become "${suggestion}"?` : 'remove the binding',
    })
  }
}

function refuseUnknownStages(bindings: Project['config']['bindings'], stages: readonly Stage[], file: string): void {
  const names = stages.map((stage) => stage.name)
  for (const [id, entry] of Object.entries(bindings)) {
    if (entry.form !== 'rollout' || entry.value.rollout === true || names.includes(entry.value.rollout)) continue
    throw new PlanError(`the strategy has no stage "${entry.value.rollout}"`, {
      file,
      path: `bindings/${id}/rollout`,
      expected: `true, or one of ${names.join(', ')}`,
    })
  }
}
