// Kamal's deploy.yml: containers of an image behind kamal-proxy, as a Compose project for each version behind the built-in proxy.
import { stringify } from 'yaml'
import { listOf, mapOf, numberOf, type Keys, type Resource } from '../../guards/import/resources.ts'
import { millisecondsOf, portOf, splitImage, type Draft, type Fields } from './draft.ts'

type Map = Readonly<Record<string, unknown>>

const TOP: Fields = {
  service: true,
  image: true,
  servers: true,
  registry: true,
  env: true,
  proxy: true,
  volumes: true,
  labels: true,
  deploy_timeout: true,
  drain_timeout: true,
  primary_role: true,
  boot: true,
  accessories: true,
  logging: 'log options of Docker: write them into the Compose file',
  builder: 'gonogo builds no images: build and push it before the release',
  ssh: 'gonogo runs where the containers run, or reaches their Docker by DOCKER_HOST=ssh://...',
  sshkit: 'gonogo runs where the containers run',
  hooks_path: 'bind checklist items to actions of kind `command` that run the scripts of this folder',
  hooks_output: 'what commands print is kept as evidence',
  secrets_path: 'set the secrets in the environment of gonogo, or as references under `secrets`',
  asset_path: 'pages of one version may ask for assets of the other: the sticky cookie keeps clients on one version',
  error_pages_path: 'the proxy has no error pages of its own: `maintenance` has a text',
  readiness_delay: 'a version is ready when its health check says so',
  retain_containers: 'containers of a retired version are removed; its image stays',
  require_destination: 'an environment is chosen by `--environment`',
  minimum_version: 'is about Kamal',
  run_directory: 'gonogo keeps its state in .gonogo',
  allow_empty_roles: 'every role that was taken over has a service',
  aliases: 'commands of your own belong into a Makefile or package.json',
  output: 'what a run does stands in its ledger and report',
  stop_wait_time: true,
  healthcheck: 'is that of Kamal 1: it was taken over as that of the proxy',
  traefik: 'is Kamal 1: see the options of the router',
}

const PROXY: Fields = {
  app_port: true,
  healthcheck: true,
  response_timeout: true,
  buffering: true,
  host: 'requests of any host are taken: where several services share a port, put HAProxy or nginx in front',
  hosts: 'requests of any host are taken: where several services share a port, put HAProxy or nginx in front',
  ssl: 'the built-in proxy speaks plain HTTP: terminate TLS in front, or use a router of kind `haproxy` with `certificate`',
  certificate_pem: 'terminate TLS in front, or use a router of kind `haproxy` with `certificate`',
  private_key_pem: 'terminate TLS in front, or use a router of kind `haproxy` with `certificate`',
  ssl_redirect: 'whatever terminates TLS redirects',
  forward_headers: true,
  path_prefix: 'the built-in proxy routes every path: split paths in front of it',
  path_prefixes: 'the built-in proxy routes every path: split paths in front of it',
  strip_path_prefix: 'the built-in proxy routes every path: split paths in front of it',
  logging: 'requests are counted by version, not logged',
  run: 'gonogo starts its own proxy: see `listen` of the router',
}

const ROLE: Fields = {
  hosts: true,
  cmd: true,
  env: true,
  proxy: true,
  options: 'options of `docker run`: write what they mean into the Compose file',
  labels: 'write them into the Compose file',
  logging: 'log options of Docker: write them into the Compose file',
  asset_path: 'the sticky cookie keeps clients on one version',
  stop_wait_time: true,
}

const PROXY_PORT = 8080
const APP_PORT = 80
const DEPLOY_TIMEOUT_S = 30
const DRAIN_TIMEOUT_S = 30
const WARM = '5 min'
const VERSION_VARIABLE = 'VERSION'

/** The document as Kamal's, named after its service; null where it is none. */
export function asKamal(resource: Resource): Resource | null {
  const { service, image, servers, registry, proxy } = resource.value
  const isOne =
    resource.kind === '' &&
    typeof service === 'string' &&
    [image, servers, registry, proxy].some((part) => part !== undefined)
  return isOne ? { ...resource, kind: 'Kamal', name: service } : null
}

