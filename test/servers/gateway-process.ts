// The process of the stand-in gateway: KUBECONFIG PORT LAG_MS [routes].
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { openApi, podAddressOnLoopback, type ApiObject } from './kubernetes-api.ts'

const [kubeconfig = '', port, lagMs, routesToo] = process.argv.slice(2)
const CANARY = 'nginx.ingress.kubernetes.io/canary'

const api = openApi(kubeconfig)
const ignore = (): void => {}
const slices = api.watch('/apis/discovery.k8s.io/v1/endpointslices', ignore)
const ingresses = api.watch('/apis/networking.k8s.io/v1/ingresses', ignore)
/** Rules in force, by name of the route. */
const routes = new Map<string, ApiObject[]>()
if (routesToo)
  api.watch('/apis/gateway.networking.k8s.io/v1/httproutes', (route, isGone) => void takeOver(route, isGone))

/** A change is in force some time after it is made, and only then reported. */
async function takeOver(route: ApiObject, isGone: boolean): Promise<void> {
  const { name, namespace, generation } = route.metadata
  if (isGone) return void routes.delete(name)
  const isReported = route.status?.parents?.[0]?.conditions?.[0]?.observedGeneration === generation
  if (isReported) return
  await new Promise((resolve) => setTimeout(resolve, Number(lagMs)))
  routes.set(name, route.spec.rules)
  const path = `/api/v1/namespaces/${namespace}/services`
  const refs = (route.spec.rules as ApiObject[]).flatMap((rule) => rule.backendRefs ?? [])
  const found = await Promise.all(refs.map((ref) => api.ask('GET', `${path}/${ref.name}`, undefined, [404])))
  const isResolved = found.every(({ kind }) => kind === 'Service')
  const condition = (type: string, isTrue: boolean, reason: string) => ({
    type,
    reason: isTrue ? type : reason,
    message: '',
    status: isTrue ? 'True' : 'False',
    observedGeneration: generation,
    lastTransitionTime: new Date().toISOString(),
  })
  const parents = (route.spec.parentRefs as ApiObject[]).map((parentRef) => ({
    parentRef,
    controllerName: 'gonogo.test/gateway',
    conditions: [condition('Accepted', true, ''), condition('ResolvedRefs', isResolved, 'BackendNotFound')],
  }))
  const status = `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/httproutes/${name}/status`
  await api.ask('PATCH', status, { status: { parents } }, [404, 409])
}

interface Headers {
  [name: string]: string | string[] | undefined
}

/** The rule that says most about the request has it: the longest path, then the most headers. */
function serviceOfRoute(name: string, path: string, headers: Headers): string | null {
  const prefixOf = (match: ApiObject): string => match.path?.value ?? '/'
  const headersOf = (match: ApiObject): { name: string; value: string }[] => match.headers ?? []
  const found = (routes.get(name) ?? [])
    .flatMap((rule) => (rule.matches ?? [{}]).map((match: ApiObject) => ({ rule, match })))
    .filter(({ match }) => path.startsWith(prefixOf(match)))
    .filter(({ match }) => headersOf(match).every((header) => headers[header.name] === header.value))
    .toSorted(
      (a, b) =>
        prefixOf(b.match).length - prefixOf(a.match).length || headersOf(b.match).length - headersOf(a.match).length,
    )[0]
  const refs = (found?.rule.backendRefs ?? []) as { name: string; weight?: number }[]
  let rest = Math.random() * refs.reduce((sum, ref) => sum + (ref.weight ?? 1), 0)
  return refs.find((ref) => (rest -= ref.weight ?? 1) < 0)?.name ?? null
}

function serviceOfIngress(name: string, headers: Headers): string | null {
  const leadsTo = (ingress: ApiObject | undefined): string | null =>
    ingress?.spec.rules?.[0]?.http.paths[0].backend.service.name ?? null
  const main = ingresses.objects().find(({ metadata }) => metadata.name === name)
  const canary = ingresses
    .objects()
    .find(
      ({ metadata, spec }) =>
        metadata.annotations?.[CANARY] === 'true' && spec.rules[0].host === main?.spec.rules[0].host,
    )
  const told = canary?.metadata.annotations ?? {}
  const header = told[`${CANARY}-by-header`]
  const isAsked = header !== undefined && headers[header] === told[`${CANARY}-by-header-value`]
  const total = Number(told[`${CANARY}-weight-total`] ?? 100)
  const isDrawn = Math.random() * total < Number(told[`${CANARY}-weight`] ?? 0)
  return leadsTo(canary && (isAsked || isDrawn) ? canary : main)
}

/** Address and port of a ready endpoint. */
function endpointOf(service: string): { host: string; port: number } | null {
  const all = slices
    .objects()
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service)
    .flatMap(({ endpoints, ports }) =>
      ((endpoints ?? []) as ApiObject[])
        .filter(({ conditions }) => conditions.ready !== false)
        .map(({ addresses }) => ({ host: podAddressOnLoopback(addresses[0]), port: ports[0].port as number })),
    )
  return all[Math.floor(Math.random() * all.length)] ?? null
}

function handle(incoming: IncomingMessage, response: ServerResponse): void {
  const [, kind = '', name = '', ...rest] = (incoming.url ?? '').split('/')
  const services: Record<string, () => string | null> = {
    service: () => name,
    route: () => serviceOfRoute(name, `/${rest.join('/')}`, incoming.headers),
    ingress: () => serviceOfIngress(name, incoming.headers),
  }
  const service = services[kind]?.() ?? null
  const endpoint = service && endpointOf(service)
  const refuse = (): void => void response.writeHead(503).end()
  if (!endpoint) return refuse()
  request({ ...endpoint, headers: { connection: 'close' } }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
    .on('error', refuse)
    .end()
}

createServer(handle).listen(Number(port), '127.0.0.1')
