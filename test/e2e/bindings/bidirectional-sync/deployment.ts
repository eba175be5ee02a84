// Rules for the steps of the deployment.
import { asWritten, ask, check, inSection, type Rule } from '../binder.ts'
import {
  API,
  APP,
  BACKEND,
  WORKER,
  healthy,
  noActiveSync,
  tablesThere,
  migrated,
  backedUp,
  up,
  built,
  statusPage,
  page,
  loggedIn,
  authentication,
  manualSync,
  flagAction,
  flagIs,
} from './environment.ts'

export const duringDeployment: Rule[] = [
  ...inSection(
    /^step 1/i,
    [/^disable/i, flagAction(false)],
    [/^feature flag/i, flagIs(false)],
    [/^verify/i, { ...noActiveSync, retries: 30, retryAfter: '10 s' }],
    [/^active/i, noActiveSync],
  ),
  ...inSection(
    /^step 2/i,
    [/^pre-migration/i, { backup: 'database' }],
    [/^backup created/i, backedUp('15 min')],
    [/^apply/i, { action: 'migration', with: { tool: 'prisma', project: 'backend', budgetMs: '5 min' } }],
    [/tables/i, tablesThere],
    [/migration/i, migrated],
  ),
  ...inSection(
    /^step 3/i,
    [/^stop/i, asWritten({ undo: ['pm2', 'start', BACKEND] })],
    // What is stopped listens no more.
    [/^backend stopped/i, check('port', { port: 3001, state: 'free' })],
    [/^build &/i, asWritten({ oneWay: 'going back is building the tag before it, as the rollback plan says' })],
    [/^dependencies/i, check('command', { run: ['npm', 'ls', '--omit=dev'], cwd: 'backend' })],
    [/^build successful/i, built('backend/dist/server.js')],
    [/^backend started/i, up(BACKEND)],
    [/response time/i, healthy('/health', { responseTimeMsMax: 500 })],
    [/health/i, healthy('/health')],
  ),
  ...inSection(
    /^step 4/i,
    [/^start/i, asWritten({ undo: ['pm2', 'stop', WORKER] })],
    [/^worker (?:started|running)/i, up(WORKER)],
    [/^verify/i, healthy('/health/write-sync')],
    [/queue/i, healthy('/health/write-sync', { json: { 'queue.initialized': true } })],
  ),
  ...inSection(
    /^step 5/i,
    [/^build frontend/i, asWritten({ oneWay: 'the folder of the build is made anew each time' })],
    [/^build successful/i, built('dist/index.html')],
    [/^deploy/i, asWritten({ oneWay: 'going back is publishing the build of the tag before it' })],
    [/^s3/i, check('static-site', { url: 'https://frontend-origin.internal', build: 'dist' })],
    [/^invalidate/i, asWritten({ oneWay: 'a cache fills again by itself' })],
    [
      /^invalidation/i,
      check('cdn-invalidation', {
        url: APP,
        origin: 'https://frontend-origin.internal',
        paths: ['/', '/index.html'],
        withinMs: '10 min',
      }),
    ],
  ),
  ...inSection(
    /^step 6/i,
    [
      // With a token of its own instead of the one that the document has as an example.
      /^run/i,
      {
        action: 'command',
        with: {
          shell: 'cd backend && npx tsx scripts/smoke-test-staging.ts --env=production --junit=reports/smoke.xml',
          env: { SMOKE_TEST_TOKEN: '${env:SMOKE_TEST_TOKEN}', PROD_API_URL: API },
          oneWay: 'it asks for a sync, as one comes by itself every few minutes',
        },
      },
    ],
    [/^all tests/i, check('test-report', { files: 'backend/reports/smoke.xml', skippedMax: 0, ageMax: '30 min' })],
    [/^health/i, healthy('/health')],
    [/^authentication|^login/i, authentication],
    [/^sync status/i, loggedIn({ name: 'status', url: '/api/sync/status', json: { status: { exists: true } } })],
    [/^queue/i, loggedIn({ name: 'queue', url: '/api/sync/queue/metrics', json: { pending: { min: 0 } } })],
    [/^manual sync/i, manualSync],
    [/loads/i, page({ selector: '[data-testid=pfa-row]' })],
    [/button/i, page({ selector: '[data-testid=sync-button]' })],
    [/console/i, page({ consoleErrorsMax: 0 })],
  ),
  ...inSection(
    /^step 7/i,
    [/^enable/i, flagAction(true)],
    [/^feature flag/i, flagIs(true)],
    [/status page/i, statusPage({ incident: 'none' })],
    [/notified/i, ask('communications')],
  ),
]
