// The objects of one version, as they are applied: marked as its own, told apart from every other version. Pure.
import { dnsName, labelValue, VERSION_LABEL } from '../../lib/kubernetes/names.ts'
import { PlanError } from '../../lib/errors.ts'
import { FULL_STRENGTH_NOTE, RETIRED_NOTE } from '../cluster/capsule-shell.ts'
import { filledIn, isWorkload, type KubeObject } from './manifest.ts'
import type { KubernetesOptions } from './options.ts'

/** Label of everything that this target made. */
export const TARGET_LABEL = 'gonogo.dev/target'
const SLOT_LABEL = 'gonogo.dev/slot'
/** The version as it was told; the label holds what labels can. */
export const VERSION_NOTE = 'gonogo.dev/version'
/** What one version is called. */
export interface Naming {
  /** Name of the target. */
  target: string
  version: string
  slot: string | null
  /** Of its workload and, where gonogo makes it, its Service. */
  name: string
}

const NAME_CHARS_MAX = 63

export function namingOf(options: KubernetesOptions, target: string, version: string, slot: string | null): Naming {
  const pattern = options.name ?? `${dnsName(target)}-${slot === null ? '{version}' : '{slot}'}`
  const room = Math.max(10, NAME_CHARS_MAX - pattern.replace('{version}', '').length)
  const name = filledIn(pattern, { version: dnsName(version, room), slot: slot ?? '' })
  return { target, version, slot, name }
}

function labelsOf({ target, version, slot }: Naming): Record<string, string> {
  return {
    [TARGET_LABEL]: dnsName(target),
    [VERSION_LABEL]: labelValue(version),
    ...(slot === null ? {} : { [SLOT_LABEL]: slot }),
  }
}

/** What its workload and its Services select: a slot keeps its selector while versions change in it. */
function selectorOf(naming: Naming): Record<string, string> {
  const labels = labelsOf(naming)
  const key = naming.slot === null ? VERSION_LABEL : SLOT_LABEL
  return { [TARGET_LABEL]: labels[TARGET_LABEL] ?? '', [key]: labels[key] ?? '' }
}

/** `gonogo.dev/target=web,gonogo.dev/version=v2`. */
export function versionSelector(target: string, version: string): string {
  return `${TARGET_LABEL}=${dnsName(target)},${VERSION_LABEL}=${labelValue(version)}`
}

interface PodSpec {
  containers: { name: string; image?: string; env?: { name: string; value?: string }[] }[]
}

interface WorkloadSpec {
  replicas?: number
  selector?: { matchLabels?: Record<string, string> }
  template: { metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> }; spec: PodSpec }
}

/**
 * Objects of a version, what it leads to and uses before the workload that starts it.
 * @param documents of the manifest, with its places; or the copied workload alone.
 */
export function versionObjects(
  documents: readonly KubeObject[],
  naming: Naming,
  options: KubernetesOptions,
): KubeObject[] {
  const { version, slot, name } = naming
  const filled = filledIn(documents, { version, name, ...(slot === null ? {} : { slot }) })
  const made = filled.map((document) => {
    const marked = mark(document, naming)
    if (isWorkload(document)) return withVersion(marked, naming, options)
    return document.kind === 'Service' && document.apiVersion === 'v1' ? withSelector(marked, naming) : marked
  })
  if (options.service !== undefined && options.service !== 'none') made.push(ownService(naming, options.service))
  return made.toSorted((a, b) => Number(isWorkload(a)) - Number(isWorkload(b)))
}

/** Pods wanted of the workload among these objects. */
export function replicasOf(objects: readonly KubeObject[]): number {
  return (objects.find(isWorkload)?.spec as WorkloadSpec | undefined)?.replicas ?? 1
}

/** Labels of the pods among these objects. */
export function podLabels(objects: readonly KubeObject[]): Record<string, string> {
  return (objects.find(isWorkload)?.spec as WorkloadSpec | undefined)?.template.metadata?.labels ?? {}
}

