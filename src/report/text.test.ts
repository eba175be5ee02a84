import { expect, test } from 'vitest'
import { rolledBackRun, succeededRun, withHostileText } from './fixtures/example-run.ts'
import { renderJson } from './json.ts'
import { buildReport } from './model.ts'
import { renderText } from './text.ts'

test('the terminal summary says in a few aligned lines what one wants to know first', () => {
  expect(renderText(buildReport(rolledBackRun()))).toBe(`\
The release of knowledge-graph v2 to production was rolled back automatically.

  duration  54 s
  why       error rate of v2 was 100 % (bad: > 50 %), 1 sample, 61 requests
  way back  traffic after 180 ms, complete after 3.7 s
  reached   majority (50 %), stage 2 of 3
  items     6 passed (1 by people), 2 failed, 1 waived, 1 skipped, 3 not reached
  guards    4, tripped 10:15:43.990
  risks     3, see the report
  ledger    25 entries, head ${rolledBackRun().ledger.at(-1)?.hash.slice(0, 16)}

  waived   Secrets were rotated this quarter: nobody said how to verify it
  failed   Shift traffic to v2: stage majority was broken off
  tripped  Error rate exceeds 50 %: error rate of v2 was 100 % (bad: > 50 %), 1 sample, 61 requests
`)
})

test('a document can neither steer the terminal nor add lines', () => {
  const calm = renderText(buildReport(withHostileText(rolledBackRun(), 'calm')))
  const wild = renderText(buildReport(withHostileText(rolledBackRun(), 'a\u001b[2J\u0007\r\nb\u202ec')))
  // oxlint-disable-next-line no-control-regex
  expect(wild).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e]/)
  expect(wild.split('\n')).toHaveLength(calm.split('\n').length)
})

test('many bad items are counted rather than listed', () => {
  const run = succeededRun()
  const text = renderText(buildReport({ ...run, ledger: [], samples: [] }))
  expect(text).toMatch(/\n {2}and \d+ more\n|unverified/)
  expect(text.split('\n').length).toBeLessThan(30)
})

test('JSON is the report itself, and tells what is beyond the scale from what is not known', () => {
  const report = buildReport(rolledBackRun())
  const parsed: unknown = JSON.parse(renderJson(report))
  expect(parsed).toEqual(JSON.parse(JSON.stringify(report)))
  expect(parsed).toMatchObject({ format: 'gonogo-report', formatVersion: 1, run: { state: 'rolled-back' } })
  const beyond = {
    ...report,
    metrics: { ...report.metrics, rows: [{ average: Number.POSITIVE_INFINITY }] },
  } as unknown as typeof report
  expect(renderJson(beyond)).toContain('"average": "Infinity"')
})
