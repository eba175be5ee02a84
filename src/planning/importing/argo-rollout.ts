// Argo Rollouts' Rollout: its workload as a target, what routes its traffic as a router, its strategy as ours.
import { listOf, mapOf, numberOf, type Keys, type Resource } from '../../guards/import/resources.ts'
import { ingressRouter, namespaceOf, objectNameOf, routeRouter, selectorRouter } from './cluster-routers.ts'
import { millisecondsOf, secondsText, type Draft, type Fields, type ServiceDraft } from './draft.ts'
import { containerPortOf, copiedWorkload, ownWorkload, portsOf, withService } from './workload.ts'

type Map = Readonly<Record<string, unknown>>

const SPEC: Fields = {
  replicas: true,
  selector: true,
  template: true,
  workloadRef: true,
  strategy: true,
  minReadySeconds: true,
  progressDeadlineSeconds: true,
  progressDeadlineAbort: 'a version that does not come up in time is always taken back',
  revisionHistoryLimit: 'versions scaled to 0 are kept by `keepRetired` of the target',
  paused: 'a run is paused with "gonogo pause"',
  restartAt: 'restart it with kubectl',
  analysis: 'recordings keep all measurements',
  rollbackWindow: 'going back needs no analysis: the old version is kept ready while the guards are on',
}

const CANARY: Fields = {
  steps: true,
  stableService: true,
  canaryService: true,
  trafficRouting: true,
  analysis: true,
  canaryMetadata: 'pods carry the label gonogo.dev/version; write labels of your own into the manifest',
  stableMetadata: 'pods carry the label gonogo.dev/version; write labels of your own into the manifest',
  maxSurge: 'both versions run at full strength, so that there is always a way back at once',
  maxUnavailable: 'both versions run at full strength, so that there is always a way back at once',
  dynamicStableScale: 'the old version keeps its strength: it is the way back',
  minPodsPerReplicaSet: 'both versions run at full strength',
  antiAffinity: 'write it into the pod template',
  pingPong: "the Services of versions are gonogo's own",
  scaleDownDelaySeconds: 'the old version is kept ready through the stages, the last one included',
  scaleDownDelayRevisionLimit: 'see `keepRetired` of the target',
  abortScaleDownDelaySeconds: 'a version that was taken back is stopped when traffic has left it',
}

const BLUE_GREEN: Fields = {
  activeService: true,
  previewService: true,
  autoPromotionEnabled: true,
  autoPromotionSeconds: true,
  scaleDownDelaySeconds: true,
  prePromotionAnalysis: true,
  postPromotionAnalysis: true,
  previewReplicaCount: 'the new version runs at full strength before it gets traffic',
  antiAffinity: 'write it into the pod template',
  activeMetadata: 'pods carry the label gonogo.dev/version; write labels of your own into the manifest',
  previewMetadata: 'pods carry the label gonogo.dev/version; write labels of your own into the manifest',
  maxUnavailable: 'both versions run at full strength',
  scaleDownDelayRevisionLimit: 'see `keepRetired` of the target',
  abortScaleDownDelaySeconds: 'a version that was taken back is stopped when traffic has left it',
}

/** Argo keeps the old one so long unless it is told. In seconds. */
const SCALE_DOWN_DELAY_S = 30

/** @param resources all documents of the files: Services, Deployments and templates that it refers to. */
export function importRollout(resource: Resource, resources: readonly Resource[], draft: Draft): void {
  const spec = mapOf(resource.value.spec) ?? {}
  draft.noteFields(resource, ['spec'], spec, SPEC)
  const strategy = mapOf(spec.strategy) ?? {}
  draft.noteFields(resource, ['spec', 'strategy'], strategy, { canary: true, blueGreen: true })
  const canary = mapOf(strategy.canary)
  const blueGreen = mapOf(strategy.blueGreen)
  if (!canary && !blueGreen)
    return draft.note(resource, ['spec', 'strategy'], 'has neither `canary` nor `blueGreen`: nothing was made of it')
  const { target, stable } = workloadOf(resource, spec, resources, draft)
  const delivered = blueGreen ? blueGreenOf(resource, blueGreen, draft) : canaryOf(resource, canary ?? {}, draft)
  const served = blueGreen?.activeService ?? canary?.stableService
  const ports = portsOf(resources, served)
  const port = ports?.port ?? containerPortOf(spec.template)
  if (port === null)
    draft.note(resource, ['spec'], `which port the service has is not in these files: see \`service\` of the target`)
  draft.add({
    name: resource.name,
    target: withService(deadlines(target, spec), port ?? 80, ports?.targetPort),
    stable,
    resource,
    ...delivered,
  })
}

