// Rules for the deployment itself and all that is looked at afterwards.
import { asWritten, ask, check, inSection, watch, type Rule } from '../binder.ts'
import {
  PROMETHEUS,
  dashboards,
  logged,
  measured,
  noSecurityAlerts,
  nothingFires,
  onlyTheWatchdog,
  script,
  targetsUp,
  traces,
} from '../imagined.ts'
import {
  accessControlled,
  asLastWeek,
  atWork,
  certificate,
  consentKept,
  counted,
  DATABASE,
  DEPLOYMENTS,
  EXERCISE,
  healthy,
  KUBECTL,
  loadTest,
  looks,
  monitored,
  NAMESPACE,
  objects,
  ofWhole,
  probed,
  REDIS,
  shareOf,
  tells,
  WEIGHED,
  workload,
  workloads,
} from './environment.ts'

export const fromDeployment: Rule[] = [
  ...inSection(
    /^phase 1/i,
    [/cluster/i, check('kube-reachable', {})],
    [/deployments/i, check('kube-workloads', { namespace: NAMESPACE, workloads: DEPLOYMENTS })],
    [/secrets/i, objects(['secret/database', 'secret/redis', 'configmap/api-gateway'])],
    [/quotas/i, check('kube-quota', { namespace: NAMESPACE, quotaHeadroomPercentMin: 20 })],
  ),
  ...inSection(
    /^phase 2/i,
    [/^backup/i, { backup: 'database' }],
    [/staging/i, asWritten({ oneWay: 'staging is made anew from production before the next release' })],
    [/^run/i, asWritten({ oneWay: 'columns are only added: the version before runs on the new schema, too' })],
    [/^verify/i, looks],
  ),
  ...inSection(
    /^phase 3/i,
    [/^deploy/i, asWritten({ undo: [...KUBECTL, 'rollout', 'undo', ...DEPLOYMENTS], timeoutMs: 1_800_000 })],
    [/^monitor/i, looks],
    [/^verify/i, workloads],
  ),
  ...inSection(/^phase 4/i, [/smoke|performance/i, looks], [/monitoring/i, monitored], [/health/i, healthy]),

  ...inSection(
    /immediate verification/i,
    [/pods/i, workloads],
    [/endpoints/i, probed('health')],
    [/database/i, check('postgres-health', { ...DATABASE, connectionsPercentMax: 80 })],
    [/redis/i, check('redis-ping', { ...REDIS, latencyMsMax: 20 })],
    [/external/i, probed('external')],
    [/ssl/i, certificate],
    // No instance is left out.
    [
      /balancer/i,
      measured('min(sum by (pod) (rate(http_requests_total{job="api-gateway"}[5m])))', {
        valueMin: 0.1,
        unit: 'per second',
      }),
    ],
    [/functionality/i, accessControlled],
  ),
  ...inSection(
    /monitoring & metrics/i,
    [/scraping/i, targetsUp()],
    [/dashboards/i, dashboards(['Event pipeline', 'API gateway'], ['Prometheus', 'Elasticsearch'])],
    [/rules/i, onlyTheWatchdog()],
    [/log/i, logged('logs-prod-*', '*', { lastMs: '5 min', countMin: 1 })],
    [/tracing/i, traces('event-ingestion')],
    [/performance/i, nothingFires()],
    [/error/i, watch(ofWhole('error-rate', '<', 1))],
    [/response/i, watch(ofWhole('latency-p95', '<', 100))],
  ),
  ...inSection(
    /business logic/i,
    [/ingestion/i, shareOf('events_processed_total', 'events_received_total', 99)],
    [/analysis/i, workload('deployment/behavioral-analysis')],
    [/decision/i, atWork('decision_predictions_total')],
    [/content/i, shareOf('content_generated_total{outcome="ok"}', 'content_generated_total', 99)],
    [/delivery/i, shareOf('messages_delivered_total', 'messages_sent_total', 95)],
    [
      /analytics/i,
      counted("SELECT count(*) FROM analytics_events WHERE created_at > now() - interval '15 min'", { min: 1 }),
    ],
    [/a\/b/i, counted("SELECT count(*) FROM experiments WHERE state = 'active'", { min: 1 })],
    [/models/i, check('http', { url: 'http://models.internal:8080/v2/models/decision/ready' })],
  ),
  ...inSection(
    /long-term monitoring/i,
    [
      /stability/i,
      check('uptime', {
        url: PROMETHEUS,
        selector: 'namespace="user-whisperer-prod"',
        overMs: '24 h',
        restartsMax: 0,
      }),
    ],
    [
      // What is held an hour after the release and what is held half a day later.
      /memory/i,
      measured(
        'max(sum by (container) (avg_over_time(container_memory_working_set_bytes{namespace="user-whisperer-prod"}[1h])) / sum by (container) (avg_over_time(container_memory_working_set_bytes{namespace="user-whisperer-prod"}[1h] offset 12h))) * 100',
        { valueMax: 110, unit: 'percent' },
      ),
    ],
    [/cpu/i, watch(ofWhole('cpu-share', '<', 70))],
    [/database/i, check('postgres-slow-queries', { ...DATABASE, meanTimeMax: '50 ms', callsMin: 100 })],
    [
      /queue/i,
      measured('max(pubsub_subscription_oldest_unacked_message_age)', {
        overMs: '4 h',
        aggregate: 'p95',
        valueMax: 30,
        unit: 's',
      }),
    ],
    [/features/i, script('test:e2e', '--env=production')],
    [/business/i, asLastWeek((moment) => `sum(increase(business_events_total[1h]${moment}))`, 50)],
  ),

  ...inSection(
    /^api gateway/i,
    [/throughput/i, loadTest('requests per second', 'requestsPerSecond', 50_000)],
    [/latency/i, watch(ofWhole('latency-p95', '<', 50), ofWhole('latency-p99', '<', 100))],
    [/error/i, watch(ofWhole('error-rate', '<', 0.1))],
    [/cpu/i, watch(ofWhole('cpu-share', '<', 70))],
    [/memory/i, watch(ofWhole('memory-share', '<', 80, { aggregate: 'max' }))],
  ),
  ...inSection(
    /^event ingestion/i,
    [/throughput/i, loadTest('events per second', 'eventsPerSecond', 100_000)],
    [/lag/i, watch(ofWhole('ingestion-lag', '<', 5, { aggregate: 'p95' }))],
    [/drop/i, watch(ofWhole('drop-rate', '<', 0.01))],
    [/depth/i, watch(ofWhole('queue-depth', '<', 1000, { aggregate: 'p95' }))],
  ),
  ...inSection(
    /^decision engine/i,
    [/time/i, watch(ofWhole('decision-time', '<', 100))],
    [/accuracy/i, watch(ofWhole('decision-accuracy', '>', 95, { aggregate: 'min' }))],
    [
      /availability/i,
      check('uptime', { url: PROMETHEUS, selector: 'job="decision-engine"', overMs: '24 h', percentMin: 99.9 }),
    ],
  ),
  ...inSection(
    /^content generation/i,
    [/time/i, watch(ofWhole('generation-time', '<', 2000))],
    [/success/i, watch(ofWhole('generation-success', '>', 99))],
    [
      // As readers rate it.
      /quality/i,
      counted("SELECT avg(stars) FROM content_ratings WHERE created_at > now() - interval '1 day'", { min: 4.01 }),
    ],
  ),

  ...inSection(
    /^real-time alerts/i,
    [/authentication/i, tells('failed-logins', '>', 100)],
    [/rate limit/i, tells('rate-limited', '>', 1000)],
    [/traffic/i, tells('traffic-change', '>', 200)],
    [/certificate/i, tells('certificate-days', '<', 14)],
    [/database/i, tells('database-denials', '>', 0)],
    [/privilege/i, tells('escalation-attempts', '>', 0)],
  ),
  ...inSection(
    /^daily reviews/i,
    [/audit/i, noSecurityAlerts()],
    [/deployment/i, logged('logs-ci-*', 'workflow:deploy AND conclusion:failure', { lastMs: '24 h', countMax: 0 })],
    [
      // Nothing runs but what was reviewed in git.
      /configuration/i,
      check('command', {
        run: [
          'kubectl',
          '-n',
          'argocd',
          'get',
          'application',
          'event-pipeline',
          '-o',
          'jsonpath={.status.sync.status}',
        ],
        stdoutEquals: 'Synced',
      }),
    ],
    [
      /vulnerability/i,
      check('sarif-gate', { files: 'reports/trivy.sarif', tool: 'Trivy', scoreMax: 6.9, ageMax: '24 h' }),
    ],
  ),
  ...inSection(
    /^data protection/i,
    [
      /retention/i,
      counted("SELECT count(*) FROM events WHERE created_at < now() - interval '400 days'", { equals: 0 }),
    ],
    [/consent/i, consentKept],
    [
      /deletion/i,
      counted(
        "SELECT count(*) FROM deletion_requests WHERE done_at IS NULL AND asked_at < now() - interval '30 days'",
        {
          equals: 0,
        },
      ),
    ],
  ),
  ...inSection(
    /^soc 2/i,
    [/access/i, accessControlled],
    [/logs/i, logged('logs-audit-*', '*', { lastMs: '1 h', countMin: 1 })],
    [/incident/i, ask('security', EXERCISE)],
  ),

  ...inSection(
    /^technical metrics/i,
    [/services/i, workloads],
    [/data loss/i, measured('sum(increase(events_dropped_total[6h]))', { valueMax: 0 })],
    [/performance/i, watch(ofWhole('latency-p95', '<', 100))],
    [/error/i, watch(ofWhole('error-rate', '<', 1))],
    [/security/i, accessControlled],
  ),
  ...inSection(
    /^business metrics/i,
    [
      /conversion/i,
      asLastWeek(
        (moment) => `sum(increase(conversions_total[1h]${moment})) / sum(increase(visits_total[1h]${moment}))`,
        95,
      ),
    ],
    [/revenue/i, ask('product', WEIGHED)],
    [
      /escalations/i,
      check('http', {
        url: 'https://acme.zendesk.com/api/v2/search/count.json?query=type:ticket%20tags:escalated%20created%3E24hours',
        headers: { authorization: '${env:ZENDESK_AUTHORIZATION}' },
        json: { count: 0 },
      }),
    ],
  ),

  ...inSection(
    /^sign-off/i,
    [/^engineering/i, ask('engineering')],
    [/^devops/i, ask('devops')],
    [/^security/i, ask('security')],
    [/^product/i, ask('product')],
    [/^release/i, ask('release-manager')],
  ),
]
