// The rules for a compose project, each by its name. Pure: a project in, findings out.
import { isMovingTag, parseImage } from '../image-name.ts'
import { isTree, type Project, type Tree } from './project.ts'

export const RULES = [
  'no-health-check',
  'no-restart-policy',
  'no-limits',
  'image-untagged',
  'image-latest',
  'image-without-digest',
  'privileged',
  'engine-socket',
  'host-network',
  'database-published',
  'volume-undeclared',
  'volume-anonymous',
  'unknown-service',
] as const

export type RuleName = (typeof RULES)[number]

export interface Finding {
  rule: RuleName
  service: string
  message: string
}

/** Images whose data is worth stealing, and the ports they speak at. */
const DATABASE =
  /(?:^|\/)(?:postgres\w*|postgis|timescaledb\S*|mysql|mariadb|percona\S*|mongo\w*|redis\S*|valkey|keydb|memcached|neo4j|elasticsearch|opensearch|cassandra|couchdb|influxdb|clickhouse\S*|rabbitmq|etcd|minio|mssql\S*)$/i
const DATABASE_PORTS = new Set([
  5432, 3306, 27_017, 6379, 11_211, 7687, 7474, 9200, 9042, 5984, 8086, 8123, 5672, 1433, 1521, 2379,
])

/** Everything that is wrong with the services. */
export function findingsOf(project: Project): Finding[] {
  return [...project.services].flatMap(([service, tree]) =>
    [...life(tree), ...image(tree), ...reach(tree), ...storage(tree, project), ...needs(tree, project)].map(
      ([rule, message]) => ({ rule, service, message }),
    ),
  )
}

type Said = [rule: RuleName, message: string]

function life(tree: Tree): Said[] {
  const said: Said[] = []
  const health = tree['healthcheck']
  const isOff = isTree(health) && (health['disable'] === true || [health['test']].flat()[0] === 'NONE')
  if (!isTree(health) || isOff || (health['test'] === undefined && tree['image'] === undefined))
    said.push(['no-health-check', 'nothing tells whether it is well'])
  const deploy = isTree(tree['deploy']) ? tree['deploy'] : {}
  const restarts =
    tree['restart'] ?? (isTree(deploy['restart_policy']) ? (deploy['restart_policy']['condition'] ?? 'any') : 'no')
  if (restarts === 'no' || restarts === false || restarts === 'none')
    said.push(['no-restart-policy', 'it stays down when it ends'])
  const resources = isTree(deploy['resources']) ? deploy['resources'] : {}
  const limits = isTree(resources['limits']) ? resources['limits'] : {}
  if (limits['memory'] === undefined && tree['mem_limit'] === undefined)
    said.push(['no-limits', 'it may take all memory of the host'])
  return said
}

function image(tree: Tree): Said[] {
  const text = tree['image']
  // What is built here is tagged by whoever builds it.
  if (typeof text !== 'string' || tree['build'] !== undefined) return []
  const { tag, digest } = parseImage(text)
  if (digest) return []
  const said: Said[] = [['image-without-digest', `${text} has no digest`]]
  if (!tag) said.push(['image-untagged', `${text} has no tag`])
  else if (isMovingTag(tag)) said.push(['image-latest', `${text} is another image tomorrow`])
  return said
}

function reach(tree: Tree): Said[] {
  const said: Said[] = []
  if (tree['privileged'] === true || tree['privileged'] === 'true')
    said.push(['privileged', 'it may do everything on the host'])
  if (tree['network_mode'] === 'host') said.push(['host-network', 'it takes part in the network of the host'])
  const open = publishedOf(tree).filter(
    ({ host }) => host === null || host === '0.0.0.0' || host === '::' || host === '[::]',
  )
  const isDatabase = typeof tree['image'] === 'string' && DATABASE.test(parseImage(tree['image']).name)
  for (const { target } of open)
    if (isDatabase || DATABASE_PORTS.has(target))
      said.push(['database-published', `port ${target} is open to every network of the host`])
  return said
}

/** Ports that can be reached from outside of the containers. */
function publishedOf(tree: Tree): { host: string | null; target: number }[] {
  const ports = Array.isArray(tree['ports']) ? tree['ports'] : []
  return ports.flatMap((port: unknown) => {
    if (isTree(port))
      return [{ host: typeof port['host_ip'] === 'string' ? port['host_ip'] : null, target: Number(port['target']) }]
    const match = /^(?:(\[[^\]]*\]|[^:]+):(?=[^:]*:))?(?:[^:]*:)?(\d+)(?:-\d+)?(?:\/\w+)?$/.exec(String(port))
    return match ? [{ host: match[1] ?? null, target: Number(match[2]) }] : []
  })
}

function storage(tree: Tree, project: Project): Said[] {
  const said: Said[] = []
  for (const volume of Array.isArray(tree['volumes']) ? tree['volumes'] : []) {
    const { type, source, target } = mountOf(volume)
    if (source?.endsWith('docker.sock')) said.push(['engine-socket', 'whoever is in it rules the container engine'])
    if (type === 'volume' && source === null) said.push(['volume-anonymous', `${target} is on a volume without a name`])
    if (type === 'volume' && source !== null && !Object.hasOwn(project.volumes, source))
      said.push(['volume-undeclared', `volume ${source} is not declared`])
  }
  return said
}

function mountOf(volume: unknown): { type: string; source: string | null; target: string } {
  if (isTree(volume)) {
    const source = volume['source'] ?? volume['src']
    return {
      type: String(volume['type'] ?? 'volume'),
      source: typeof source === 'string' ? source : null,
      target: String(volume['target'] ?? volume['dst'] ?? ''),
    }
  }
  const text = String(volume)
  // `C:\data:/data` has a colon of its own.
  const [, drive = '', rest = ''] = /^([A-Za-z]:(?=\\|\/))?(.*)$/s.exec(text) ?? []
  const [first = '', second] = rest.split(':')
  if (second === undefined) return { type: 'volume', source: null, target: text }
  const source = drive + first
  return { type: /^[./~\\]|^[A-Za-z]:/.test(source) ? 'bind' : 'volume', source, target: second }
}

function needs(tree: Tree, project: Project): Said[] {
  const wanted = tree['depends_on']
  const names = Array.isArray(wanted) ? wanted.map(String) : isTree(wanted) ? Object.keys(wanted) : []
  return names
    .filter((name) => !project.services.has(name))
    .map((name) => ['unknown-service', `it depends on ${name}, which is not there`])
}
