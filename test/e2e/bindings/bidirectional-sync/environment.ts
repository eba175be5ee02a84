// What a service under pm2 and its sync ask of things that the rules of their document have in common.
import { asWritten, check, type Entry } from '../binder.ts'
import { GITHUB, GRAFANA, measured, PROMETHEUS } from '../imagined.ts'

export const API = 'https://api.internal'
export const APP = 'https://app.internal'
const PEOPLE_CALL = 'https://api.pagerduty.com'
export const TAG = 'v4.0.0-phase4-bidirectional-sync'
export const BACKEND = 'pfa-vanguard-backend'
export const WORKER = 'pems-write-sync-worker'

// The variables are called as in the commands of the document.
export const DATABASE = '${env:DATABASE_URL_PRODUCTION}'
export const REDIS = { url: '${env:REDIS_URL_PRODUCTION}' }
const PAGERDUTY = { authorization: 'Token token=${env:PAGERDUTY_TOKEN}' }
const shell = (text: string, more: Entry = {}): Entry => check('command', { shell: text, ...more })
export const healthy = (path: string, more: Entry = {}): Entry => check('http', { url: API + path, ...more })
export const counted = (query: string, bounds: Entry): Entry =>
  check('sql-count', { postgres: DATABASE, query, ...bounds })
export const IN_QUEUE = 'SELECT count(*) FROM pfa_write_queue WHERE'
export const FAILED = `${IN_QUEUE} status = 'failed' AND updated_at > now() - interval`
export const noActiveSync = counted(`${IN_QUEUE} status = 'processing'`, { equals: 0 })
const TABLES =
  "SELECT count(*) FROM information_schema.tables WHERE table_name IN ('pfa_write_queue', 'pfa_sync_conflict')"
export const tablesThere = counted(TABLES, { equals: 2 })
export const migrated = check('migration-status', { tool: 'prisma', project: 'backend' })
export const backedUp = (ageMax: string, verify = false): Entry =>
  check('backup-age', { backup: 'database', ageMax, verify })
/** Something that is younger than an hour lies in the bucket. */
export const uploaded = (bucket: string): Entry =>
  shell(
    `aws s3api list-objects-v2 --bucket ${bucket} --query "length(Contents[?LastModified>='$(date -u -d '-1 hour' +%FT%TZ)'])"`,
    { stdoutMatches: '^[1-9]' },
  )
export const ci = (...required: string[]): Entry => check('github-checks', { ...GITHUB, ref: TAG, required })
export const up = (name: string): Entry => check('process-up', { pm2: name })
export const script = (directory: string): Entry => check('project-script', { directory, script: 'build' })
export const built = (path: string): Entry => check('file-state', { path, ageMax: '30 min' })
export const documents = (files: string, more: Entry = {}): Entry => check('docs-current', { files, ...more })
export const statusPage = (more: Entry): Entry => check('status-page', { url: 'https://status.internal', ...more })
export const page = (more: Entry): Entry =>
  check('page', { url: `${APP}/pfa`, cookies: { session: '${env:SMOKE_SESSION}' }, ...more })
export const logs = (pattern: string): Entry =>
  check('log-scan', { files: '/home/deploy/.pm2/logs/*.log', pattern, ignoreCase: true, lastMs: '30 min' })

/** A user of its own logs in first; then what is asked for, and what it must answer. */
export const loggedIn = (...steps: Entry[]): Entry =>
  check('http-sequence', {
    url: API,
    variables: { password: '${env:SMOKE_PASSWORD}' },
    steps: [
      {
        name: 'log in',
        method: 'POST',
        url: '/api/auth/login',
        bodyJson: { username: 'smoke', password: '{{password}}' },
        extract: { token: { json: 'token' } },
      },
      ...steps.map((step) => ({ ...step, headers: { authorization: 'Bearer {{token}}' } })),
    ],
  })
export const authentication = loggedIn({ name: 'be known', url: '/api/auth/me', json: { username: 'smoke' } })
/** One sync more or less harms nothing: it comes by itself every few minutes. */
export const manualSync = loggedIn(
  { name: 'ask for it', method: 'POST', url: '/api/sync', status: 202, extract: { sync: { json: 'id' } } },
  { name: 'see it taken', url: '/api/sync/{{sync}}', json: { status: { oneOf: ['queued', 'running', 'completed'] } } },
)

