import { describe, expect, it } from 'vitest'
import type { Item } from '../../plan/plan.ts'
import { readChecklist } from '../read.ts'
import { judge, type Verdict } from './verifiable.ts'

function itemOf(line: string): Item {
  const text = `# Service\n\n## Production readiness\n\n- [ ] ${line}\n`
  const item = readChecklist('list.md', new TextEncoder().encode(text)).items.find(({ box }) => box !== null)
  if (!item) throw new Error(`no item in: ${line}`)
  return item
}

const verdictOf = (line: string): Verdict => judge(itemOf(line))
const all = (verifiable: string, lines: string[]): [string, string][] => lines.map((line) => [line, verifiable])

describe('who can tell', () => {
  it.each([
    ...all('machine', [
      '**Page weight < 2 MB** - pictures look sharp',
      'Largest contentful paint under 2.5 s',
      'No OOMKill events',
      'Logging system functional',
      'Service works without errors',
      'Service works with nginx',
      'Alerts configured for error rate',
      'Database failover tested',
      'Verify API deployed',
      'Landing page live',
      'Documentation site reachable',
      'Compliance tests pass',
      'All endpoints answer over HTTPS',
      'TLS certificate valid for two more months',
      'Unit tests written',
      'No orphaned records',
      'Error rate below 1%',
      'Response time < 300ms (p95)',
      '**Load Balancer**: two zones, health probes on',
      '**Redis**: connected',
      'Rate limiting',
      'Backups run nightly',
      'Can be restored from backup within an hour: restore tested',
      'Review error logs',
      'Check dashboards',
      'Test login',
      'Monitor queue depth',
      'Are alerts in place?',
      'Code review complete',
      '`SESSION_SECRET`',
      '`MAIL_HOST`, `MAIL_USER` (optional)',
      'All tests green (`npm test`)',
      'Billing worker running',
      'Deployed to staging',
      'Default admin password changed',
      'Log size issues checked',
      'Secrets rotated',
      'Dependencies scanned for known holes',
      'Retention policy enforced on the log bucket',
      'Feature flag `new-cart` enabled',
      'Grep the sources for the old version',
      'Visit https://status.shop.test and see that it answers',
      'CSRF защита включена',
      'All mypy checks passing',
      'Prettier/Stylelint passing',
      'Mirror health checked',
      'All images built successfully',
      'Images pushed to the mirror',
      'Error rates below the limit (<2%)',
      'Response times meet the SLA (<150ms p95)',
      'Bundle size is reasonable (< 250 KB)',
      'Database connections established',
      'Artifact signatures verified',
      'Recovery: RTO < 15 minutes',
      'Import operations: < 20 seconds',
      'Search index rebuilt',
      'Certificates pinned',
      'WAF rules updated',
      'API key hashing uses argon2',
      'No connection leaks',
      'No open incidents',
      'Can connect to Postgres',
      '`DEBUG=false` in production',
      '`ALLOWED_HOSTS` lists only our own domains',
      'Documentation deployed to the host',
      'Backup verified available',
      'Feature flags default to off',
      'Tag v2.3.0 exists',
      'Domain shop.test.io resolves',
      'Debug mode off',
      'List the pods: `kubectl get pods`',
      '单元测试全部通过',
      '数据库备份完成',
      'Nenhum pod em CrashLoopBackOff para o serviço',
    ]),
    ...all('person', [
      'Runbook for database failover documented',
      'Team trained on alerts',
      'Backup strategy defined',
      'API documentation up to date',
      'Alert thresholds documented',
      'Environment variables documented',
      'Escalation path agreed',
      'Stakeholders informed of the window',
      'Legal review done',
      'Budget approved',
      'Privacy policy published',
      'Beta test with 25+ users',
      'Review the migration plan',
      'Which metrics are exposed?',
      'Overall readiness: 85%+',
      '**Lead Engineer**: ready',
      'Support staff briefed',
      'GDPR compliance verified',
      'User feedback positive',
      'Database admin available',
      '`make deploy` documented',
      'Assess overall stability of the cluster',
      'Security audit completed',
      'Migrations planned for the night',
    ]),
    ...all('action', [
      'Deploy API',
      'Run database migrations',
      'Update `version` in `package.json`',
      'Enable maintenance mode',
      'Gradually shift traffic to the new version',
      '`git cherry-pick` the fixes',
      'Open the firewall: `sudo ufw allow 443/tcp`',
    ]),
    ...all('unknown', [
      'App works without an account',
      '**Offline mode tested** - App works with limited data',
      '**Loyalty system functional**: Points and rewards working',
      'Users can upload a photo',
      'Checkout flow works',
      'Invoices show the right tax',
      'Test edge cases',
      'Submit button disabled until the form is filled in',
      'GPS fence (≤ 100 m)',
      'Real-time chat works',
      'Environment variables secure',
      'It can be scaled by hand',
      'Vibes',
      'All checks passed',
      'No critical issues detected',
      'Popularity ranking works',
      'Price aggregation running',
      '`scripts/rotate-keys.sh` tested on staging',
      'See https://wiki.shop.test for the rest',
      'Retry strategy implemented',
      'Document operations work',
      '成本合计完成',
      'База готова',
    ]),
  ])('%s: %s', (line, verifiable) => expect(verdictOf(line).verifiable).toBe(verifiable))

  it('gives its reason: the cluster and the words', () => {
    expect(verdictOf('Alerts configured for error rate')).toEqual({
      verifiable: 'machine',
      cluster: 'alerts configured',
      words: ['alerts', 'configured for error rate'],
    })
    expect(verdictOf('Runbook for database failover documented')).toMatchObject({
      cluster: 'documents current',
      words: ['runbook', 'documented'],
    })
    expect(verdictOf('Vibes')).toEqual({ verifiable: 'unknown', cluster: null, words: [] })
  })
})

describe('precedence', () => {
  it.each([
    ['a part that needs a person outweighs one that a machine could see', 'Monitoring and runbooks in place', 'person'],
    ['the head decides, not a word before it', 'Database backup plan ready', 'person'],
    ['nor a word behind a preposition', 'Alerts on documentation builds configured', 'machine'],
    ['the closer noun decides between two that fit', 'Compliance tests pass', 'machine'],
    ['what is said may need a person whatever it is about', 'Dashboards approved', 'person'],
    ['the statement goes before its label', '**Monitoring**: on-call engineers briefed', 'person'],
    [
      'the label decides where the statement says nothing known',
      '**Monitoring**: Grafana or something like it',
      'machine',
    ],
    ['but not against what is said', '**Failover**: It goes on with little trouble', 'unknown'],
    ['a bound alone is enough where something is measured', 'Handovers within 300ms', 'machine'],
    ['not in brackets behind a function of the team', 'Photo comparison (>80%)', 'unknown'],
  ])('%s', (_, line, verifiable) => expect(verdictOf(line).verifiable).toBe(verifiable))

  it('leaves an action an action and a sign-off to people', () => {
    expect(judge({ ...itemOf('Database healthy'), kind: 'action' }).verifiable).toBe('action')
    expect(judge({ ...itemOf('Database healthy'), kind: 'poll' }).verifiable).toBe('person')
  })
})

it('stays fast on a text of a megabyte', () => {
  const item = itemOf('Database healthy')
  const startedAt = performance.now()
  for (const part of ['[', 'a-', 'https://', 'alerts, ', '切り替え', 'A_B ', ': '])
    judge({ ...item, text: part.repeat(1_000_000 / part.length), code: [] })
  expect(performance.now() - startedAt).toBeLessThan(2000)
})
