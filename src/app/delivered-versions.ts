// Which versions a delivery is about, service by service: what the last releases left, and what is released now.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deliveredServices } from '../config/delivered-services.ts'
import type { Project } from '../config/load.ts'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { codeOf } from '../lib/errors.ts'
import type { VersionedService, Versions } from '../plan/delivered-service.ts'

/** Which version of each target is the stable one, as the last releases left it. */
type Memory = Record<string, string>

interface DeliveredVersions {
  /** In the order in which they go forward. */
  services: readonly VersionedService[]
  /** What the delivery as a whole calls them. */
  labels: Versions
}

/**
 * The versions of the project's delivery, or null when it delivers nothing. Nothing is resolved, made or written.
 * @param candidate version that is released, where it is another than that of gonogo.yaml
 */
export function deliveredVersions(project: Project, candidate: string | null): DeliveredVersions | null {
  const { delivery } = project.config
  if (!delivery) return null
  const memory = recall(memoryPath(project))
  const label = candidate ?? delivery.candidate
  const services = deliveredServices(delivery).map((service): VersionedService => {
    const stable = memory[service.target] ?? service.stable ?? delivery.stable
    return { service, versions: { stable, candidate: service.candidate ?? label } }
  })
  return { services, labels: { stable: stableLabel(services), candidate: label } }
}

/** From here on these are the stable versions of these targets. */
export function rememberStable(project: Project, stable: Memory): void {
  const path = memoryPath(project)
  mkdirSync(project.stateDirectory, { recursive: true })
  writeFileAtomic(path, `${JSON.stringify({ ...recall(path), ...stable }, null, 2)}\n`)
}

/** `v1` where all are at v1; else each by name. */
function stableLabel(services: readonly VersionedService[]): string {
  const versions = [...new Set(services.map((each) => each.versions.stable))]
  if (versions.length === 1) return versions[0] ?? ''
  return services.map(({ service, versions: { stable } }) => `${service.name} ${stable}`).join(', ')
}

const memoryPath = ({ stateDirectory }: Project): string => join(stateDirectory, 'stable.json')

function recall(path: string): Memory {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Memory
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {}
    throw error
  }
}
