// gonogo.yaml for a document about a Python backend and a Next.js frontend that are delivered by Docker Compose.
import type { Item } from '../../../src/plan/plan.ts'
import { asWritten, ask, check, inSection, run, type Bound, type Entry } from './binder.ts'
import { alertRules, GITHUB, measured, nothingFires } from './imagined.ts'

const API = 'http://backend.internal:8000'
const SITE = 'http://frontend.internal:3000'
const LOKI = 'http://loki.internal:3100/loki'
const STAGING_API = 'http://staging.internal:8000'
const VERSION = 'v0.3.0'
const VERSION_BEFORE = 'v0.2.0'
/** The one the document calls its own, which it has no number for. */
const OWN_PULL_REQUEST = '21'
const IN_ORDER = [14, 15, 17, 16, Number(OWN_PULL_REQUEST), 10]

const DATABASE = '${env:DATABASE_URL}'
const REDIS = { url: '${env:REDIS_URL}' }
const BACKEND = { directory: 'backend', tool: 'pytest', script: 'test' }
const shell = (text: string, more: Entry = {}): Entry => check('command', { shell: text, ...more })
const frontendScript = (script: string): Entry => check('project-script', { directory: 'frontend', script })
const integrationTests = check('project-script', {
  tool: 'pytest',
  script: 'test',
  args: ['tests/integration/', '--junitxml=reports/integration.xml'],
})
const smoke = check('project-script', { tool: 'make', script: 'smoke' })
const stackValid = run('scripts/validate_docker_stack.sh')
const migrated = check('migration-status', { tool: 'alembic', project: 'backend', database: DATABASE })
const quickStatements = check('postgres-slow-queries', { url: DATABASE, meanTimeMax: '100 ms', callsMin: 10 })
const pullRequests = (...numbers: number[]): Entry =>
  check('github-pull-requests', { ...GITHUB, pullRequests: numbers, approvalsMin: 0 })
