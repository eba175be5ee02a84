// Documents of Argo Rollouts, Flagger and Kamal to a gonogo.yaml that validates, with a list of what does not carry over. Pure.
import { PlanError } from '../../lib/errors.ts'
import type { NotCarriedOver } from '../../guards/import/collected.ts'
import { ARGO_KINDS } from '../../guards/import/argo-analysis-template.ts'
import { collectGuards, inOrder, isRollout } from '../../guards/import/import-guards.ts'
import { readResources, type ImportFile, type Resource } from '../../guards/import/resources.ts'
import { importRollout } from './argo-rollout.ts'
import { Draft, type ServiceDraft } from './draft.ts'
import { ANALYSIS_CARRIED, importCanaryDelivery } from './flagger-canary.ts'
import { asKamal, importKamal } from './kamal-deploy.ts'

export interface ImportedProject {
  /** gonogo.yaml. */
  config: Record<string, unknown>
  /** Path beside gonogo.yaml → content. */
  files: Record<string, string>
  notCarriedOver: NotCarriedOver[]
}

/** Whoever imports writes a name of their own there. */
const PERSON = 'you'
const CANDIDATE = 'next'
const STABLE = 'now'
const READ_ELSEWHERE = new Set(['MetricTemplate', 'Service', 'Deployment', 'StatefulSet'])

/** @throws PlanError with file and line for what is no YAML, and where there is nothing to import. */
export function importProject(files: readonly ImportFile[]): ImportedProject {
  const resources = files.flatMap(readResources).map((resource) => asKamal(resource) ?? resource)
  const draft = new Draft()
  // Stages come from there too: deliveries are made afterwards. Routers over objects of Kubernetes count nothing.
  collectGuards(resources, draft.collected, { carried: ANALYSIS_CARRIED, countsRequests: false })
  for (const resource of resources) importOne(resource, resources, draft)
  if (draft.services.length === 0 && Object.keys(draft.collected.guards).length === 0) {
    const place = files.length === 1 && files[0] ? { file: files[0].path } : {}
    throw new PlanError('there is nothing to import', {
      ...place,
      expected: 'a Rollout of Argo Rollouts, a Canary of Flagger, or deploy.yml of Kamal',
    })
  }
  noteAnalyses(resources, draft)
  const config = configOf(draft)
  return { config, files: draft.files, notCarriedOver: inOrder(draft.collected.notCarriedOver, files) }
}

function importOne(resource: Resource, resources: readonly Resource[], draft: Draft): void {
  if (isRollout(resource)) importRollout(resource, resources, draft)
  else if (resource.kind === 'Canary') importCanaryDelivery(resource, resources, draft)
  else if (resource.kind === 'Kamal') importKamal(resource, draft)
  else if (!READ_ELSEWHERE.has(resource.kind) && !ARGO_KINDS.includes(resource.kind))
    draft.note(resource, [], 'is none of the documents that are imported: passed over')
}

/** Templates that a rollout names and that are not there: guards nobody would miss otherwise. */
function noteAnalyses(resources: readonly Resource[], draft: Draft): void {
  const known = new Set(resources.filter(({ kind }) => ARGO_KINDS.includes(kind)).map(({ name }) => name))
  for (const resource of resources.filter(isRollout))
    for (const [keys, name] of namesIn(resource.value, []))
      if (!known.has(name))
        draft.note(
          resource,
          keys,
          `AnalysisTemplate ${name} is not in these files: import it with them, to have its guards`,
        )
}

function* namesIn(value: unknown, keys: (string | number)[]): Generator<[(string | number)[], string]> {
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) {
    const at = [...keys, Array.isArray(value) ? Number(key) : key]
    if (key === 'templateName' && typeof member === 'string') yield [at, member]
    else yield* namesIn(member, at)
  }
}

function configOf(draft: Draft): Record<string, unknown> {
  const { services, collected } = draft
  const { signals, guards } = collected
  const [first] = services
  const sections: Record<string, unknown> = {}
  if (first) {
    sections.service = services.length === 1 ? first.name : 'imported'
    sections.people = { 'release-manager': [PERSON] }
    sections.targets = Object.fromEntries(services.map(({ name, target }) => [name, target]))
    const routers = services.flatMap(({ name, router }) => (router ? [[name, router] as const] : []))
    if (routers.length > 0) sections.routers = Object.fromEntries(routers)
    sections.delivery = deliveryOf(first, services, draft)
  }
  if (Object.keys(signals).length > 0) sections.signals = signals
  if (Object.keys(guards).length > 0) sections.guards = guards
  return sections
}

function deliveryOf(first: ServiceDraft, services: readonly ServiceDraft[], draft: Draft): Record<string, unknown> {
  draft.note(
    first.resource,
    [],
    `\`candidate: ${CANDIDATE}\` is a place holder: write the version to release, or give --candidate`,
  )
  draft.note(first.resource, [], `write who may approve in the place of \`${PERSON}\` under \`people\``)
  for (const { resource, stable } of services)
    if (stable === null)
      draft.note(resource, [], `\`stable: ${STABLE}\` is a place holder: write the version that runs now`)
  const isSame = (other: ServiceDraft): boolean => JSON.stringify(other.strategy) === JSON.stringify(first.strategy)
  for (const other of services.filter((service) => !isSame(service)))
    draft.note(other.resource, ['spec', 'strategy'], `a delivery has one strategy: that of ${first.name} was taken`)
  const { strategy } = first
  const common = {
    candidate: CANDIDATE,
    stable: first.stable ?? STABLE,
    strategy,
    autoPromote: services.every(({ autoPromote }) => autoPromote),
  }
  const partOf = ({ name, router, stable }: ServiceDraft) => ({
    target: name,
    ...(router ? { router: name } : {}),
    ...(services.length > 1 && stable !== null && stable !== common.stable ? { stable } : {}),
  })
  if (services.length === 1) return { ...partOf(first), ...common }
  return { services: Object.fromEntries(services.map((service) => [service.name, partOf(service)])), ...common }
}