export function importKamal(resource: Resource, draft: Draft): void {
  const { value, name } = resource
  const known = Object.keys(value).filter((field) => field.startsWith('x-'))
  draft.noteFields(resource, [], value, { ...TOP, ...Object.fromEntries(known.map((field) => [field, true])) })
  noteRuby(resource, draft)
  const roles = rolesOf(resource, draft)
  const primary = String(value.primary_role ?? 'web')
  const web = roles.find((role) => role.name === primary) ?? roles[0] ?? { name: primary, map: {}, hosts: [] }
  for (const { name: role } of roles.filter((other) => other !== web))
    draft.note(
      resource,
      ['servers', role],
      'stands in the Compose file, and gets no requests: release it as a target with `mode: in-place`, in a delivery of its own',
    )
  const { name: image, tag } = splitImage(imageOf(value))
  if (image === '') draft.note(resource, ['image'], 'names no image: write it into the Compose file')
  noteSurroundings(resource, draft)
  const proxy = mapOf(web.map.proxy) ?? mapOf(value.proxy) ?? {}
  const proxyAt: Keys = mapOf(web.map.proxy) ? ['servers', web.name, 'proxy'] : ['proxy']
  draft.noteFields(resource, proxyAt, proxy, PROXY)
  const stopS = numberOf(value.stop_wait_time) ?? numberOf(value.drain_timeout) ?? DRAIN_TIMEOUT_S
  const port = portOf(proxy.app_port) ?? APP_PORT
  const file = draft.addFile('compose.yaml', composeText({ resource, image, roles, web, port, stopS }, draft))
  const health = mapOf(proxy.healthcheck) ?? mapOf(value.healthcheck) ?? {}
  draft.add({
    name,
    resource,
    stable: tag,
    autoPromote: true,
    strategy: { kind: 'blue-green', preview: '0 s', warm: WARM },
    router: routerOf(resource, proxy, proxyAt, health, draft),
    target: {
      kind: 'compose',
      files: [file],
      service: web.name,
      project: `${projectOf(name)}-{slot}`,
      versionEnv: VERSION_VARIABLE,
      containerPort: port,
      health: healthOf(health, value.deploy_timeout),
      graceMs: millisecondsOf(stopS) ?? 1,
    },
  })
  draft.note(
    resource,
    ['proxy'].filter((key) => value[key] !== undefined),
    `kamal-proxy has ports 80 and 443: the built-in proxy listens on ${PROXY_PORT} until you stop kamal-proxy and change \`listen\``,
  )
}

/** Ruby that is filled in when Kamal reads the file. */
function noteRuby(resource: Resource, draft: Draft): void {
  for (const [field, value] of Object.entries(resource.value))
    if (JSON.stringify(value ?? null).includes('<%'))
      draft.note(resource, [field], 'the Ruby in it (`<% %>`) is not run: fill it first, "erb FILE", and import that')
}

interface Role {
  name: string
  map: Map
  hosts: string[]
}

function rolesOf(resource: Resource, draft: Draft): Role[] {
  const { servers } = resource.value
  const given = Array.isArray(servers) ? { web: servers } : (mapOf(servers) ?? { web: [] })
  const roles = Object.entries(given).map(([name, value]): Role => {
    const map = Array.isArray(value) ? {} : (mapOf(value) ?? {})
    draft.noteFields(resource, ['servers', name], map, ROLE)
    return { name, map, hosts: hostsOf(Array.isArray(value) ? value : map.hosts) }
  })
  const hosts = [...new Set(roles.flatMap((role) => role.hosts))]
  if (hosts.length > 1)
    draft.note(
      resource,
      ['servers'],
      `${hosts.length} hosts: gonogo conducts the containers of one. Run it on each, or one service a host with DOCKER_HOST under \`delivery.services\``,
    )
  return roles
}

/** A host is a name, or a name with tags. */
function hostsOf(hosts: unknown): string[] {
  return listOf(hosts).flatMap((host) => (typeof host === 'string' ? [host] : Object.keys(mapOf(host) ?? {})))
}

function imageOf({ image, registry, service }: Map): string {
  const server = mapOf(registry)?.server
  const name = typeof image === 'string' ? image : String(service ?? '')
  return typeof server === 'string' && server !== '' && !name.startsWith(`${server}/`) ? `${server}/${name}` : name
}

/** What stands around the service: it is left as it is. */
function noteSurroundings(resource: Resource, draft: Draft): void {
  const { accessories, registry, boot, labels } = resource.value
  for (const name of Object.keys(mapOf(accessories) ?? {}))
    draft.note(resource, ['accessories', name], 'runs on as it is: gonogo releases the service alone')
  for (const field of Object.keys(mapOf(registry) ?? {}))
    if (field !== 'server') draft.note(resource, ['registry', field], 'log in with "docker login" where gonogo runs')
  if (labels !== undefined) draft.note(resource, ['labels'], 'write them into the Compose file')
  for (const field of Object.keys(mapOf(boot) ?? {}))
    draft.note(
      resource,
      ['boot', field],
      'a version comes up beside the other before it gets traffic: the strategy `rolling` replaces instances by batches',
    )
}

