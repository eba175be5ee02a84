import { describe, expect, it } from 'vitest'
import { readStatement, statementOf } from './statement.ts'

const about = (text: string): string => {
  const { subjects, predicate } = readStatement(text)
  return `${subjects.join(' + ')} | ${predicate ?? '-'}`
}

describe('a statement', () => {
  it.each([
    ['Alerts configured for error rate', 'alerts | configured for error rate'],
    ['Runbook for database failover documented', 'runbook | documented'],
    ['Every node pool with spot machines is drained', 'node pool | is drained'],
    ['Automated nightly backups enabled', 'automated nightly backups | enabled'],
    ['CPU, memory and disk usage normal', 'cpu + memory + disk usage | normal'],
    ['Certificate properly installed (wildcard)', 'certificate | properly installed'],
    ['Status of the mail queue is green', 'mail queue | is green'],
    ['Security headers', 'security headers | -'],
    ['Error rate < 1%', 'error rate | < 1%'],
    ['Changed default password', 'default password | changed'],
    ['Signed URLs in place', 'signed urls | in-place'],
    ['Are the gateways patched?', 'gateways | patched'],
    ['It goes on with little trouble', ' | goes on with little trouble'],
    ['Healthy', ' | healthy'],
    ['Collector scraping all nodes', 'collector | scraping all nodes'],
    ['Answer times below target (<200ms)', 'answer times | below target'],
    ['Traffic switched back to the old pool', 'traffic | switched-back to the old pool'],
    ['No unapplied migrations', 'unapplied migrations | -'],
    ['No increase in error rates', 'error rates | -'],
    ['Sudden increase in answer times', 'answer times | -'],
    ['Pipeline tested end-to-end', 'pipeline | tested end-to-end'],
    ['T+30min: Check the dashboard', 'dashboard | -'],
    ['Token login still works', 'token login | works'],
    ['Can connect to the database', 'database | reachable'],
    ['Cart and catalogue load without errors', 'cart + catalogue | load without errors'],
  ])('%s', (text, expected) => expect(about(text)).toBe(expected))

  it.each([
    ['Deploy the billing service', 'tells'],
    ['Deploy script tested', 'states'],
    ['Release notes published', 'states'],
    ['Release the new version', 'tells'],
    ['Push notifications enabled', 'states'],
    ['Push images to the registry', 'tells'],
    ['Then manually restart workers', 'tells'],
    ['Update settings if needed', 'tells'],
    ['Update mechanism works', 'states'],
    ['Build passes without warnings', 'states'],
    ['Back up the uploads', 'tells'],
    ['Run migrations', 'tells'],
    ['Run the full test suite', 'looks'],
    ['Perform a smoke test', 'looks'],
    ['Verify worker is processing jobs', 'looks'],
    ['Check that pods are up', 'looks'],
    ['Test coverage above 80%', 'states'],
    ['Test login', 'looks'],
    ['Monitor error logs', 'looks'],
    ['Which team is on call?', 'asks'],
    ['Does the service use any queue?', 'asks'],
    ['Was the restore tested?', 'states'],
    ['Создать резервную копию', 'tells'],
    ['Резервная копия готова', 'states'],
    ['Sync the catalogue', 'tells'],
    ['Address open findings', 'tells'],
    ['Address validation works', 'states'],
    ['Sync functionality', 'states'],
    ['Sync status', 'states'],
    ['Input validation on every form', 'states'],
    ['Backup size', 'states'],
    ['Request rates', 'states'],
    ['Click rate > 2%', 'states'],
    ['Record response times', 'tells'],
    ['Log results to the wiki', 'tells'],
    ['Mail/push services working', 'states'],
    ['Create/update the record', 'tells'],
    ['Rollback tested', 'states'],
    ['Rollback if needed', 'tells'],
    ['Stop processing of new orders', 'tells'],
    ['Set up automated nightly exports', 'tells'],
    ['Test functionality', 'looks'],
  ])('%s: %s', (text, form) => expect(readStatement(text).form).toBe(form))

  it('takes no command for a sentence', () => {
    expect(readStatement('npm run deploy passes', ['npm run deploy'])).toMatchObject({
      predicate: 'passes',
      named: true,
    })
    expect(readStatement('git tag the commit', ['git tag']).form).toBe('tells')
    expect(readStatement('Run e2e_orders.sh', ['e2e_orders.sh']).form).toBe('looks')
    expect(readStatement('Run publish.sh', ['publish.sh']).form).toBe('tells')
  })

  it('is read behind the label, or behind a name and a colon where that gives an order', () => {
    const item = { label: 'Backup', text: 'Backup: Create a snapshot', code: [] }
    expect(statementOf(item)).toMatchObject({ form: 'tells', verb: 'create' })
    expect(statementOf({ label: null, text: 'Chart.yaml: Update the version', code: [] }).form).toBe('tells')
    expect(statementOf({ label: null, text: 'Uptime: above 99%', code: [] }).form).toBe('states')
  })

  it('knows what is said not to be there', () => {
    expect(readStatement('No errors in logs')).toMatchObject({ negated: true, subjects: ['errors'] })
    expect(readStatement('Errors are logged').negated).toBe(false)
  })

  it('stays fast on a line of a megabyte', () => {
    for (const part of ['a ', '(', 'the ', 'is ', 'alerts, ', 'x', 'set up '])
      expect(readStatement(part.repeat(1_000_000 / part.length)).subjects.length).toBeLessThan(400)
  })
})
