// Dry-run of a delivery: every command that conducting it would execute, in order. Nothing is asked and nothing is resolved: references to
// secrets stay references.
import { findKind, parseOptions } from '../catalog/catalog.ts'
import type { Project } from '../config/load.ts'
import type { DeliveredService } from '../plan/delivered-service.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import { describeWeights } from '../plan/traffic.ts'

export interface DeliveryCommands {
  /** Empty where the delivery is of one service only. */
  service: string
  /** `start v2`, `few: 10 % to v2`, `back: all traffic to v1`. */
  what: string
  /** One command, or sentence where it is none, a line. */
  commands: string[]
}

/** In the order in which they would be executed; the way back last. Empty where nothing is delivered. */
export function deliveryCommands(project: Project, plan: ReleasePlan, stable: string): DeliveryCommands[] {
  const { delivery } = plan
  if (!delivery) return []
  const forward = delivery.services.flatMap((service) => commandsOf(project, plan, service, stable))
  const back = delivery.services.toReversed().flatMap((service) => {
    const { candidate, own } = versionsOf(service, delivery.candidate, stable)
    return moving(project, service, 'back', { [own]: 100, [candidate]: 0 })
  })
  return [...forward, ...back]
}

function versionsOf(service: DeliveredService, candidate: string, stable: string) {
  return { candidate: service.candidate ?? candidate, own: service.stable ?? stable }
}

function commandsOf(
  project: Project,
  plan: ReleasePlan,
  service: DeliveredService,
  stable: string,
): DeliveryCommands[] {
  const stages = (plan.delivery?.stages ?? []).filter((stage) => (stage.service ?? '') === service.name)
  const { candidate, own } = versionsOf(service, plan.delivery?.candidate ?? '', stable)
  const { kind, options, context } = targetKind(project, service.target)
  const start = { service: service.name, what: `start ${candidate}`, commands: kind.plan(options, candidate, context) }
  const moves = stages
    .filter(({ weight }) => weight > 0)
    .flatMap(({ name, weight }) =>
      moving(project, service, nameWithin(service, name), { [own]: 100 - weight, [candidate]: weight }),
    )
  return [start, ...moves]
}

/** A stage of one of several services, as its strategy calls it. */
function nameWithin({ name }: DeliveredService, stage: string): string {
  return name === '' ? stage : stage.slice(name.length + 1)
}

/** In place the target's own lines say what its switch would execute. */
function moving(
  project: Project,
  service: DeliveredService,
  name: string,
  weights: Record<string, number>,
): DeliveryCommands[] {
  if (service.router === null) return []
  const { kind, options, context } = routerKind(project, service.router)
  const what = `${name}: ${describeWeights(weights)}`
  return [{ service: service.name, what, commands: kind.plan(options, weights, context) }]
}

function targetKind({ config, directory, stateDirectory }: Project, name: string) {
  const { kind: id = '', ...written } = config.targets[name] ?? {}
  const place = { path: `targets/${name}` }
  const kind = findKind('target', id, place)
  return {
    kind,
    options: parseOptions(kind.options, written, place),
    context: { name, directory, stateDirectory, env: {} },
  }
}

function routerKind({ config, directory, stateDirectory }: Project, name: string) {
  const { kind: id = '', ...written } = config.routers[name] ?? {}
  const place = { path: `routers/${name}` }
  const kind = findKind('router', id, place)
  return {
    kind,
    options: parseOptions(kind.options, written, place),
    context: { name, directory, stateDirectory, env: {} },
  }
}
