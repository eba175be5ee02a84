// Flagger's Canary: what it targets, what routes its traffic and how it goes forward. Its metrics are imported as guards elsewhere.
import { parseDurationMs } from '../../lib/duration.ts'
import { listOf, mapOf, numberOf, type Keys, type Resource } from '../../guards/import/resources.ts'
import { ingressRouter, namespaceOf, routeRouter, selectorRouter } from './cluster-routers.ts'
import { millisecondsOf, portOf, secondsText, type Draft, type Fields, type ServiceDraft } from './draft.ts'
import { copiedWorkload, withService } from './workload.ts'

type Map = Readonly<Record<string, unknown>>

/** Fields of the analysis of which something is made here, so that the import of guards does not call them left out. */
export const ANALYSIS_CARRIED: ReadonlySet<string> = new Set([
  'iterations',
  'match',
  'mirror',
  'mirrorWeight',
  'webhooks',
])

const SPEC: Fields = {
  targetRef: true,
  service: true,
  analysis: true,
  canaryAnalysis: true,
  provider: true,
  ingressRef: true,
  routeRef: 'gonogo has no router for Skipper: use one of kind `command`',
  upstreamRef: 'gonogo has no router for Gloo: use one of kind `command`',
  progressDeadlineSeconds: true,
  metricsServer: true,
  skipAnalysis: true,
  autoscalerRef: 'an autoscaler of the original does not scale its copies: give the manifest one of its own',
  revertOnDeletion: 'Flagger is not needed any more: see the note on `targetRef`',
  suspend: 'a run is paused with "gonogo pause"',
}

const SERVICE: Fields = {
  name: true,
  port: true,
  targetPort: true,
  gatewayRefs: true,
  portName: 'the port of the Service of a version has no name',
  portDiscovery: 'only one port is routed: write a Service with more into a manifest',
  appProtocol: 'write the Service into a manifest with it',
  headless: 'versions need Services with addresses',
  apex: 'labels and annotations of the Service stay as they are in the cluster',
  primary: 'write labels and annotations into a manifest',
  canary: 'write labels and annotations into a manifest',
}
/** Of Services of meshes and gateways: they stand in the route, which is adopted as it is. */
const IN_THE_ROUTE = [
  'gateways',
  'hosts',
  'match',
  'rewrite',
  'retries',
  'timeout',
  'headers',
  'corsPolicy',
  'trafficPolicy',
  'backends',
  'delegation',
  'meshName',
  'mirror',
  'unmanagedMetadata',
  'canaryTrafficPolicy',
  'primaryTrafficPolicy',
]

/** What Flagger asks of others, by the type of the webhook. */
const WEBHOOKS: Readonly<Record<string, string>> = {
  'confirm-rollout': 'bind a checklist item before the release to a poll, or to the check `http`',
  'pre-rollout': 'bind a checklist item before the release to the check `http`, or to a command',
  rollout: 'bind a checklist item of the stage to a command: a load test is an item like any other',
  'confirm-traffic-increase': 'every stage asks the approver (`autoPromote: false`)',
  'confirm-promotion': 'every stage asks the approver (`autoPromote: false`)',
  'post-rollout': 'bind a checklist item after the release to an action',
  rollback: '"gonogo rollback" goes back at any time; a guard of kind `bound` does it by a signal',
  event: 'messages are sent by actions bound to checklist items',
}
const ASKS_SOMEBODY = new Set(['confirm-traffic-increase', 'confirm-promotion', 'confirm-rollout'])

const DEFAULT_INTERVAL_MS = 60_000

/** @param resources all documents of the files. */
export function importCanaryDelivery(resource: Resource, resources: readonly Resource[], draft: Draft): void {
  const spec = mapOf(resource.value.spec) ?? {}
  draft.noteFields(resource, ['spec'], spec, SPEC)
  const reference = mapOf(spec.targetRef) ?? {}
  const kind = String(reference.kind ?? 'Deployment')
  const name = String(reference.name ?? resource.name)
  const at: Keys = ['spec', 'targetRef']
  if (kind !== 'Deployment')
    return draft.note(
      resource,
      at,
      `a ${kind} is no target of gonogo whose versions run side by side: nothing was made of it`,
    )
  draft.note(
    resource,
    at,
    `Flagger keeps deployment/${name} at 0 and serves from ${name}-primary: remove the Canary with \`revertOnDeletion: true\` first`,
  )
  const service = mapOf(spec.service) ?? {}
  const routed = Object.fromEntries(
    IN_THE_ROUTE.map((field) => [field, 'belongs to the route, which is taken as it is']),
  )
  draft.noteFields(resource, ['spec', 'service'], service, { ...routed, ...SERVICE })
  const { target, stable } = copiedWorkload(resource, { kind, name, at }, resources, draft)
  const readyTimeoutMs = millisecondsOf(spec.progressDeadlineSeconds)
  const timed = readyTimeoutMs === null ? target : { ...target, readyTimeoutMs }
  const port = portOf(service.port)
  if (port === null) draft.note(resource, ['spec', 'service'], 'has no port: see `service` of the target')
  draft.add({
    name: resource.name,
    target: withService(timed, port ?? 80, service.targetPort),
    stable,
    resource,
    ...deliveredBy(resource, spec, { service, name }, draft),
  })
}

