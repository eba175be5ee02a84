// Which versions a delivery is about, service by service: what the last releases left, and what is released now.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { deliveredServices } from '../config/delivered-services.ts'
import type { Project } from '../config/load.ts'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { codeOf, PlanError } from '../lib/errors.ts'
import type { VersionedService, Versions } from '../plan/delivered-service.ts'

/** Which version of each target is the stable one. */
export type StableVersions = Record<string, string>

interface DeliveredVersions {
  /** In the order in which they go forward. */
  services: readonly VersionedService[]
  /** What the delivery as a whole calls them. */
  labels: Versions
}

/**
 * The versions of the project's delivery, or null when it delivers nothing. Nothing is resolved, made or written.
 * @param candidate version that is released, where it is another than that of gonogo.yaml
 * @param known the stable versions a run began with: it may be at its end, and what it left be remembered already
 */
export function deliveredVersions(
  project: Project,
  candidate: string | null,
  known: StableVersions | null = null,
): DeliveredVersions | null {
  const { delivery } = project.config
  if (!delivery) return null
  const memory = known ?? recall(memoryPath(project))
  const label = candidate ?? delivery.candidate
  const services = deliveredServices(delivery).map((service): VersionedService => {
    const stable = memory[service.target] ?? service.stable ?? delivery.stable
    return { service, versions: { stable, candidate: service.candidate ?? label } }
  })
  return { services, labels: { stable: stableLabel(services), candidate: label } }
}

/** From here on these are the stable versions of these targets. */
export function rememberStable(project: Project, stable: StableVersions): void {
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

/** As the last releases left it. @throws PlanError where somebody wrote something else there. */
function recall(path: string): StableVersions {
  try {
    return memorySchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {}
    if (!(error instanceof SyntaxError || error instanceof z.ZodError)) throw error
    throw new PlanError('is not what gonogo wrote', {
      file: path,
      expected: 'one JSON object with the stable version of each target, as {"app": "v1"}',
    })
  }
}

const memorySchema = z.record(z.string(), z.string().min(1))
