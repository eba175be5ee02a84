// Rules for what is looked at afterwards, what takes it back, and what is left to do.
import { asWritten, ask, check, guard, inSection, type Rule } from '../binder.ts'
import { measured, PROMETHEUS } from '../imagined.ts'
import {
  API,
  APP,
  BACKEND,
  WORKER,
  DATABASE,
  healthy,
  counted,
  IN_QUEUE,
  FAILED,
  uploaded,
  documents,
  logs,
  manualSync,
  alerts,
  showingData,
  noTickets,
  of,
  errorsOver,
  errorRate,
  successesOver,
  P95_MS,
  meanLatency,
  queueOver,
  cpuOf,
  memoryOf,
  memoryGrowth,
  upFor,
  PROBED,
  rollback,
  pause,
  SENT_BY_PEOPLE,
} from './environment.ts'

export const afterDeployment: Rule[] = [
  ...inSection(
    /^immediate checks/i,
    [/^backend/i, healthy('/health')],
    [/worker/i, healthy('/health/write-sync')],
    [
      /connections < /i,
      counted('SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()', { max: 49 }),
    ],
    [/error rate/i, errorRate('15m', 0.5)],
    [/^manual/i, manualSync],
    [
      /^queue/i,
      check('queue-depth', {
        postgres: DATABASE,
        query:
          "SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0) FROM pfa_write_queue WHERE status = 'pending'",
        oldestMax: '5 min',
      }),
    ],
    [/grafana/i, showingData],
    [/alerts/i, alerts('severity="critical"')],
    [/metrics/i, check('prometheus-targets', { url: PROMETHEUS, jobs: [BACKEND, WORKER, 'postgres', 'redis'] })],
  ),
  ...inSection(
    /^30-minute/i,
    [/p95/i, measured(P95_MS, { valueMax: 500, unit: 'ms' })],
    [/latency/i, meanLatency('30m')],
    [/queue/i, counted(`${IN_QUEUE} status = 'pending'`, { max: 99 })],
    [/error rate/i, errorRate('30m', 0.1)],
    [/backend cpu/i, cpuOf(BACKEND)],
    [/backend memory/i, memoryOf(BACKEND)],
    [/worker cpu/i, cpuOf(WORKER)],
    [/worker memory/i, memoryOf(WORKER)],
    [
      /database cpu/i,
      measured('aws_rds_cpuutilization_average{dbinstance_identifier="production"}', {
        overMs: '30 min',
        valueMax: 70,
        unit: 'percent',
      }),
    ],
    [/^log|critical/i, logs('\\b(?:fatal|critical)\\b')],
    [/authentication/i, logs('unauthorized|authentication failed|invalid token')],
    [/database errors/i, logs('prisma\\w*error|ECONNREFUSED.*5432|deadlock detected')],
  ),
  ...inSection(
    /^1-hour/i,
    [
      /crashes/i,
      measured(`sum(changes(process_start_time_seconds{job=~"${BACKEND}|${WORKER}"}[1h]))`, { valueMax: 0 }),
    ],
    [/restarts/i, upFor(`job=~"${BACKEND}|${WORKER}"`, '1 h', { restartsMax: 0 })],
    [/interventions/i, ask('devsecops', 'who stepped in by hand knows it')],
    [/tickets/i, noTickets],
    [/complaints/i, ask('support', 'complaints come by telephone too, and what is one is a judgement')],
    [/success rate/i, measured(successesOver('1h'), { valueMin: 99, unit: 'percent' })],
    [/failed/i, counted(`${FAILED} '1 hour'`, { max: 4 })],
  ),
  ...inSection(
    /^24-hour stability/i,
    [/^backend uptime/i, upFor(`job="${BACKEND}"`, '24 h')],
    [/^worker uptime/i, upFor(`job="${WORKER}"`, '24 h')],
    [/^avg sync/i, meanLatency('24h')],
    [
      /^p99/i,
      measured(
        'histogram_quantile(0.99, sum by (le) (rate(pfa_sync_duration_seconds_bucket{environment="production"}[24h])))',
        {
          valueMax: 600,
          unit: 's',
        },
      ),
    ],
    [/^error rate/i, errorRate('24h', 0.1)],
    [/growth/i, memoryGrowth(BACKEND, '24h')],
    [
      /^cpu trend/i,
      // Points of a core that it would gain or lose in a day.
      measured(`abs(deriv((rate(process_cpu_seconds_total${of(BACKEND)}[5m]) * 100)[24h:5m])) * 86400`, {
        valueMax: 10,
        unit: 'percentage points a day',
      }),
    ],
    [/^max queue/i, queueOver('max', 199)],
    [/^avg queue/i, queueOver('avg', 50)],
    [/^failed/i, counted(`${FAILED} '1 day'`, { max: 19 })],
  ),
  ...inSection(
    /^immediate rollback/i,
    [/smoke/i, guard(rollback('smoke-failures', { is: '>', value: 0 }))],
    [/critical errors/i, guard(rollback('critical-errors-of-hour', { is: '>', value: 10 }))],
    [/error rate/i, guard(rollback('error-rate', { is: '>', value: 5, for: '5 min' }))],
    [/outage/i, guard(rollback('reachable', { is: '==', value: 0, for: '5 min' }))],
    [
      /corruption/i,
      guard(rollback('damaged-pages', { is: '>', value: 0 }), rollback('orphaned-writes', { is: '>', value: 0 })),
    ],
    [/vulnerability/i, ask('security', 'news of it reaches people first')],
  ),
  ...inSection(
    /^conditional rollback/i,
    [/error rate/i, guard(pause('error-rate', { is: 'between', value: 1, valueMax: 5, for: '1 h' }))],
    [/success/i, guard(pause('sync-success', { is: '<', value: 95 }))],
    [
      /queue/i,
      guard({
        kind: 'compound',
        all: [
          { signal: 'queue-size', scope: 'service', is: '>', value: 1000 },
          { kind: 'growth', signal: 'queue-size', scope: 'service', moreThan: 0, over: '15 min' },
        ],
        severity: 'pause',
      }),
    ],
    [/p1/i, guard(pause('p1-alerts', { is: '>', value: 1 }))],
    [/feature/i, guard(pause('journeys', { is: '==', value: 0, for: '2 min' }))],
  ),
  ...inSection(
    /^post-deployment tasks/i,
    [/development_log/i, documents('DEVELOPMENT_LOG.md', { changedWithin: '1 day' })],
    [/^adr/i, check('file-state', { path: 'docs/adr/ADR-008.md', contains: 'DEPLOYED' })],
    [/email/i, ask('communications', SENT_BY_PEOPLE)],
    [/notified|announcement/i, ask('communications')],
    [
      /^archive/i,
      // The log as it is: without --nostream the command of the document never ends.
      asWritten({
        shell:
          'pm2 logs --nostream --lines 1000 > "deployment-logs-$(date +%Y%m%d).txt" && aws s3 cp "deployment-logs-$(date +%Y%m%d).txt" s3://deployment-logs/',
        oneWay: 'it adds a copy',
      }),
    ],
    [/^logs archived/i, uploaded('deployment-logs')],
    [/invited/i, ask('release-manager', 'invitations are in the calendars of people')],
    [/meeting/i, ask('release-manager')],
  ),
  ...inSection(
    /^deployment metrics/i,
    [/total deployment/i, ask('release-manager', 'from when to when it is counted is written down by people')],
    [
      /migration time/i,
      counted(
        "SELECT coalesce(sum(extract(epoch FROM finished_at - started_at)), 0) FROM _prisma_migrations WHERE started_at > now() - interval '2 days'",
        { max: 300 },
      ),
    ],
    [
      /backend downtime/i,
      measured(`(1 - avg_over_time(probe_success{${PROBED(`${API}/health`)}}[24h])) * 86400`, {
        valueMax: 120,
        unit: 's',
      }),
    ],
    [
      /frontend downtime/i,
      measured(`avg_over_time(probe_success{${PROBED(APP)}}[24h]) * 100`, { valueMin: 100, unit: 'percent' }),
    ],
    [/smoke/i, check('test-report', { files: 'backend/reports/smoke.xml', skippedMax: 0, ageMax: '48 h' })],
    // The worst hour of the day, and so the first one too.
    [/first hour/i, measured(errorsOver('1h'), { overMs: '24 h', aggregate: 'max', valueMax: 0.5, unit: 'percent' })],
    [/uptime/i, upFor(`job=~"${BACKEND}|${WORKER}"`, '24 h')],
    [/rollback required/i, ask('release-manager', 'what is required is decided by people')],
  ),
]