type Delivered = Pick<ServiceDraft, 'router' | 'strategy' | 'autoPromote'>

function deliveredBy(resource: Resource, spec: Map, about: { service: Map; name: string }, draft: Draft): Delivered {
  const field = spec.analysis === undefined && spec.canaryAnalysis !== undefined ? 'canaryAnalysis' : 'analysis'
  const at: Keys = ['spec', field]
  const analysis = mapOf(spec[field]) ?? {}
  const autoPromote = !webhooksAsk(resource, at, analysis, draft)
  const router = routerOf(resource, spec, about, draft)
  const stages = draft.collected.stagesOf(resource)
  const iterations = numberOf(analysis.iterations) ?? 0
  if (analysis.match !== undefined)
    draft.note(
      resource,
      [...at, 'match'],
      'users are not split by header or cookie: testers reach the new version by the preview header while it has no traffic',
    )
  if (iterations < 1 && stages && router?.kind !== 'service-selector') {
    noteMirror(resource, at, analysis, draft)
    return { router, autoPromote, strategy: { kind: 'canary', stages } }
  }
  if (iterations < 1)
    draft.note(resource, at, 'a Service sends everything to one version: all traffic moves at once (`blue-green`)')
  const intervalMs = parseDurationMs(String(analysis.interval)) ?? DEFAULT_INTERVAL_MS
  const canPreview = router?.kind !== 'service-selector'
  const preview = secondsText(Math.round((Math.max(iterations, 0) * intervalMs) / 1000))
  noteMirror(resource, at, analysis, draft)
  if (iterations > 0)
    draft.note(
      resource,
      [...at, 'iterations'],
      `${iterations} looks before the switch are a preview of ${preview}; guards see the new version’s own requests only once it has traffic`.replaceAll(
        '’',
        "'",
      ),
    )
  return {
    router,
    autoPromote,
    strategy: { kind: 'blue-green', ...(canPreview ? { preview } : { preview: '0 s' }) },
  }
}

function noteMirror(resource: Resource, at: Keys, analysis: Map, draft: Draft): void {
  for (const name of ['mirror', 'mirrorWeight'])
    if (analysis[name] !== undefined && analysis[name] !== false)
      draft.note(
        resource,
        [...at, name],
        'requests are mirrored by the router of kind `builtin-proxy` only: strategy `blue-green` with `mirror`',
      )
}

/** Whether the new version is looked at before it has traffic. */
function isPreviewed({ analysis, canaryAnalysis }: Map): boolean {
  const { iterations, match } = mapOf(analysis ?? canaryAnalysis) ?? {}
  return (numberOf(iterations) ?? 0) > 0 || match !== undefined
}

/** Whether a webhook asks somebody before it goes on. */
function webhooksAsk(resource: Resource, at: Keys, { webhooks }: Map, draft: Draft): boolean {
  let asks = false
  for (const [index, item] of listOf(webhooks).entries()) {
    const { name, type } = mapOf(item) ?? {}
    // One without a type runs at every look.
    const kind = typeof type === 'string' ? type : 'rollout'
    asks ||= ASKS_SOMEBODY.has(kind)
    draft.note(
      resource,
      [...at, 'webhooks', index],
      `${String(name ?? 'webhook')}: ${WEBHOOKS[kind] ?? `a webhook of type ${kind} is not known here`}`,
    )
  }
  return asks
}

function routerOf(
  resource: Resource,
  spec: Map,
  { service, name }: { service: Map; name: string },
  draft: Draft,
): ServiceDraft['router'] {
  const apex = String(service.name ?? name)
  const provider = typeof spec.provider === 'string' ? spec.provider : null
  const ingress = mapOf(spec.ingressRef)?.name
  if (typeof ingress === 'string' && (provider === null || provider === 'nginx'))
    return ingressRouter(ingress, namespaceOf(resource), isPreviewed(spec))
  if (service.gatewayRefs !== undefined || provider?.startsWith('gatewayapi'))
    return routeRouter(apex, namespaceOf(resource), isPreviewed(spec))
  if (provider === null)
    draft.note(
      resource,
      ['spec'],
      'has no `provider`: what routes its traffic is a setting of Flagger itself; the Service is switched',
    )
  else if (provider !== 'kubernetes')
    draft.note(
      resource,
      ['spec', 'provider'],
      `gonogo has no router for ${provider}: the Service is switched; for stages use a router of kind \`http-route\`, \`ingress-nginx\` or \`command\``,
    )
  return selectorRouter(resource, apex)
}
