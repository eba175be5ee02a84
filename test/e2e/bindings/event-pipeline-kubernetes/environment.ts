// What a pipeline of events asks of things that the rules of its document have in common.
import { asWritten, check, guard, type Entry } from '../binder.ts'
import { GRAFANA, PROMETHEUS, measured } from '../imagined.ts'

// As the commands of the document have them.
export const NAMESPACE = 'user-whisperer-prod'
export const HOST = 'api.userwhisperer.ai'
export const SITE = `https://${HOST}`
export const DEPLOYMENTS = ['deployment/api-gateway', 'deployment/event-ingestion']

export const DATABASE = { url: '${env:DATABASE_URL}' }
export const REDIS = { url: '${env:REDIS_URL}' }
export const KUBECTL = ['kubectl', '-n', NAMESPACE]
export const workloads = check('kube-workloads', { namespace: NAMESPACE, readyForMin: '1 min' })
export const workload = (name: string): Entry => check('kube-workloads', { namespace: NAMESPACE, workloads: [name] })
export const hardened = (...wants: string[]): Entry => check('kube-hardening', { namespace: NAMESPACE, wants })
export const objects = (names: string[], keys: Entry = {}): Entry =>
  check('kube-objects', { namespace: NAMESPACE, objects: names, keys })
export const certificate = check('tls', { host: HOST, daysLeftMin: 30 })
export const healthy = check('http', { url: `${SITE}/health` })
export const counted = (query: string, bounds: Entry): Entry =>
  check('sql-count', { postgres: '${env:DATABASE_URL}', query, ...bounds })
export const documents = (files: string | string[], more: Entry = {}): Entry =>
  check('docs-current', { files, ...more })
export const migrated = (database: string): Entry => check('migration-status', { tool: 'flyway', database })
export const loadTest = (name: string, path: string, atLeast: number): Entry =>
  check('benchmark', {
    file: 'reports/load-test.json',
    metrics: { [name]: { path, better: 'higher', baseline: atLeast, regressionPercentMax: 0 } },
  })
export const probed = (job: string): Entry => measured(`probe_success{job="${job}"}`, { overMs: '5 min', valueMin: 1 })
/** Something is done all the time: at least so much a second. */
export const atWork = (counter: string, perSecondMin = 0.1): Entry =>
  measured(`sum(rate(${counter}[10m]))`, { overMs: '30 min', valueMin: perSecondMin, unit: 'per second' })
export const shareOf = (part: string, whole: string, valueMin: number): Entry =>
  measured(`sum(increase(${part}[1h])) / sum(increase(${whole}[1h])) * 100`, { valueMin, unit: 'percent' })
/** Of what it was a week ago at this time. @param query of a moment: what is put behind its ranges */
export const asLastWeek = (query: (moment: string) => string, valueMin: number): Entry =>
  measured(`(${query('')}) / (${query(' offset 7d')}) * 100`, { valueMin, unit: 'percent' })
export const ofWhole = (signal: string, is: string, value: number, more: Entry = {}): Entry => ({
  signal,
  scope: 'service',
  is,
  value,
  ...more,
})
export const tells = (signal: string, is: string, value: number): Entry =>
  guard({ ...ofWhole(signal, is, value), severity: 'notify' })
export const looks = asWritten({ readOnly: true, timeoutMs: 1_800_000 })

/** Who is nobody gets nothing, who may little gets little. */
export const accessControlled = check('http-sequence', {
  url: SITE,
  variables: { password: '${env:SMOKE_PASSWORD}' },
  steps: [
    { name: 'without a token', url: '/v1/events', status: 401 },
    {
      name: 'a wrong password',
      method: 'POST',
      url: '/v1/login',
      bodyJson: { user: 'smoke', password: '' },
      status: 401,
    },
    {
      name: 'log in',
      method: 'POST',
      url: '/v1/login',
      bodyJson: { user: 'smoke', password: '{{password}}' },
      extract: { token: { json: 'token' } },
    },
    { name: 'own events', url: '/v1/events', headers: { authorization: 'Bearer {{token}}' } },
    {
      name: 'what only an admin may',
      url: '/v1/admin/users',
      headers: { authorization: 'Bearer {{token}}' },
      status: 403,
    },
  ],
})
export const consentKept = check('http-sequence', {
  url: SITE,
  headers: { authorization: 'Bearer ${env:SMOKE_TOKEN}' },
  steps: [
    { name: 'consent', method: 'PUT', url: '/v1/consents/smoke', bodyJson: { analytics: true }, status: [200, 204] },
    { name: 'it is kept', url: '/v1/consents/smoke', json: { analytics: true } },
    {
      name: 'take it back',
      method: 'PUT',
      url: '/v1/consents/smoke',
      bodyJson: { analytics: false },
      status: [200, 204],
    },
    { name: 'that is kept, too', url: '/v1/consents/smoke', json: { analytics: false } },
  ],
})
const GRAFANA_LETS_IN = { authorization: `Bearer ${GRAFANA.token}` }
/** Three claims of one line. */
export const monitored = check('http-sequence', {
  steps: [
    {
      name: 'dashboards',
      url: `${GRAFANA.url}/api/search?type=dash-db`,
      headers: GRAFANA_LETS_IN,
      bodyContains: ['Event pipeline', 'API gateway'],
    },
    {
      name: 'alert rules',
      url: `${PROMETHEUS}/api/v1/rules?type=alert`,
      json: { 'data.groups[0].rules': { lengthMin: 1 } },
    },
    {
      name: 'a test notification',
      method: 'POST',
      url: `${GRAFANA.url}/api/alertmanager/grafana/config/api/v1/receivers/test`,
      headers: GRAFANA_LETS_IN,
      bodyJson: {
        receivers: [
          {
            name: 'on-call',
            grafana_managed_receiver_configs: [
              {
                uid: 'on-call',
                name: 'on-call',
                type: 'pagerduty',
                settings: {},
                secureFields: { integrationKey: true },
              },
            ],
          },
        ],
      },
      json: { 'receivers[0].grafana_managed_receiver_configs[0].status': 'ok' },
    },
  ],
})

export const ERRORS =
  'sum(rate(http_requests_total{job="api-gateway",status=~"5.."}[5m])) / sum(rate(http_requests_total{job="api-gateway"}[5m])) * 100'
export const quantile = (share: number, histogram: string): string =>
  `histogram_quantile(${share}, sum by (le) (rate(${histogram}_bucket[5m]))) * 1000`

export const OWN_KEYS = 'whether old keys are revoked, only their issuer knows'
export const EXERCISE = 'how well an exercise went, those say who took part'
export const WEIGHED = 'how much of it is the release, somebody has to weigh'
