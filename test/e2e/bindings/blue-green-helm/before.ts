// Rules for what is asked before anything is delivered.
import { ask, check, inSection, type Rule } from '../binder.ts'
import {
  GITHUB,
  alertArrives,
  alertRules,
  conversationsResolved,
  dashboards,
  logged,
  measured,
  onCallNow,
  script,
  targetsUp,
  traces,
} from '../imagined.ts'
import {
  audit,
  backUp,
  backupProved,
  DATABASE,
  documents,
  healthy,
  IMAGE,
  NAMESPACE,
  OWN_KEYS,
  PULLED,
  VERSION,
} from './environment.ts'

export const beforeDelivery: Rule[] = [
  ...inSection(
    /^code quality/i,
    [/tests/i, script('test')],
    [/coverage/i, check('coverage', { files: 'coverage/coverage-summary.json', linesPercentMin: 80, ageMax: '24 h' })],
    [/lint/i, script('lint')],
    [/typescript/i, script('type-check')],
    [/review/i, check('github-pull-requests', { ...GITHUB, mergedSince: '2026-11-01T00:00:00Z', approvalsMin: 2 })],
    [/comments/i, conversationsResolved()],
  ),
  ...inSection(
    /^security$/i,
    [/audit/i, audit('info', false)],
    [/critical/i, audit('critical')],
    [/high/i, audit('high')],
    [
      /owasp/i,
      check('sarif-gate', {
        files: 'reports/dependency-check-report.sarif',
        tool: 'dependency-check',
        scoreMax: 6.9,
        ageMax: '24 h',
      }),
    ],
    [
      /secrets/i,
      check('kube-objects', {
        namespace: NAMESPACE,
        objects: ['secret/api-gateway'],
        keys: { 'secret/api-gateway': ['DATABASE_URL', 'REDIS_URL', 'JWT_SECRET'] },
      }),
    ],
    [/rotated/i, ask('security', OWN_KEYS)],
    [/tls/i, check('tls', { host: 'api.azora.io', daysLeftMin: 30 })],
  ),
  ...inSection(
    /^documentation$/i,
    [/readme/i, documents('README.md', { changedSince: 'v0.9.0' })],
    [/changelog/i, check('changelog-entry', { version: VERSION })],
    [/^api/i, documents('api/openapi.yaml', { changedWith: ['src/routes'] })],
    [/runbooks/i, documents('RUNBOOKS.md', { changedSince: 'v0.9.0' })],
  ),
  ...inSection(
    /^database$/i,
    [/backup/i, backUp],
    [/locally/i, script('test:migrations')],
    [/staging/i, check('migration-status', { tool: 'knex', database: '${env:STAGING_DATABASE_URL}' })],
    [/plan/i, documents('RUNBOOKS.md', { headings: ['Rollback'] })],
    [/scripts/i, script('db:verify', '--env=staging')],
    [
      /capacity/i,
      measured(
        'min(kubelet_volume_stats_available_bytes{persistentvolumeclaim=~"data-postgres-.*"} / kubelet_volume_stats_capacity_bytes) * 100',
        { valueMin: 30, unit: 'percent' },
      ),
    ],
  ),
  ...inSection(
    /^infrastructure$/i,
    [/cluster/i, check('kube-reachable', {})],
    [/nodes/i, check('kube-reachable', { nodesReadyMin: 3 })],
    [
      /storage/i,
      measured('min(kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes) * 100', {
        valueMin: 20,
        unit: 'percent',
      }),
    ],
    [/network/i, measured('probe_success{job="network"}', { overMs: '15 min', valueMin: 1, seriesMin: 4 })],
    [
      /balancers/i,
      check('kube-objects', { namespace: NAMESPACE, objects: ['service/api-gateway', 'ingress/api-gateway'] }),
    ],
    [/dns/i, check('dns', { name: 'api.azora.io', records: ['203.0.113.7'], exact: true })],
  ),
  ...inSection(
    /^monitoring & alerting/i,
    [/grafana/i, dashboards(['API gateway', 'Database'], ['Prometheus'])],
    [/targets/i, targetsUp('api-gateway', 'postgres', 'redis')],
    [/rules/i, alertRules('HighErrorRate', 'HighLatency', 'DatabaseDown')],
    [/alertmanager/i, alertArrives()],
    [/log/i, logged('logs-production-*', 'service:api-gateway', { lastMs: '5 min', countMin: 1 })],
    [/tracing/i, traces('api-gateway')],
  ),
  ...inSection(
    /^team readiness/i,
    [/on-call/i, onCallNow()],
    [
      /escalation/i,
      check('contact', {
        file: 'blue-green-helm.md',
        heading: 'emergency contacts',
        wanted: ['On-Call Engineer', 'Database Admin'],
      }),
    ],
  ),

  ...inSection(
    /^final verification/i,
    [/validator/i, script('deploy:validate')],
    [/^all checks/i, check('github-checks', GITHUB)],
    [/commits/i, check('tests-current', { report: 'coverage/coverage-summary.json', ignore: ['*.md'] })],
    [/staging deployment/i, check('github-deployment', { ...GITHUB, environment: 'staging', ref: `v${VERSION}` })],
    [/smoke/i, script('test:smoke', '--env=staging')],
    [
      /performance/i,
      check('load', {
        url: 'https://staging.azora.io/products',
        requestsPerSecond: 200,
        duration: '2 min',
        latencyMsMax: { p95: 100 },
        errorPercentMax: 0.1,
      }),
    ],
  ),
  ...inSection(
    /^system health/i,
    [/gateway/i, healthy],
    [/database/i, check('postgres-health', { ...DATABASE, connectionsPercentMax: 80, waitingMax: 0 })],
    [/cache/i, check('redis-ping', { url: '${env:REDIS_URL}', latencyMsMax: 20, memoryPercentMax: 80 })],
    [/queues/i, check('queue-depth', { redis: '${env:REDIS_URL}', bullmq: 'jobs', depthMax: 0, failedMax: 0 })],
    [/external/i, measured('probe_success{job="external"}', { overMs: '5 min', valueMin: 1, seriesMin: 2 })],
    [/limiters/i, check('rate-limit', { url: 'https://staging.azora.io/products', requestsMax: 60 })],
  ),
  ...inSection(
    /^backup & recovery/i,
    [/database backup/i, backupProved],
    [
      /configuration/i,
      measured('time() - velero_backup_last_successful_timestamp{schedule="production"}', {
        valueMax: 86_400,
        unit: 's',
      }),
    ],
    [/registry/i, check('image-exists', { image: `${IMAGE}:0.9.0`, pinned: true, ...PULLED })],
    [/procedure/i, check('github-checks', { ...GITHUB, required: ['rollback rehearsal on staging'] })],
    [/\brto\b/i, check('restore-tested', { ...backUp, durationMax: '5 min' })],
    [/\brpo\b/i, check('backup-age', { ...backUp, ageMax: '1 h' })],
  ),
  ...inSection(/^communication$/i, [
    /status page/i,
    check('status-page', { url: 'https://status.azora.io', maintenance: 'told', about: VERSION }),
  ]),
]