/** As Docker takes names of projects. */
function projectOf(name: string): string {
  return (
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9_-]+/g, '-')
      .replace(/^[_-]+/, '') || 'imported'
  )
}

interface Composed {
  resource: Resource
  image: string
  roles: readonly Role[]
  /** The one that gets requests. */
  web: Role
  /** Port inside its containers. */
  port: number
  stopS: number
}

/** A service for each role; the image is that of the version. */
function composeText({ resource, image, roles, web, port, stopS }: Composed, draft: Draft): string {
  const { value } = resource
  const shared = environmentOf(resource, ['env'], value.env, draft)
  const services = (roles.length > 0 ? roles : [web]).map(({ name, map }) => {
    const own = environmentOf(resource, ['servers', name, 'env'], map.env, draft)
    const environment = { ...shared, ...own }
    return [
      name,
      {
        image: `${image}:\${${VERSION_VARIABLE}}`,
        // Any free port of this machine: the target asks Docker which.
        ...(name === web.name ? { ports: [`127.0.0.1::${port}`] } : {}),
        ...(map.cmd === undefined ? {} : { command: map.cmd }),
        ...(Object.keys(environment).length > 0 ? { environment } : {}),
        ...(Array.isArray(value.volumes) ? { volumes: value.volumes } : {}),
        stop_grace_period: `${numberOf(map.stop_wait_time) ?? stopS}s`,
      },
    ]
  })
  return stringify({ services: Object.fromEntries(services) }, { lineWidth: 0 })
}

/** Clear values as they are; secrets by name only: they come from the environment. */
function environmentOf(resource: Resource, at: Keys, env: unknown, draft: Draft): Record<string, string> {
  const map = mapOf(env) ?? {}
  const isSplit = map.clear !== undefined || map.secret !== undefined || map.tags !== undefined
  const clear = isSplit ? (mapOf(map.clear) ?? {}) : map
  const secrets = isSplit ? listOf(map.secret).map(String) : []
  if (secrets.length > 0)
    draft.note(
      resource,
      [...at, 'secret'],
      `set ${secrets.map(variableOf).join(', ')} in the environment of gonogo, from your secret store`,
    )
  if (map.tags !== undefined) draft.note(resource, [...at, 'tags'], 'hosts have no tags here')
  return {
    ...Object.fromEntries(
      Object.entries(clear).map(([name, value]) => [name, String(value ?? '').replaceAll('$', '$$$$')]),
    ),
    ...Object.fromEntries(secrets.map((secret) => [secret.split(':')[0] ?? secret, `\${${variableOf(secret)}}`])),
  }
}

/** `NAME`, or `NAME:OTHER` where the secret is called otherwise than the variable. */
function variableOf(secret: string): string {
  return secret.split(':').at(-1) ?? secret
}

function healthOf(health: Map, deploySeconds: unknown) {
  const intervalMs = millisecondsOf(health.interval)
  const timeoutMs = millisecondsOf(health.timeout)
  return {
    path: typeof health.path === 'string' && health.path.startsWith('/') ? health.path : '/up',
    ...(intervalMs === null ? {} : { intervalMs }),
    ...(timeoutMs === null ? {} : { timeoutMs }),
    startTimeoutMs: millisecondsOf(deploySeconds) ?? DEPLOY_TIMEOUT_S * 1000,
  }
}

function routerOf(resource: Resource, proxy: Map, at: Keys, health: Map, draft: Draft) {
  const requestTimeoutMs = millisecondsOf(proxy.response_timeout)
  const buffering = mapOf(proxy.buffering) ?? {}
  const bytes = numberOf(buffering.max_request_body)
  draft.noteFields(resource, [...at, 'buffering'], buffering, {
    max_request_body: true,
    requests: 'bodies are streamed',
    responses: 'bodies are streamed',
    memory: 'bodies are streamed',
    max_response_body: 'answers of any length are passed on',
  })
  draft.noteFields(resource, [...at, 'healthcheck'], health, {
    path: true,
    interval: true,
    timeout: true,
    port: 'health is asked at the port of the service',
    max_attempts: 'a version has `startTimeoutMs` to become healthy',
    cord: 'requests leave a version before it is stopped',
    log_lines: 'the last lines of a version that does not come up are told anyway',
  })
  return {
    kind: 'builtin-proxy',
    listen: { port: PROXY_PORT },
    ...(requestTimeoutMs === null ? {} : { requestTimeoutMs }),
    ...(bytes === null || bytes <= 0 ? {} : { requestBytesMax: Math.round(bytes) }),
    ...(proxy.forward_headers === true ? { trustForwarded: true } : {}),
  }
}