const merged = ({ text }: Item): Entry => pullRequests(Number(/#(\d+)/.exec(text)?.[1]))
const deployed = (environment: string): Entry => check('github-deployment', { ...GITHUB, environment, ref: VERSION })
const strong = (variables: string[], lengthMin: number): Entry =>
  check('strong-secret', { file: '.env', variables, lengthMin })
const documents = (files: string, more: Entry = {}): Entry => check('docs-current', { files, ...more })
const looks = asWritten({ readOnly: true })

/** A user of its own logs in, is known by the token, and is not let in without one. */
const login = check('http-sequence', {
  url: API,
  variables: { password: '${env:SMOKE_PASSWORD}' },
  steps: [
    { name: 'stay outside', url: '/api/v1/users/me', status: 401 },
    {
      name: 'log in',
      method: 'POST',
      url: '/api/v1/auth/login',
      form: { username: 'smoke', password: '{{password}}' },
      extract: { token: { json: 'access_token' } },
    },
    {
      name: 'be known',
      url: '/api/v1/users/me',
      headers: { authorization: 'Bearer {{token}}' },
      json: { username: 'smoke' },
    },
  ],
})
const endpoints = check('http-sequence', {
  steps: [
    { name: 'backend', url: `${API}/health`, json: { status: 'healthy' } },
    { name: 'frontend', url: `${SITE}/api/health` },
  ],
})

const OF_BACKEND = '{job="backend"}'
const BUCKETS = `sum by (le) (rate(http_request_duration_seconds_bucket${OF_BACKEND}[5m]))`
const P95_MS = `histogram_quantile(0.95, ${BUCKETS}) * 1000`
const USED_CPU = `rate(process_cpu_seconds_total${OF_BACKEND}[5m]) * 100`
const SUCCESSES = `sum(rate(http_requests_total{job="backend",status!~"5.."}[1h])) / sum(rate(http_requests_total${OF_BACKEND}[1h])) * 100`
const LOGINS = 'sum(rate(logins_total{result="success"}[1h])) / sum(rate(logins_total[1h])) * 100'
const QUERY_TIME = `sum(rate(db_query_duration_seconds_sum${OF_BACKEND}[5m])) / sum(rate(db_query_duration_seconds_count${OF_BACKEND}[5m]))`
const USED_POOL = 'db_pool_checked_out / db_pool_size * 100'
/** What a process grew by over a stretch, as its trend has it. */
const grown = (over: string, seconds: number): Entry =>
  measured(`deriv(process_resident_memory_bytes${OF_BACKEND}[${over}]) * ${seconds} / 1e6`, {
    valueMax: 50,
    unit: 'MB',
  })
/** Compared with the same time the day before. */
const asYesterday = (query: string, over: string, percentMax: number): Entry =>
  measured(`avg_over_time((${query})[${over}:1m]) / avg_over_time((${query})[${over}:1m] offset 1d) * 100`, {
    valueMax: percentMax,
    unit: 'percent',
  })

const AUDIT = 'an audit is a review by people'
const SUMS_UP = 'it sums up the items above, some of which people answered'
const MERGED = 'what is merged is reverted, not taken back'

export const integratedStack: Bound = {
  document: 'integrated-stack.md',
  config: {
    service: 'stack',
    people: {
      'release-manager': ['rita'],
      security: ['sam'],
      legal: ['lea'],
      design: ['dora'],
    },
    defaults: { ask: 'release-manager' },
    backups: { database: { kind: 'postgres', url: DATABASE, directory: 'backups' } },
  },
  rules: [
    ...inSection(
      /code quality/i,
      [/^pr #/i, merged],
      [/mypy/i, check('command', { run: ['mypy', '.'], cwd: 'backend' })],
      [/eslint/i, frontendScript('lint')],
      [/flake8/i, shell('black --check . && flake8', { cwd: 'backend' })],
    ),
    ...inSection(
      /testing/i,
      [/^pr #/i, merged],
      // Both in one: pytest ends red below the share too.
      [/^backend/i, check('project-script', { ...BACKEND, args: ['--cov=app', '--cov-fail-under=80.01'] })],
      [/^frontend/i, frontendScript('test')],
      [/^integration/i, integrationTests],
      [/smoke/i, smoke],
    ),
    ...inSection(
      /security/i,
      [/hardcoded/i, check('secrets-in-repo', { commits: 50 })],
      [/^\.env/i, strong(['JWT_SECRET', 'SECRET_KEY', 'POSTGRES_PASSWORD', 'REDIS_PASSWORD'], 24)],
      [/^jwt/i, strong(['JWT_SECRET'], 32)],
      [/rotated/i, strong(['POSTGRES_PASSWORD'], 16)],
      [/cors/i, check('cors', { url: `${API}/api/v1/status`, allowedOrigins: ['https://app.internal'] })],
      [/rate limit/i, check('rate-limit', { url: `${API}/api/v1/status`, requestsMax: 200 })],
      [
        /validation/i,
        // Sends every operation what its description forbids, and wants it refused.
        run('schemathesis', 'run', `${STAGING_API}/openapi.json`, '--checks', 'negative_data_rejection'),
      ],
      [/injection/i, ask('security', AUDIT)],
    ),
    ...inSection(
      /infrastructure/i,
      [/images build/i, check('command', { run: ['docker', 'compose', 'build'], timeoutMs: 1_800_000 })],
      [/stack validated/i, stackValid],
      [
        /volumes/i,
        shell(
          `docker compose config --format json | jq -e '.services.postgres.volumes[] | select(.type == "volume" and .target == "/var/lib/postgresql/data")'`,
        ),
      ],
      // Sessions must outlive a restart and must not be thrown out for want of memory.
      [/redis/i, check('redis-state', { ...REDIS, persistence: 'any', config: { 'maxmemory-policy': 'noeviction' } })],
      [/healthcheck/i, endpoints],
      [/metrics/i, check('http', { url: `${API}/metrics`, bodyMatches: '# TYPE \\w+ (?:counter|gauge|histogram)' })],
    ),
    ...inSection(
      /^5\. database/i,
      [/migrations/i, migrated],
      [/backup/i, check('backup-age', { backup: 'database', ageMax: '24 h', verify: true })],
      [/pooling/i, measured(`db_pool_size${OF_BACKEND}`, { valueMin: 1, unit: 'connections' })],
      [
        /indexes/i,
        check('postgres-indexes', {
          url: DATABASE,
          foreignKeys: true,
          queries: ['SELECT * FROM users WHERE email = $1', 'SELECT * FROM jobs WHERE owner_id = $1 AND status = $2'],
        }),
      ],
      [/foreign key/i, check('postgres-constraints', { url: DATABASE, primaryKeys: true })],
    ),
    ...inSection(
      /observability/i,
      [
        /structured/i,
        check('log-scan', {
          command: ['docker', 'compose', 'logs', '--no-log-prefix', '--tail=500', 'backend'],
          pattern: '^(?!\\{.*\\}$)',
          linesMin: 20,
        }),
      ],
      [/instrumented/i, measured(`count(http_requests_total${OF_BACKEND})`, { valueMin: 1, unit: 'series' })],
      [
        /grafana/i,
        check('grafana-dashboards', {
          url: 'http://grafana.internal:3000',
          token: '${env:GRAFANA_TOKEN}',
          dashboardsMin: 5,
        }),
      ],
      [
        /loki/i,
        check('prometheus-query', { url: LOKI, query: `sum(count_over_time(${OF_BACKEND}[15m]))`, valueMin: 1 }),
      ],
      [/alert rules/i, alertRules('BackendDown', 'HighErrorRate')],
    ),
    ...inSection(
      /^7\. frontend/i,
      [/^pr #/i, merged],
      [/build/i, frontendScript('build')],
      [/integration/i, check('page', { url: SITE, failedRequestsMax: 0, selector: '[data-testid=dashboard]' })],
      [/authentication/i, login],
      [/responsive/i, ask('design', 'whether a page reads well on a small screen is seen by eye')],
      // Engines of the three browsers, as the jobs of the pipeline are called.
      [
        /compatibility/i,
        check('github-checks', { ...GITHUB, required: ['e2e (chromium)', 'e2e (firefox)', 'e2e (webkit)'] }),
      ],
    ),
    ...inSection(
      /documentation/i,
      [/^pr #/i, merged],
      [
        /readme/i,
        documents('README.md', { changedSince: VERSION_BEFORE, changedWith: ['backend', 'frontend', 'scripts'] }),
      ],
      [/api doc/i, check('openapi', { file: 'docs/openapi.json' })],
      [/runbook/i, documents('OPERATIONS_RUNBOOK.md', { changedSince: VERSION_BEFORE })],
      [/variables/i, check('env-file', { file: '.env', extra: false })],
    ),
    ...inSection(
      /performance/i,
      [
        /response times/i,
        check('load', {
          url: `${STAGING_API}/api/v1/status`,
          requestsPerSecond: 50,
          duration: '1 min',
          latencyMsMax: { p95: 200 },
        }),
      ],
      [/load/i, check('page', { url: SITE, loadMsMax: 3000 })],
      [/optimization/i, quickStatements],
      [/caching/i, check('redis-state', { ...REDIS, keysMin: 1, hitPercentMin: 80 })],
      [/cdn/i, check('cdn-cache', { url: 'https://cdn.internal/_next/static/chunks/main.js' })],
    ),
    ...inSection(
      /compliance/i,
      [/retention/i, documents('docs/DATA_RETENTION.md', { headings: ['Retention periods', 'Deletion'] })],
      [/cookie/i, check('page', { url: SITE, selector: '[data-testid=cookie-consent]' })],
      [/privacy/i, ask('legal', 'whether a policy says what it must is a question of law')],
      [/./, ask('legal')],
    ),
    {
      section: /merge prs/i,
      item: /^this pr/i,
      entry: asWritten({ values: { '<THIS_PR_NUMBER>': OWN_PULL_REQUEST }, oneWay: MERGED }),
    },
    { section: /merge prs/i, entry: asWritten({ oneWay: MERGED }) },
    ...inSection(/pre-deployment validation/i, [/./, looks]),
    {
      section: /database migration/i,
      entry: asWritten({ undo: 'docker compose exec -T backend alembic downgrade -1' }),
    },
    {
      section: /deploy to staging/i,
      // Without the last of its commands, which never ends.
      entry: asWritten({
        shell: 'docker compose -f docker-compose.stack.yml up --detach --wait && make smoke',
        undo: 'docker compose -f docker-compose.stack.yml down',
      }),
    },
    {
      section: /production deployment/i,
      entry: asWritten({
        verify: ['git', 'ls-remote', '--exit-code', '--tags', 'origin', VERSION],
        undo: `git push --delete origin ${VERSION} && git tag -d ${VERSION}`,
      }),
    },
    ...inSection(
      /^immediate/i,
      [/containers/i, check('compose-services', { files: ['docker-compose.stack.yml'], healthy: true })],
      [/\/health/i, check('http', { url: `${API}/health` })],
      [/frontend/i, check('page', { url: SITE, failedRequestsMax: 0, consoleErrorsMax: 0 })],
      [/authentication/i, login],
      [/migrations/i, migrated],
      [/redis/i, check('redis-ping', REDIS)],
    ),
    ...inSection(
      /^short-term/i,
      [
        /error spikes/i,
        check('log-scan', {
          command: ['docker', 'compose', 'logs', '--timestamps', '--since=25h'],
          lastMs: '1 h',
          baselineMs: '24 h',
          baselineRatioMax: 2,
        }),
      ],
      [/response times/i, measured(P95_MS, { overMs: '1 h', valueMax: 200, unit: 'ms' })],
      [/memory/i, grown('1h', 3600)],
      [/cpu/i, asYesterday(USED_CPU, '1h', 150)],
      [/pool/i, measured(USED_POOL, { overMs: '1 h', valueMax: 90, unit: 'percent' })],
    ),
    ...inSection(
      /^long-term/i,
      [
        /authentication/i,
        // The share of those that get in, compared with the day before.
        measured(`avg_over_time((${LOGINS})[24h:1m] offset 1d) - avg_over_time((${LOGINS})[24h:1m])`, {
          valueMax: 5,
          unit: 'percentage points',
        }),
      ],
      [/success rates/i, measured(SUCCESSES, { overMs: '24 h', valueMin: 99, unit: 'percent' })],
      [
        /jobs/i,
        check('queue-depth', {
          postgres: DATABASE,
          query:
            "SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0) FROM jobs WHERE status = 'queued'",
          oldestMax: '10 min',
        }),
      ],
      [/leaks/i, grown('24h', 86_400)],
      [/query/i, asYesterday(QUERY_TIME, '24h', 150)],
    ),
    ...inSection(
      /summary/i,
      [/correct order/i, pullRequests(...IN_ORDER)],
      [/stack validation/i, stackValid],
      [/integration/i, check('test-report', { files: 'reports/integration.xml', ageMax: '24 h' })],
      [/migrations/i, migrated],
      [/staging/i, deployed('staging')],
      [/production/i, deployed('production')],
      [/post-deployment/i, ask('release-manager', SUMS_UP)],
      [/dashboards/i, nothingFires('critical', 'warning')],
    ),
  ],
}
