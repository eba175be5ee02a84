import { expect, test } from 'vitest'
import { rolledBackRun, runOf, succeededRun, withHostileText } from './fixtures/example-run.ts'
import { HOSTILE, skeletonOf } from './fixtures/skeleton.ts'
import { renderJunit } from './junit.ts'
import { buildReport } from './model.ts'

/** The `<testcase>` of an item, up to its end. */
function caseOf(xml: string, name: string): string {
  const start = xml.indexOf(`name="${name}"`)
  return xml.slice(start, xml.indexOf('</testcase>', start))
}

test('failed is a failure, not verified is an error, waived passes with its waiver, not reached is skipped', () => {
  const run = rolledBackRun()
  const ledger = run.ledger.filter(({ kind, item }) => !(kind === 'outcome' && item === 'backup'))
  const xml = renderJunit(buildReport({ ...run, ledger }))
  expect(caseOf(xml, 'Error rate exceeds 50 %')).toContain(
    '<failure message="error rate of v2 was 100 % (bad: &gt; 50 %)',
  )
  expect(caseOf(xml, 'Fresh backup made and verified')).toContain(
    '<error message="was begun; how it ended is not known"',
  )
  const waived = caseOf(xml, 'Secrets were rotated this quarter')
  expect(waived).not.toMatch(/<(failure|error|skipped)/)
  expect(waived).toContain('waived by Ada Okafor: rotated on Monday, ticket OPS-381')
  expect(caseOf(xml, 'Search answers with results')).toContain('<skipped')
})

test.each([
  ['succeeded', null],
  ['rolled-back', 'failure'],
  ['failed', 'failure'],
  ['aborted', 'failure'],
  ['running', 'error'],
] as const)('a run that %s but reached no item: %s', (state, mark) => {
  const run = succeededRun()
  const endedAt = state === 'running' ? null : run.run.endedAt
  const xml = renderJunit(buildReport({ ...run, run: runOf({ state, endedAt }), ledger: [], samples: [] }))
  const release = caseOf(xml, 'knowledge-graph to production')
  if (mark) expect(release).toContain(`<${mark} message=`)
  else expect(release).not.toMatch(/<(failure|error)/)
  // Even a run that claims success is red when nothing of it was recorded.
  expect(xml).toMatch(/<testsuites[^>]*(failures="[1-9]|errors="[1-9])/)
})

test('the totals are the sums of the cases', () => {
  const xml = renderJunit(buildReport(rolledBackRun()))
  const attribute = (name: string) => Number(new RegExp(`<testsuites[^>]* ${name}="(\\d+)"`).exec(xml)?.[1])
  expect(attribute('tests')).toBe(xml.match(/<testcase /g)?.length)
  expect(attribute('failures')).toBe(xml.match(/<failure /g)?.length)
  expect(attribute('skipped')).toBe(xml.match(/<skipped /g)?.length)
})

test.each(HOSTILE)('text of the document stays text: %j', (text) => {
  const harmless = renderJunit(buildReport(withHostileText(rolledBackRun(), 'harmless')))
  const hostile = renderJunit(buildReport(withHostileText(rolledBackRun(), text)))
  expect(skeletonOf(hostile)).toEqual(skeletonOf(harmless))
  // oxlint-disable-next-line no-control-regex
  expect(hostile).not.toMatch(/[\u0000-\u0008\u000b-\u001f\ud800-\udfff\ufffe\uffff]/)
})
