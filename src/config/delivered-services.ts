// The services of a delivery in the order in which they go forward, and whether each one's target, router and strategy fit together.
import { findKind, parseOptions } from '../catalog/catalog.ts'
import { PlanError, type PlanErrorPlace } from '../lib/errors.ts'
import type { RouterAbilities, TargetAbilities } from '../plan/abilities.ts'
import type { DeliveredService } from '../plan/delivered-service.ts'
import type { Stage } from '../plan/stage.ts'
import { pairingProblem } from './pairing.ts'
import type { Config } from './schema.ts'

type DeliveryEntry = NonNullable<Config['delivery']>

/**
 * Services in dependency order; those that do not depend on each other in the order in which they are written.
 * @throws PlanError for a service that nobody knows, or a circle.
 */
export function deliveredServices(delivery: DeliveryEntry): DeliveredService[] {
  const { target, router = null, services } = delivery
  const names = Object.keys(services)
  if (names.length === 0) return [{ name: '', target: target ?? '', router, candidate: null, stable: null }]
  const ordered: DeliveredService[] = []
  const place = (name: string): PlanErrorPlace => ({ path: `delivery/services/${name}/after` })
  const visit = (name: string, path: readonly string[]): void => {
    if (ordered.some((service) => service.name === name)) return
    if (path.includes(name))
      throw new PlanError(`services wait for each other: ${[...path, name].join(' after ')}`, place(name))
    const entry = services[name]
    if (!entry)
      throw new PlanError(`there is no service "${name}"`, {
        ...place(path.at(-1) ?? ''),
        expected: `one of ${names.join(', ')}`,
      })
    for (const earlier of entry.after) visit(earlier, [...path, name])
    const { target: own, router: ownRouter = null, candidate = null, stable = null } = entry
    ordered.push({ name, target: own, router: ownRouter, candidate, stable })
  }
  for (const name of names) visit(name, [])
  return ordered
}

/** The stages of a delivery; of several services one after the other. @throws PlanError where its strategy is not there, or does not take its options. */
export function stagesOf(delivery: DeliveryEntry): Stage[] {
  const { kind, ...options } = delivery.strategy
  const place = { path: 'delivery/strategy' }
  const strategy = findKind('strategy', kind, place)
  const stages = strategy.stages(parseOptions(strategy.options, options, place))
  return deliveredServices(delivery).flatMap(({ name }) =>
    name === '' ? stages : stages.map((stage) => ({ ...stage, name: `${name}.${stage.name}`, service: name })),
  )
}

/** @throws PlanError when a service's target, router and the strategy cannot be conducted together. */
export function requirePairing(
  config: Config,
  { name, target, router }: DeliveredService,
  place: PlanErrorPlace,
): void {
  const delivery = config.delivery as DeliveryEntry
  const problem = pairingProblem({
    strategy: delivery.strategy.kind,
    stages: stagesOf(delivery).filter((stage) => (stage.service ?? '') === name),
    target: { kind: config.targets[target]?.kind ?? '', abilities: targetAbilities(config, target) },
    router:
      router === null ? null : { kind: config.routers[router]?.kind ?? '', abilities: routerAbilities(config, router) },
  })
  if (problem) throw new PlanError(problem.message, { ...place, expected: problem.expected })
}

/** What the target of this name can, as it is configured. */
function targetAbilities({ targets }: Config, name: string): TargetAbilities {
  const { kind: id = '', ...options } = targets[name] ?? {}
  const place = { path: `targets/${name}` }
  const kind = findKind('target', id, place)
  return kind.abilities(parseOptions(kind.options, options, place))
}

/** What the router of this name can, as it is configured. */
export function routerAbilities({ routers }: Config, name: string): RouterAbilities {
  const { kind: id = '', ...options } = routers[name] ?? {}
  const place = { path: `routers/${name}` }
  const kind = findKind('router', id, place)
  return kind.abilities(parseOptions(kind.options, options, place))
}

/**
 * What a source of kind `router` reads must be counted by somebody; of several services it says whose, for the figures of a healthy one
 * would hide those of an ill one.
 * @throws PlanError
 */
export function requireCounters(config: Config, entry: Record<string, unknown>, place: PlanErrorPlace): void {
  if (!config.delivery) return
  const services = deliveredServices(config.delivery)
  const names = services.map(({ name }) => name)
  const wanted = entry['service'] ?? (services.length === 1 ? names[0] : undefined)
  const service = services.find(({ name }) => name === wanted)
  if (!service)
    throw new PlanError(wanted === undefined ? 'does not say of which service' : `there is no service "${wanted}"`, {
      ...place,
      expected:
        services.length > 1
          ? `"service", one of ${names.join(', ')}, and a prefix for each`
          : 'no "service": there is one only',
    })
  // A name that is not there is told of elsewhere.
  if (service.router !== null && !Object.hasOwn(config.routers, service.router)) return
  const counts = service.router !== null && routerAbilities(config, service.router).counts
  if (counts) return
  const what = service.router === null ? `the target ${service.target}` : `the router ${service.router}`
  throw new PlanError(`${what} counts no requests`, {
    ...place,
    expected: 'a source that sees them: "prometheus", "otlp", "nginx-log" or "http-json"',
  })
}
