// What a service in two slots asks of things that the rules of its document have in common.
import { asWritten, check, watch, type Entry } from '../binder.ts'
import { measured, script } from '../imagined.ts'

export const VERSION = '1.0.0'
export const NAMESPACE = 'production'
export const DATABASE = { url: '${env:DATABASE_URL}' }
// As the commands of the document have them.
const SITE = 'https://api.azora.io'
export const REGISTRY = 'registry.azora.io'
export const IMAGE = `${REGISTRY}/azora/api-gateway`
export const RELEASE = 'azora-prod'
export const CHART = 'helm/azora'
export const VALUES = 'helm/values-production.yaml'
export const PULLED = { user: 'deploy', password: '${env:REGISTRY_PASSWORD}' }

const KUBECTL = ['kubectl', '-n', NAMESPACE]
export const SLOT = [...KUBECTL, 'get', 'service', 'api-gateway', '-o', 'jsonpath={.spec.selector.slot}']
export const slotIs = (slot: string): Entry => check('command', { run: SLOT, stdoutEquals: slot })
export const podsOf = (slot: string, more: Entry = {}): Entry =>
  check('kube-workloads', { namespace: NAMESPACE, workloads: [`deployment/api-gateway-${slot}`], ...more })
export const allPods = check('kube-workloads', { namespace: NAMESPACE, readyForMin: '1 min' })
export const inGateway = (...command: string[]): Entry =>
  check('command', { run: [...KUBECTL, 'exec', 'deployment/api-gateway', '--', ...command], timeoutMs: 600_000 })
export const databaseSound = inGateway('npm', 'run', 'db:verify')
export const podLog = (since: string, more: Entry): Entry =>
  check('log-scan', {
    command: [...KUBECTL, 'logs', '-l', 'app=api-gateway', `--since=${since}`, '--tail=-1'],
    ...more,
  })

export const SHARE_OF_ERRORS =
  'sum(rate(http_requests_total{namespace="production",status=~"5.."}[5m])) / sum(rate(http_requests_total{namespace="production"}[5m])) * 100'
export const P95_MS =
  'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{namespace="production"}[5m]))) * 1000'
export const latencyOver = (overMs: string): Entry => measured(P95_MS, { overMs, valueMax: 100, unit: 'ms' })
/** Not a tenth slower than the same time a week ago. */
export const noSlowerThanLastWeek = measured(
  `avg_over_time((${P95_MS})[1d:5m]) / avg_over_time((${P95_MS})[1d:5m] offset 7d) * 100`,
  { valueMax: 110, unit: 'percent' },
)
export const noMoreErrorsThanLastWeek = measured(
  `avg_over_time((${SHARE_OF_ERRORS})[1d:5m]) - avg_over_time((${SHARE_OF_ERRORS})[1d:5m] offset 7d)`,
  { valueMax: 0.1, unit: 'percentage points' },
)
export const inBounds = (signal: string, value: number, more: Entry = {}): Entry =>
  watch({ signal, scope: 'service', is: '<', value, ...more })
export const CALM = inBounds('error-rate', 0.1)
export const QUICK = inBounds('latency-p95', 100)
export const DATABASE_QUICK = inBounds('database-query', 50)

export const backUp = { backup: 'database' }
export const backupProved = check('backup-age', { ...backUp, ageMax: '1 h', verify: true })
export const audit = (severity: string, production = true): Entry => check('dependency-audit', { severity, production })
export const healthy = check('http', { url: `${SITE}/health`, json: { status: 'ok' } })
export const smoke = script('test:smoke', '--env=production')
export const noCriticalErrors = check('error-tracker', {
  service: 'sentry',
  token: '${env:SENTRY_TOKEN}',
  organization: 'acme',
  project: 'shop',
  release: `api-gateway@${VERSION}`,
})
export const requestsFlow = measured('sum(rate(http_requests_total{slot="green"}[1m]))', {
  valueMin: 1,
  unit: 'per second',
})
export const memoryInBounds = measured(
  'max(sum by (pod) (container_memory_working_set_bytes{namespace="production"}) / sum by (pod) (kube_pod_container_resource_limits{namespace="production",resource="memory"})) * 100',
  { overMs: '2 h', valueMax: 80, unit: 'percent' },
)
/** What the command does, nothing has to be taken back of: looks, tests, images nobody runs. */
export const looks = asWritten({ readOnly: true })
export const documents = (files: string | string[], more: Entry = {}): Entry =>
  check('docs-current', { files, ...more })

export const OWN_KEYS = 'whether old keys are revoked, only their issuer knows'
export const SPOKEN = 'the command only prints: who read it, the team must say'
export const DECIDED = 'whether to put data back is decided by who goes back'
export const WORTH_KEEPING = 'which figures are worth keeping is a choice of the team'
export const WRITING = 'what there was to write down, those know who were there'

export const toSlot = (slot: string): string[] => [
  ...KUBECTL,
  'patch',
  'service',
  'api-gateway',
  '-p',
  JSON.stringify({ spec: { selector: { slot } } }),
]
