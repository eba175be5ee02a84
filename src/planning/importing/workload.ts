// The workload behind a rollout or canary as a target of kind `kubernetes`.
import { stringify } from 'yaml'
import { listOf, mapOf, type Keys, type Resource } from '../../guards/import/resources.ts'
import { namespaceOf, objectNameOf } from './cluster-routers.ts'
import { portOf, splitImage, type Draft, type ServiceDraft } from './draft.ts'

type Map = Readonly<Record<string, unknown>>

interface Workload {
  target: ServiceDraft['target']
  stable: string | null
}

interface Named {
  kind: string
  name: string
  /** Where it is referred to. */
  at: Keys
}

/** A workload that stands in the cluster, and perhaps in the same files: copies of it are what versions run as. */
export function copiedWorkload(
  resource: Resource,
  { kind, name, at }: Named,
  resources: readonly Resource[],
  draft: Draft,
): Workload {
  const found = resources.find((other) => other.kind === kind && other.name === name)
  const image = found ? imageIn(mapOf(found.value.spec)?.template) : null
  const { name: repository, tag } = splitImage(image ?? objectNameOf(name))
  if (image === null)
    draft.note(resource, at, `the image of ${kind} ${name} is not in these files: write it as \`image\` of the target`)
  const from = `${kind.toLowerCase()}/${objectNameOf(name)}`
  return {
    target: { kind: 'kubernetes', ...namespaceOf(resource), from, image: `${repository}:{version}` },
    stable: tag,
  }
}

/** A rollout is a Deployment with a strategy: the Deployment is written beside gonogo.yaml. */
export function ownWorkload(resource: Resource, spec: Map, draft: Draft): Workload {
  const template = mapOf(spec.template) ?? {}
  const [first = null, ...others] = listOf(mapOf(template.spec)?.containers).map(mapOf)
  const image = isImage(first?.image) ? first.image : null
  const { name: repository, tag } = splitImage(image ?? objectNameOf(resource.name))
  const at: Keys = ['spec', 'template', 'spec', 'containers']
  if (image === null) draft.note(resource, at, 'no image: write it into the manifest, with {version} as its tag')
  if (others.length > 0)
    draft.note(resource, [...at, 1], 'only the image of the first container changes with the version; see the manifest')
  const containers = first
    ? [{ ...first, image: `${repository}:{version}` }, ...listOf(mapOf(template.spec)?.containers).slice(1)]
    : []
  const kept = ['replicas', 'minReadySeconds', 'progressDeadlineSeconds', 'selector']
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: '{name}', ...(resource.name ? { labels: { app: resource.name } } : {}) },
    spec: {
      ...Object.fromEntries(kept.flatMap((field) => (spec[field] === undefined ? [] : [[field, spec[field]]]))),
      template: { ...template, spec: { ...mapOf(template.spec), containers } },
    },
  }
  const manifest = draft.addFile(`${resource.name}.yaml`, stringify(deployment, { lineWidth: 0 }))
  return { target: { kind: 'kubernetes', ...namespaceOf(resource), manifest }, stable: tag }
}

/** `service` of the target: a port that the container really listens on is the best guess there is. */
export function withService(
  target: ServiceDraft['target'],
  port: number | null,
  targetPort?: unknown,
): ServiceDraft['target'] {
  if (port === null) return target
  const isName = typeof targetPort === 'string' && /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/.test(targetPort)
  const own = portOf(targetPort) ?? (isName ? targetPort : null)
  return { ...target, service: { port, ...(own === null || own === port ? {} : { targetPort: own }) } }
}

/** Ports of a Service of the same files: what clients ask and what the container listens on. */
export function portsOf(
  resources: readonly Resource[],
  service: unknown,
): { port: number; targetPort: unknown } | null {
  const found = resources.find(({ kind, name }) => kind === 'Service' && name === service)
  const first = mapOf(listOf(mapOf(found?.value.spec)?.ports)[0])
  const port = portOf(first?.port)
  return port === null ? null : { port, targetPort: first?.targetPort }
}

/** The first port that a pod of this template says it listens on. */
export function containerPortOf(template: unknown): number | null {
  const containers = listOf(mapOf(mapOf(template)?.spec)?.containers)
  const ports = containers.flatMap((container) => listOf(mapOf(container)?.ports))
  return portOf(mapOf(ports[0])?.containerPort)
}

function imageIn(template: unknown): string | null {
  const [first] = listOf(mapOf(mapOf(template)?.spec)?.containers)
  const image = mapOf(first)?.image
  return isImage(image) ? image : null
}

const isImage = (value: unknown): value is string => typeof value === 'string' && /^[^\s|{}]+$/.test(value)