/** A critical alert of our own goes through Alertmanager until PagerDuty has it, and is ended again. */
export const pagerDutyWorks = check(
  'http-sequence',
  {
    url: 'http://alertmanager.internal:9093',
    steps: [
      {
        name: 'alert',
        method: 'POST',
        url: '/api/v2/alerts',
        bodyJson: [{ labels: { alertname: 'ReleaseRouteTest', severity: 'critical' } }],
      },
      {
        name: 'arrived',
        url: `${PEOPLE_CALL}/incidents?statuses[]=triggered&statuses[]=acknowledged`,
        headers: PAGERDUTY,
        bodyContains: 'ReleaseRouteTest',
      },
    ],
    finally: [
      {
        name: 'end it',
        method: 'POST',
        url: '/api/v2/alerts',
        bodyJson: [{ labels: { alertname: 'ReleaseRouteTest', severity: 'critical' }, endsAt: '2020-01-01T00:00:00Z' }],
      },
    ],
  },
  { retries: 6, retryAfter: '10 s' },
)
/** Both levels of the escalation have somebody now. */
export const onCall = check('http', {
  url: `${PEOPLE_CALL}/oncalls?escalation_policy_ids[]=PRODUCTION`,
  headers: PAGERDUTY,
  json: { oncalls: { lengthMin: 2 } },
})
export const alerts = (...matchers: string[]): Entry =>
  check('alertmanager-alerts', { url: 'http://alertmanager.internal:9093', matchers, expected: ['Watchdog'] })
export const DASHBOARDS = ['System Health', 'Sync Performance', 'Conflict Management', 'Cost Optimization']
/** Asked of Grafana as a panel asks it. */
export const showingData = check('http', {
  url: `${GRAFANA.url}/api/ds/query`,
  method: 'POST',
  headers: { authorization: `Bearer ${GRAFANA.token}`, 'content-type': 'application/json' },
  body: JSON.stringify({
    from: 'now-15m',
    to: 'now',
    queries: [
      { refId: 'A', datasource: { uid: 'prometheus' }, expr: 'sum(pfa_write_queue_size{environment="production"})' },
    ],
  }),
  json: { 'results.A.frames[0].data.values[0]': { lengthMin: 1 } },
})
export const noTickets = check('http', {
  url: 'https://support.internal/api/v2/search/count.json?query=type:ticket%20tags:pfa%20created%3E1hours',
  headers: { authorization: 'Bearer ${env:SUPPORT_TOKEN}' },
  json: { count: 0 },
})

export const of = (job: string): string => `{job="${job}"}`
/** Of a service without a single error there is no series of them. */
export const errorsOver = (over: string, job = BACKEND): string =>
  `(sum(increase(http_requests_total{job="${job}",status=~"5.."}[${over}])) or vector(0)) / sum(increase(http_requests_total${of(job)}[${over}])) * 100`
export const errorRate = (over: string, valueMax: number, job = BACKEND): Entry =>
  measured(errorsOver(over, job), { valueMax, unit: 'percent' })
export const successesOver = (over: string, environment = 'production'): string =>
  `sum(increase(pfa_syncs_total{result="success",environment="${environment}"}[${over}])) / sum(increase(pfa_syncs_total{environment="${environment}"}[${over}])) * 100`
export const P95_MS = `histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket${of(BACKEND)}[30m]))) * 1000`
const durations = (part: string, over: string): string =>
  `sum(rate(pfa_sync_duration_seconds_${part}{environment="production"}[${over}]))`
export const meanLatency = (over: string): Entry =>
  measured(`${durations('sum', over)} / ${durations('count', over)}`, {
    valueMax: 120,
    unit: 's',
  })
export const queueIn = (environment = 'production'): string => `sum(pfa_write_queue_size{environment="${environment}"})`
export const queueOver = (aggregate: string, valueMax: number): Entry =>
  measured(`${aggregate}_over_time(${queueIn()}[24h:1m])`, { valueMax, unit: 'items' })
export const cpuOf = (job: string): Entry =>
  measured(`rate(process_cpu_seconds_total${of(job)}[30m]) * 100`, { valueMax: 60, unit: 'percent' })
export const memoryOf = (job: string): Entry =>
  measured(
    `max_over_time(process_resident_memory_bytes${of(job)}[30m]) / on (instance) group_left node_memory_MemTotal_bytes * 100`,
    { valueMax: 70, unit: 'percent' },
  )
/** As its trend has it, an hour. */
export const memoryGrowth = (job: string, over: string): Entry =>
  measured(`deriv(process_resident_memory_bytes${of(job)}[${over}]) * 3600 / 1e6`, {
    valueMax: 10,
    unit: 'MB per hour',
  })
export const upFor = (selector: string, overMs: string, more: Entry = {}): Entry =>
  check('uptime', { url: PROMETHEUS, selector, overMs, percentMin: 100, ...more })
export const PROBED = (url: string): string => `job="blackbox",instance="${url}"`
export const STAGING = 'pfa-staging'

export const rollback = (signal: string, more: Entry): Entry => ({
  signal,
  scope: 'service',
  severity: 'rollback',
  ...more,
})
export const pause = (signal: string, more: Entry): Entry => ({ signal, scope: 'service', severity: 'pause', ...more })

export const SENT_BY_PEOPLE = 'people write and send it themselves'
export const flagAction = (to: boolean): Entry =>
  asWritten({
    undo: `psql "$DATABASE_URL_PRODUCTION" -c "UPDATE feature_flags SET enabled = ${!to} WHERE flag_name = 'auto_sync'"`,
  })
export const flagIs = (equals: boolean): Entry =>
  check('feature-flag', {
    postgres: DATABASE,
    query: "SELECT enabled FROM feature_flags WHERE flag_name = 'auto_sync'",
    equals,
  })
