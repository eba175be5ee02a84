// Targets and routers of a project's delivery, made from its configuration; of several services as one.
import { mkdirSync } from 'node:fs'
import { inPlaceRouter } from '../conduct/delivery/in-place-router.ts'
import { ownVersion } from '../conduct/delivery/labelled.ts'
import {
  joinedRouter,
  joinedTarget,
  partRouter,
  partTarget,
  type ServicePart,
} from '../conduct/delivery/several-services.ts'
import type { DeliveryParts } from '../conduct/services.ts'
import { routerAbilities } from '../config/delivered-services.ts'
import type { Project } from '../config/load.ts'
import { PlanError } from '../lib/errors.ts'
import { stays, type DeliveredService } from '../plan/delivered-service.ts'
import type { Router } from '../routers/router.ts'
import type { Target } from '../targets/target.ts'
import { deliveredVersions, rememberStable, type StableVersions } from './delivered-versions.ts'
import type { Surroundings } from './project.ts'
import { kindOf } from './services.ts'

/**
 * Target and router of the project's delivery, or null when it delivers nothing.
 * @param candidate version that is released, where it is another than that of gonogo.yaml
 * @param known the stable versions a run began with, where it is resumed
 */
export function deliveryParts(
  project: Project,
  surroundings: Surroundings,
  candidate: string | null = null,
  known: StableVersions | null = null,
): DeliveryParts | null {
  const delivered = deliveredVersions(project, candidate, known)
  if (!delivered) return null
  const { config, stateDirectory } = project
  mkdirSync(stateDirectory, { recursive: true })
  const { services, labels } = delivered
  const parts = services.map(({ service, versions }): ServicePart => {
    const target = targetOf(project, service.target, surroundings)
    return { name: service.name, target, router: routerOf(project, service, target, surroundings), versions }
  })
  const holds = services.every(({ service: { router } }) => router !== null && routerAbilities(config, router).hold)
  const remember = (stable: string): void =>
    rememberStable(
      project,
      Object.fromEntries(
        services.map(({ service, versions }) => [service.target, ownVersion(stable, labels, versions)]),
      ),
    )
  const stableOf = Object.fromEntries(services.map(({ service, versions }) => [service.target, versions.stable]))
  const whole = { holds, stable: labels.stable, stableOf, remember }
  const [only] = parts
  if (only && parts.length === 1) {
    const { target, router } = only
    return { ...whole, target, router, partOf: () => ({ target, router, stays: false }) }
  }
  return {
    ...whole,
    target: joinedTarget(parts, labels),
    router: joinedRouter(parts, labels),
    partOf(name) {
      const part = parts.find((one) => one.name === name)
      if (!part) throw new PlanError(`the delivery has no service "${name}"`, { path: 'delivery/services' })
      return { target: partTarget(part, labels), router: partRouter(part, labels), stays: stays(part.versions) }
    },
  }
}

/** The target of each service of the delivery, under its own versions. */
export function deliveredTargets(project: Project, surroundings: Surroundings): Target[] {
  const { services = [] } = deliveredVersions(project, null) ?? {}
  return services.map(({ service }) => targetOf(project, service.target, surroundings))
}

function targetOf(project: Project, name: string, surroundings: Surroundings): Target {
  const { config, directory, stateDirectory } = project
  const { kind, options } = kindOf('target', 'targets', name, config.targets[name] ?? { kind: '' }, surroundings)
  return kind.create(options, { name, directory, stateDirectory, env: surroundings.env })
}

function routerOf(project: Project, service: DeliveredService, target: Target, surroundings: Surroundings): Router {
  const { config, directory, stateDirectory } = project
  const { router: name } = service
  if (name === null) {
    if (target.inPlace) return inPlaceRouter(`target ${service.target}`, target.inPlace)
    throw new PlanError('nothing sends requests to its versions', {
      path: 'delivery/router',
      expected: 'a name under "routers"',
    })
  }
  const { kind, options } = kindOf('router', 'routers', name, config.routers[name] ?? { kind: '' }, surroundings)
  return kind.create(options, { name, directory, stateDirectory, env: surroundings.env })
}