function workloadOf(resource: Resource, spec: Map, resources: readonly Resource[], draft: Draft) {
  const reference = mapOf(spec.workloadRef)
  if (!reference) return ownWorkload(resource, spec, draft)
  const at: Keys = ['spec', 'workloadRef']
  draft.noteFields(resource, at, reference, {
    apiVersion: true,
    kind: true,
    name: true,
    scaleDown: 'scale the Deployment to 0 yourself when its copies serve',
  })
  const kind = String(reference.kind ?? 'Deployment')
  if (kind !== 'Deployment' && kind !== 'StatefulSet')
    draft.note(
      resource,
      [...at, 'kind'],
      `a ${kind} is no workload that gonogo copies: a Deployment is written instead`,
    )
  const copied = kind === 'StatefulSet' ? kind : 'Deployment'
  return copiedWorkload(resource, { kind: copied, name: String(reference.name ?? resource.name), at }, resources, draft)
}

function deadlines(target: ServiceDraft['target'], { progressDeadlineSeconds }: Map): ServiceDraft['target'] {
  const readyTimeoutMs = millisecondsOf(progressDeadlineSeconds)
  return readyTimeoutMs === null ? target : { ...target, readyTimeoutMs }
}

type Delivered = Pick<ServiceDraft, 'router' | 'strategy' | 'autoPromote'>

function canaryOf(resource: Resource, canary: Map, draft: Draft): Delivered {
  const at: Keys = ['spec', 'strategy', 'canary']
  draft.noteFields(resource, at, canary, CANARY)
  const router = routerOf(resource, canary, draft)
  const stages = draft.collected.stagesOf(resource)
  const waits = listOf(canary.steps).some((step) => {
    const pause = mapOf(step)?.pause
    return pause !== undefined && mapOf(pause)?.duration === undefined
  })
  if (router) return { router, autoPromote: !waits, strategy: stages ? { kind: 'canary', stages } : { kind: 'canary' } }
  draft.note(
    resource,
    [...at, ...(canary.trafficRouting === undefined ? [] : ['trafficRouting'])],
    listOf(canary.steps).length === 0
      ? 'without steps it is a rolling update: here all traffic moves at once (`blue-green`); a Deployment that is updated in place is a target with `mode: in-place`'
      : 'nothing here splits traffic by weight that gonogo can set: all of it moves at once (`blue-green`); for stages use a router of kind `http-route` or `ingress-nginx`',
  )
  const service = typeof canary.stableService === 'string' ? canary.stableService : resource.name
  return {
    router: selectorRouter(resource, service),
    strategy: { kind: 'blue-green', preview: '0 s' },
    autoPromote: !waits,
  }
}

