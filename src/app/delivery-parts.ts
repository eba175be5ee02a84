// Targets and routers of a project's delivery, made from its configuration; of several services as one.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inPlaceRouter } from '../conduct/delivery/in-place-router.ts'
import {
  joinedRouter,
  joinedTarget,
  partRouter,
  partTarget,
  type ServicePart,
} from '../conduct/delivery/several-services.ts'
import type { DeliveryParts } from '../conduct/services.ts'
import { deliveredServices, routerAbilities } from '../config/delivered-services.ts'
import type { Project } from '../config/load.ts'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { codeOf, PlanError } from '../lib/errors.ts'
import type { DeliveredService } from '../plan/delivered-service.ts'
import type { Router } from '../routers/router.ts'
import type { Target } from '../targets/target.ts'
import type { Surroundings } from './project.ts'
import { kindOf } from './services.ts'

/** Which version of each target is the stable one, as the last releases left it. */
type Memory = Record<string, string>

/**
 * Target and router of the project's delivery, or null when it delivers nothing.
 * @param candidate version that is released, where it is another than that of gonogo.yaml
 */
export function deliveryParts(
  project: Project,
  surroundings: Surroundings,
  candidate: string | null = null,
): DeliveryParts | null {
  const { config, stateDirectory } = project
  const { delivery } = config
  if (!delivery) return null
  mkdirSync(stateDirectory, { recursive: true })
  const memoryPath = join(stateDirectory, 'stable.json')
  const memory = recall(memoryPath)
  const remember = (stable: Memory): void =>
    writeFileAtomic(memoryPath, `${JSON.stringify({ ...recall(memoryPath), ...stable }, null, 2)}\n`)
  const services = deliveredServices(delivery)
  const stableOf = (service: DeliveredService): string => memory[service.target] ?? service.stable ?? delivery.stable
  const label = candidate ?? delivery.candidate
  const parts = services.map((service): ServicePart => {
    const target = targetOf(project, service.target, surroundings)
    const router = routerOf(project, service, target, surroundings)
    return {
      name: service.name,
      target,
      router,
      versions: { stable: stableOf(service), candidate: service.candidate ?? label },
    }
  })
  const holds = services.every(({ router }) => router !== null && routerAbilities(config, router).hold)
  const [only] = parts
  if (only && parts.length === 1) {
    const { target, router, versions } = only
    const targetName = services[0]?.target ?? ''
    const partOf = () => ({ target, router })
    return {
      target,
      router,
      holds,
      partOf,
      stable: versions.stable,
      remember: (stable) => remember({ [targetName]: stable }),
    }
  }
  const labels = { stable: stableLabel(parts), candidate: label }
  return {
    target: joinedTarget(parts, labels),
    router: joinedRouter(parts, labels),
    holds,
    partOf(name) {
      const part = parts.find((one) => one.name === name)
      if (!part) throw new PlanError(`the delivery has no service "${name}"`, { path: 'delivery/services' })
      return { target: partTarget(part, labels), router: partRouter(part, labels) }
    },
    stable: labels.stable,
    remember: (stable) =>
      remember(
        Object.fromEntries(
          parts.map(({ versions }, index) => [
            services[index]?.target ?? '',
            stable === labels.candidate ? versions.candidate : versions.stable,
          ]),
        ),
      ),
  }
}

/** `v1` where all are at v1; else each by name. */
function stableLabel(parts: readonly ServicePart[]): string {
  const versions = [...new Set(parts.map((part) => part.versions.stable))]
  if (versions.length === 1) return versions[0] ?? ''
  return parts.map(({ name, versions: { stable } }) => `${name} ${stable}`).join(', ')
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

function recall(path: string): Memory {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Memory
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {}
    throw error
  }
}
