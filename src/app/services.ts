// Kinds become things: backups and signal sources of one project, made from its configuration.
import type { Backup } from '../backups/backup.ts'
import { findKind, parseOptions, type Family } from '../catalog/catalog.ts'
import type { DeliveryParts } from '../conduct/services.ts'
import type { Project } from '../config/load.ts'
import { CONFIG_FILE } from '../config/locate.ts'
import { sourceOptions } from '../config/signals.ts'
import type { NamedSource } from '../signals/sampling.ts'
import type { Source, SourceContext } from '../signals/source.ts'
import type { Target } from '../targets/target.ts'
import type { Surroundings } from './project.ts'

interface Entry {
  kind: string
  [option: string]: unknown
}

/** The kind that an entry of a section names, and its options with references resolved. */
export function kindOf<F extends Family>(
  family: F,
  section: string,
  name: string,
  entry: Entry,
  surroundings: Surroundings,
) {
  const { kind, ...written } = entry
  const place = { file: CONFIG_FILE, path: `${section}/${name}` }
  const found = findKind(family, kind, place)
  return { kind: found, options: parseOptions(found.options, surroundings.resolve(written, [section, name]), place) }
}

/** Every backup of the project, by name. */
export function backupsOf(project: Project, surroundings: Surroundings): Record<string, Backup> {
  const { config, directory, stateDirectory } = project
  return Object.fromEntries(
    Object.entries(config.backups).map(([name, entry]) => {
      const { kind, options } = kindOf('backup', 'backups', name, entry, surroundings)
      const { rules } = entry as { rules?: string }
      const validate = async (copy: string, signal: AbortSignal, at: number) => {
        const { validateCopy } = await import('./copy-validation.ts')
        return validateCopy({ project, surroundings }, rules ?? '', copy, { signal, at })
      }
      return [name, kind.create(options, { name, directory, stateDirectory, ...(rules ? { validate } : {}) })]
    }),
  )
}

/** Every signal source of the project, reading from its router and target. `candidate`: the version being released, if any. */
export function sourcesOf(
  project: Project,
  delivery: DeliveryParts | null,
  surroundings: Surroundings,
  candidate: string | null,
): NamedSource[] {
  const context: SourceContext = {
    directory: project.directory,
    versions: () => ({ candidate, stable: delivery?.stable ?? null }),
    counters: async (signal, service) => {
      if (!delivery) return []
      const { router } = service === undefined ? delivery : delivery.partOf(service)
      return router.counters(signal)
    },
    instances: async () => (delivery ? instancesOf(delivery.target) : {}),
  }
  return Object.entries(project.config.signals).map(([name, entry]) => {
    const { prefix = '' } = entry
    const written = { kind: entry.kind, ...sourceOptions(entry) }
    const { kind, options } = kindOf('source', 'signals', name, written, surroundings)
    const signals = kind.signals(options).map((signal) => prefix + signal)
    return { name, signals, source: prefixed(kind.create(options, context), prefix) }
  })
}

/** The same source with this put before the names of its signals. */
function prefixed(source: Source, prefix: string): Source {
  if (prefix === '') return source
  const sample: Source['sample'] = async (now, signal) =>
    (await source.sample(now, signal)).map((taken) => ({ ...taken, signal: prefix + taken.signal }))
  return { ...source, sample }
}

async function instancesOf(target: Target): ReturnType<SourceContext['instances']> {
  const versions = Object.entries(await target.current())
  return Object.fromEntries(
    versions.map(([version, instances]) => [
      version,
      instances.map(({ backend, pid, restarts }) => ({
        id: backend.id,
        host: backend.host,
        port: backend.port,
        pid,
        restarts,
      })),
    ]),
  )
}
