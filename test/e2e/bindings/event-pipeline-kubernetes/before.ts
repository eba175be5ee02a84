// Rules for what is asked before anything is deployed.
import { ask, check, inSection, type Rule } from '../binder.ts'
import { GITHUB, alertArrives, logged, measured, script, traces } from '../imagined.ts'
import {
  accessControlled,
  certificate,
  counted,
  documents,
  hardened,
  HOST,
  KUBECTL,
  loadTest,
  migrated,
  objects,
  OWN_KEYS,
  REDIS,
  SITE,
} from './environment.ts'

/** What the operator of the vault brought bears its label. */
const NOT_FROM_VAULT = ['-l', 'reconcile.external-secrets.io/managed!=true']

export const beforeDeployment: Rule[] = [
  ...inSection(
    /security review/i,
    [
      /vaults/i,
      check('command', {
        run: [...KUBECTL, 'get', 'secrets', '-o', 'name', '--field-selector', 'type=Opaque', ...NOT_FROM_VAULT],
        stdoutEquals: '',
      }),
    ],
    [/api keys/i, ask('security', OWN_KEYS)],
    [
      // Passwords are given for 90 days.
      /credentials/i,
      counted("SELECT count(*) FROM pg_roles WHERE rolcanlogin AND rolvaliduntil < now() + interval '60 days'", {
        equals: 0,
      }),
    ],
    [/tls/i, certificate],
    [/headers/i, check('security-headers', { url: `${SITE}/` })],
    [/rate limiting/i, check('rate-limit', { url: 'https://staging.userwhisperer.ai/v1/events', retryAfter: true })],
    [/authentication/i, accessControlled],
    [/encryption/i, counted("SELECT count(*) FROM customers WHERE email NOT LIKE 'enc:v1:%'", { equals: 0 })],
  ),
  ...inSection(
    /testing & quality/i,
    [/^all unit/i, script('test:unit', '--coverage', '--coverageThreshold={"global":{"lines":90}}')],
    [/^integration/i, script('test:integration')],
    [/^end-to-end/i, script('test:e2e')],
    [
      /^performance/i,
      check('load', {
        url: 'https://staging.userwhisperer.ai/v1/decisions',
        requestsPerSecond: 1000,
        duration: '5 min',
        latencyMsMax: { p95: 100 },
        errorPercentMax: 1,
      }),
    ],
    [/^load/i, loadTest('events per second', 'eventsPerSecond', 100_000)],
    [/migration/i, migrated('${env:STAGING_DATABASE_URL}')],
    [/rollback/i, check('github-checks', { ...GITHUB, required: ['rollback rehearsal on staging'] })],
    [/disaster/i, check('restore-tested', { record: 'exercises/last.yaml', okField: 'ok', within: '90 days' })],
  ),
  ...inSection(
    /infrastructure & monitoring/i,
    [/cluster/i, check('kube-reachable', { version: '>=1.30', nodesReadyMin: 3 })],
    [/limits/i, hardened('cpu-request', 'memory-request', 'cpu-limit', 'memory-limit')],
    [/scaling/i, hardened('autoscaler')],
    [/health checks/i, hardened('liveness-probe', 'readiness-probe')],
    [
      /^monitoring/i,
      check('kube-workloads', {
        namespace: 'monitoring',
        workloads: ['statefulset/prometheus', 'deployment/grafana'],
      }),
    ],
    [/alerting/i, alertArrives()],
    [/log/i, logged('logs-prod-*', '*', { lastMs: '5 min', countMin: 1 })],
    [/tracing/i, traces('api-gateway')],
    [/backup/i, check('backup-age', { ageMax: '24 h', verify: true })],
    [/cdn/i, check('cdn-cache', { url: 'https://static.userwhisperer.ai/app.js', maxAgeSecondsMin: 3600 })],
  ),
  ...inSection(
    /configuration management/i,
    [
      /environment/i,
      objects(['configmap/api-gateway'], { 'configmap/api-gateway': ['NODE_ENV', 'LOG_LEVEL', 'PUBSUB_TOPIC'] }),
    ],
    [
      /flags/i,
      check('feature-flag', {
        url: 'https://flags.internal/api/client/features/new-decision-engine',
        headers: { authorization: '${env:UNLEASH_TOKEN}' },
        path: 'enabled',
        equals: false,
      }),
    ],
    // Nobody had to wait for a connection.
    [/pools/i, measured('max(max_over_time(db_pool_pending_requests[1d]))', { valueMax: 0 })],
    [/redis/i, check('redis-state', { ...REDIS, clusterOk: true, replicasMin: 1 })],
    [
      /queue/i,
      check('http', {
        url: 'https://pubsub.googleapis.com/v1/projects/acme/subscriptions/events',
        headers: { authorization: 'Bearer ${env:GOOGLE_TOKEN}' },
        json: {
          state: 'ACTIVE',
          ackDeadlineSeconds: { min: 60 },
          'deadLetterPolicy.deadLetterTopic': 'projects/acme/topics/events-dead',
        },
      }),
    ],
    [/external/i, script('test:external')],
    [/dns/i, check('dns', { name: HOST, records: ['203.0.113.7'], exact: true })],
    [/balancer/i, objects(['service/api-gateway', 'ingress/api-gateway'])],
  ),
  ...inSection(
    /documentation & runbooks/i,
    [/^deployment/i, documents('docs/runbook.md', { changedWith: ['scripts'] })],
    [/^rollback/i, documents('docs/runbook.md', { headings: ['Rollback'] })],
    [/^api/i, documents('api/openapi.yaml', { changedWith: ['src/routes'] })],
    [
      /dependencies/i,
      check('http', {
        url: 'https://backstage.internal/api/catalog/entities/by-name/component/default/event-pipeline',
        headers: { authorization: 'Bearer ${env:BACKSTAGE_TOKEN}' },
        json: { 'spec.dependsOn': { lengthMin: 1 } },
      }),
    ],
    [/links/i, documents('docs/runbook.md', { headings: ['Dashboards'] })],
    [/contact/i, documents('docs/contacts.md', { changedWithin: '90 days' })],
  ),
]