/** The same objects with so many pods to begin with; full strength stays what it was. */
export function withReplicas(objects: readonly KubeObject[], replicas: number): KubeObject[] {
  return objects.map((object) =>
    isWorkload(object) ? { ...object, spec: { ...(object.spec as WorkloadSpec), replicas } } : object,
  )
}

/** What identifies an object: enough to ask for it, or to delete it. */
export function identityOf({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata: { name: metadata.name } }
}

/** As kubectl reads several from standard input. */
export function listText(objects: readonly KubeObject[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
}

/** A workload of the cluster as the source of copies: without what is its own, so that nobody who manages it manages the copy. */
export function asSource(live: KubeObject): KubeObject {
  const spec = structuredClone(live.spec) as WorkloadSpec
  delete spec.template.metadata?.labels?.['pod-template-hash']
  delete spec.template.metadata?.annotations?.['kubectl.kubernetes.io/restartedAt']
  // One that was scaled to 0 in favour of its copies is no model for their number.
  spec.replicas = Math.max(1, spec.replicas ?? 1)
  return { apiVersion: live.apiVersion, kind: live.kind, metadata: { name: '{name}' }, spec }
}

function mark(document: KubeObject, naming: Naming): KubeObject {
  const { metadata } = document
  return {
    ...document,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...labelsOf(naming) },
      annotations: { ...metadata.annotations, [VERSION_NOTE]: naming.version },
    },
  }
}

function withVersion(workload: KubeObject, naming: Naming, options: KubernetesOptions): KubeObject {
  const { metadata } = workload
  const spec = workload.spec as WorkloadSpec
  const replicas = options.replicas ?? spec.replicas ?? 1
  const { template } = spec
  const podMetadata = template.metadata
  return {
    ...workload,
    metadata: {
      ...metadata,
      annotations: { ...metadata.annotations, [FULL_STRENGTH_NOTE]: String(replicas), [RETIRED_NOTE]: 'false' },
    },
    spec: {
      ...spec,
      replicas,
      selector: { ...spec.selector, matchLabels: { ...spec.selector?.matchLabels, ...selectorOf(naming) } },
      template: {
        ...template,
        metadata: {
          ...podMetadata,
          labels: { ...podMetadata?.labels, ...labelsOf(naming) },
          annotations: { ...podMetadata?.annotations, [VERSION_NOTE]: naming.version },
        },
        spec: withImage(template.spec, naming, options),
      },
    },
  }
}

function withImage(spec: PodSpec, { version, name, slot }: Naming, options: KubernetesOptions): PodSpec {
  const places = { version, name, ...(slot === null ? {} : { slot }) }
  const [first] = spec.containers
  const chosen = options.container ?? first?.name
  if (!spec.containers.some((container) => container.name === chosen))
    throw new PlanError(`there is no container ${chosen ?? ''}`, {
      path: 'container',
      expected: spec.containers.map((container) => container.name).join(' or '),
    })
  const added = Object.entries(options.env).map(([key, value]) => ({ name: key, value: filledIn(value, places) }))
  const containers = spec.containers.map((container) => {
    if (container.name !== chosen) return container
    const kept = (container.env ?? []).filter((variable) => !(variable.name in options.env))
    const image = options.image === undefined ? container.image : filledIn(options.image, places)
    return { ...container, ...(image ? { image } : {}), ...(added.length > 0 ? { env: [...kept, ...added] } : {}) }
  })
  return { ...spec, containers }
}

function withSelector(service: KubeObject, naming: Naming): KubeObject {
  const spec = (service.spec ?? {}) as { selector?: Record<string, string> }
  return { ...service, spec: { ...spec, selector: { ...spec.selector, ...selectorOf(naming) } } }
}

function ownService(
  naming: Naming,
  { port, targetPort = port }: { port: number; targetPort?: number | string },
): KubeObject {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: naming.name },
    spec: { selector: {}, ports: [{ name: 'main', port, targetPort }] },
  }
  return withSelector(mark(service, naming), naming)
}
