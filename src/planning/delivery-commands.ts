// Dry-run of a delivery: every command that conducting it would execute, in order. Nothing is asked and nothing is resolved: references to
// secrets stay references.
import { findKind, parseOptions } from '../catalog/catalog.ts'
import type { Project } from '../config/load.ts'
import { stays, type VersionedService } from '../plan/delivered-service.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import { describeWeights, type RoutingTable } from '../plan/traffic.ts'

export interface DeliveryCommands {
  /** Empty where the delivery is of one service only. */
  service: string
  /** `start v2`, `few: 10 % to v2`, `back: all traffic to v1`. */
  what: string
  /** One command, or sentence where it is none, a line; none for a service that stays at its version. */
  commands: string[]
}

/**
 * In the order in which they would be executed: candidates come up before any traffic moves; the way back last.
 * @param services of the plan's delivery, in the order in which they go forward; none where nothing is delivered
 */
export function deliveryCommands(
  project: Project,
  plan: ReleasePlan,
  services: readonly VersionedService[],
): DeliveryCommands[] {
  const changed = services.filter(({ versions }) => !stays(versions))
  return [
    ...changed.filter((each) => !isInPlace(each)).map((each) => starting(project, each)),
    ...services.flatMap((each) => forward(project, plan, each)),
    ...changed.toReversed().map((each) => (isInPlace(each) ? switchingBack(each) : moving(project, each, 'back', 0))),
  ]
}

const isInPlace = ({ service }: VersionedService): boolean => service.router === null

function forward(project: Project, plan: ReleasePlan, each: VersionedService): DeliveryCommands[] {
  const { service, versions } = each
  if (stays(versions)) return [{ service: service.name, what: `stays at ${versions.stable}`, commands: [] }]
  // The lines of a target in place end in its switch: they belong where traffic moves.
  return isInPlace(each) ? [starting(project, each)] : stagesOf(project, plan, each)
}

function starting(project: Project, { service, versions: { candidate } }: VersionedService): DeliveryCommands {
  const { kind, options, context } = configured(project, 'target', service.target)
  return { service: service.name, what: `start ${candidate}`, commands: kind.plan(options, candidate, context) }
}

function stagesOf(project: Project, plan: ReleasePlan, each: VersionedService): DeliveryCommands[] {
  const { name: of } = each.service
  return (plan.delivery?.stages ?? [])
    .filter(({ service = '', weight }) => service === of && weight > 0)
    .map(({ name, weight }) => moving(project, each, of === '' ? name : name.slice(of.length + 1), weight))
}

/** @param name the stage, as its strategy calls it. @param weight percent of the candidate */
function moving(
  project: Project,
  { service, versions: { stable, candidate } }: VersionedService,
  name: string,
  weight: number,
): DeliveryCommands {
  const { kind, options, context } = configured(project, 'router', service.router ?? '')
  const weights: RoutingTable['weights'] = { [stable]: 100 - weight, [candidate]: weight }
  return {
    service: service.name,
    what: `${name}: ${describeWeights(weights)}`,
    commands: kind.plan(options, weights, context),
  }
}

function switchingBack({ service: { name, target }, versions: { stable } }: VersionedService): DeliveryCommands {
  return {
    service: name,
    what: `back: all traffic to ${stable}`,
    commands: [`switch target ${target} back to ${stable}`],
  }
}

/** What gonogo.yaml says of a target or router: its kind, its options as they are written, and where it works. */
function configured<F extends 'target' | 'router'>(project: Project, family: F, name: string) {
  const { config, directory, stateDirectory } = project
  const section = `${family}s` as const
  const { kind: id = '', ...written } = config[section][name] ?? {}
  const place = { path: `${section}/${name}` }
  const kind = findKind(family, id, place)
  return {
    kind,
    options: parseOptions(kind.options, written, place),
    context: { name, directory, stateDirectory, env: {} },
  }
}