function routerOf(resource: Resource, { trafficRouting, steps }: Map, draft: Draft): ServiceDraft['router'] {
  const routing = mapOf(trafficRouting)
  if (!routing) return null
  const at: Keys = ['spec', 'strategy', 'canary', 'trafficRouting']
  const nginx = mapOf(routing.nginx)
  const gateway = gatewayOf(routing)
  const others = Object.keys(routing).filter(
    (name) => !['nginx', 'plugins', 'managedRoutes', 'maxTrafficWeight'].includes(name),
  )
  for (const name of others)
    draft.note(
      resource,
      [...at, name],
      `gonogo has no router for ${name}: use one of kind \`command\`, which runs what sets its weights`,
    )
  if (routing.managedRoutes !== undefined)
    draft.note(resource, [...at, 'managedRoutes'], "testers reach the new version by the router's preview header")
  if (routing.maxTrafficWeight !== undefined) draft.note(resource, [...at, 'maxTrafficWeight'], 'weights are percent')
  for (const name of Object.keys(mapOf(routing.plugins) ?? {}))
    if (!/gateway-?api/i.test(name))
      draft.note(resource, [...at, 'plugins', name], 'gonogo has no router for this plugin: use one of kind `command`')
  const hasHeaderRoute = listOf(steps).some((step) => mapOf(step)?.setHeaderRoute !== undefined)
  if (nginx) return ingressOf(resource, nginx, { at: [...at, 'nginx'], preview: hasHeaderRoute }, draft)
  if (!gateway) return null
  const { plugin, name } = gateway
  const first = mapOf(listOf(plugin.httpRoutes)[0])
  const route = plugin.httpRoute ?? first?.name
  draft.noteFields(resource, [...at, 'plugins', name], plugin, {
    httpRoute: true,
    httpRoutes: true,
    namespace: true,
    useHeaderRoutes: "testers reach the new version by the router's preview header",
    grpcRoute: 'only HTTPRoutes are changed',
    grpcRoutes: 'only HTTPRoutes are changed',
    tcpRoute: 'only HTTPRoutes are changed',
    tcpRoutes: 'only HTTPRoutes are changed',
  })
  if (listOf(plugin.httpRoutes).length > 1)
    draft.note(
      resource,
      [...at, 'plugins', name, 'httpRoutes', 1],
      'a router changes one HTTPRoute: the first was taken',
    )
  if (typeof route !== 'string') {
    draft.note(resource, [...at, 'plugins', name], 'names no HTTPRoute')
    return null
  }
  const namespace =
    typeof plugin.namespace === 'string' ? { namespace: objectNameOf(plugin.namespace) } : namespaceOf(resource)
  draft.note(
    resource,
    [...at, 'plugins', name],
    `the backends of HTTPRoute ${route} become the Services of gonogo's versions: bring the version that runs up with "gonogo up" first`,
  )
  return routeRouter(route, namespace, hasHeaderRoute)
}

function gatewayOf({ plugins }: Map): { name: string; plugin: Map } | null {
  for (const [name, value] of Object.entries(mapOf(plugins) ?? {})) {
    const plugin = mapOf(value)
    if (plugin && /gateway-?api/i.test(name)) return { name, plugin }
  }
  return null
}

function ingressOf(
  resource: Resource,
  nginx: Map,
  { at, preview }: { at: Keys; preview: boolean },
  draft: Draft,
): ServiceDraft['router'] {
  draft.noteFields(resource, at, nginx, {
    stableIngress: true,
    stableIngresses: true,
    annotationPrefix: 'annotations begin with nginx.ingress.kubernetes.io',
    additionalIngressAnnotations: 'write them into the canary Ingress, or use the preview header',
    canaryIngressAnnotations: 'write them into the canary Ingress',
  })
  const many = listOf(nginx.stableIngresses)
  if (many.length > 1)
    draft.note(resource, [...at, 'stableIngresses', 1], 'a router changes one Ingress: the first was taken')
  const ingress = nginx.stableIngress ?? many[0]
  return ingressRouter(String(ingress ?? resource.name), namespaceOf(resource), preview)
}

function blueGreenOf(resource: Resource, blueGreen: Map, draft: Draft): Delivered {
  const at: Keys = ['spec', 'strategy', 'blueGreen']
  draft.noteFields(resource, at, blueGreen, BLUE_GREEN)
  const warm = numberOf(blueGreen.scaleDownDelaySeconds) ?? SCALE_DOWN_DELAY_S
  if (blueGreen.previewService !== undefined)
    draft.note(
      resource,
      [...at, 'previewService'],
      'every version has a Service of its own from the target: testers reach the new one there',
    )
  if (blueGreen.autoPromotionSeconds !== undefined)
    draft.note(
      resource,
      [...at, 'autoPromotionSeconds'],
      'the switch comes when its item of the checklist does: what has to be looked at before stands there as an item with `for`',
    )
  for (const field of ['prePromotionAnalysis', 'postPromotionAnalysis'])
    if (blueGreen[field] !== undefined)
      draft.note(resource, [...at, field], 'guards of its templates are in force before and after the switch')
  const service = typeof blueGreen.activeService === 'string' ? blueGreen.activeService : resource.name
  return {
    router: selectorRouter(resource, service),
    strategy: { kind: 'blue-green', preview: '0 s', warm: secondsText(Math.max(0, warm)) },
    autoPromote: blueGreen.autoPromotionEnabled !== false,
  }
}
