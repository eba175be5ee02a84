// The environment that documents without an example are bound to: addresses as a company's own network has them, secrets by reference.
import { check, type Entry } from './binder.ts'

export const PROMETHEUS = 'http://prometheus.internal:9090'
const ALERTMANAGER = 'http://alertmanager.internal:9093'
export const GRAFANA = { url: 'https://grafana.internal', token: '${env:GRAFANA_TOKEN}' }
export const GITHUB = { repository: 'acme/shop', token: '${env:GITHUB_TOKEN}' }

/** @param bounds `valueMax`, `overMs`, `unit`, ... */
export const measured = (query: string, bounds: Entry): Entry =>
  check('prometheus-query', { url: PROMETHEUS, query, ...bounds })

/** One query of the whole service, as a source of kind `prometheus` has it. */
export const ofService = (query: string, unit?: string): Entry => ({
  query,
  scope: 'service',
  ...(unit ? { unit } : {}),
})

export const targetsUp = (...jobs: string[]): Entry => check('prometheus-targets', { url: PROMETHEUS, jobs })
/** The team's own alert rules are loaded; whether one fires is not asked. */
export const alertRules = (...rules: string[]): Entry =>
  check('prometheus-rules', { url: PROMETHEUS, rules, firing: 'any' })
/** Every figure that has an alert rule is where it should be. */
export const nothingFires = (...severities: string[]): Entry =>
  check('prometheus-rules', { url: PROMETHEUS, firing: 'none', severities })
/** The alert that always fires is there, so that others would be, and no other is. */
export const onlyTheWatchdog = (): Entry => check('alertmanager-alerts', { url: ALERTMANAGER, expected: ['Watchdog'] })
/** A test alert goes the whole way to whoever is on call. */
export const alertArrives = (): Entry =>
  check('alertmanager-route', { url: ALERTMANAGER, labels: { severity: 'critical' }, receivers: ['on-call'] })
export const dashboards = (titles: string[], datasources: string[] = []): Entry =>
  check('grafana-dashboards', { ...GRAFANA, dashboards: titles, datasources })
/** The tracing backend has had a trace of the service within the last quarter of an hour. */
export const traces = (service: string): Entry =>
  check('http', {
    url: `http://jaeger.internal:16686/api/traces?service=${service}&lookback=15m&limit=1`,
    json: { data: { lengthMin: 1 } },
  })
/** @param script of package.json */
export const script = (name: string, ...args: string[]): Entry => check('project-script', { script: name, args })
/** @param bounds `countMax`, `countMin`, ... */
export const logged = (index: string, query: string, bounds: Entry): Entry =>
  check('elasticsearch-count', {
    url: 'https://elasticsearch.internal:9200',
    token: '${env:ELASTICSEARCH_TOKEN}',
    index,
    query,
    ...bounds,
  })
/** No alert of the security system is open; that logs arrive at all is what silence is judged by. */
export const noSecurityAlerts = (): Entry =>
  logged('logs-*,.alerts-security.alerts-default', 'kibana.alert.workflow_status:open', { lastMs: '24 h', countMax: 0 })
/** Somebody is on call right now, says the service that would wake them. */
export const onCallNow = (): Entry =>
  check('http', {
    url: 'https://api.pagerduty.com/oncalls?escalation_policy_ids[]=PRODUCTION',
    headers: { authorization: '${env:PAGERDUTY_TOKEN}' },
    json: { oncalls: { lengthMin: 1 } },
  })
/** Changes are merged only by pull requests whose conversations are resolved, and nobody may go around that. */
export const conversationsResolved = (): Entry =>
  check('http', {
    url: `https://api.github.com/repos/${GITHUB.repository}/branches/main/protection`,
    headers: { authorization: 'Bearer ${env:GITHUB_TOKEN}' },
    json: { 'required_conversation_resolution.enabled': true, 'enforce_admins.enabled': true },
  })
