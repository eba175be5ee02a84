import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LedgerEntry } from '../plan/run-record.ts'
import { LedgerWriter, REDIS_REPLY, rolledBackRun, STARTED_AT, succeededRun } from './fixtures/example-run.ts'
import { renderHtml } from './html.ts'
import { renderJunit } from './junit.ts'
import { renderMarkdown } from './markdown.ts'
import { buildReport } from './model.ts'
import { renderText } from './text.ts'

test('a clean release: outcome, figures, stages, waivers', () => {
  const report = buildReport(succeededRun())
  expect(report.headline).toBe('The release of knowledge-graph v2 to production succeeded.')
  expect(report.summary).toContain(
    'The delivery reached stage full, 3 of 3; the candidate was given up to 100 % of traffic.',
  )
  expect(report.summary).toContain('Of 13 items, 10 passed (2 by people), 2 waived, 1 skipped.')
  expect(report.versions).toEqual({ stable: 'v1', candidate: 'v2' })
  expect(report.stages.map(({ name, status }) => [name, status])).toEqual([
    ['canary', 'passed'],
    ['majority', 'passed'],
    ['full', 'passed'],
  ])
  expect(report.rollback).toBeNull()
  expect(report.incident).toBeNull()
  expect(report.rehearsal).toMatch(/waits were divided by 180/)
})

test('a release taken back: why, how fast, what clients saw, what was not reached', () => {
  const report = buildReport(rolledBackRun())
  expect(report.headline).toBe('The release of knowledge-graph v2 to production was rolled back automatically.')
  expect(report.rollback).toMatchObject({ mode: 'automatic', trafficMs: 180, finishedMs: 3720 })
  expect(report.incident).toMatchObject({ rule: 'error-rate', title: 'Error rate exceeds 50 %', reactionMs: 240 })
  expect(report.incident?.sample).toMatchObject({ value: 100, observations: 61 })
  expect(report.incident?.candidateErrors).toBeGreaterThan(0)
  expect(report.incident?.timeline.map(({ kind }) => kind)).toContain('guard')
  expect(report.stages.map(({ status }) => status)).toEqual(['passed', 'interrupted', 'not-reached'])
  expect(report.phases.flatMap(({ items }) => items).find(({ id }) => id === 'rollout')?.status).toBe('failed')
  expect(report.rehearsal).toBeNull()
  expect(report.recommendations[0]).toBe(
    'Explain this before v2 is released again: error rate of v2 was 100 % (bad: > 50 %), 1 sample, 61 requests.',
  )
})

test('before and after compares the stable version with the candidate where it was under full load', () => {
  const { metrics } = buildReport(succeededRun())
  expect(metrics.candidateStretch).toBe('with all traffic')
  const byName = Object.fromEntries(metrics.rows.map((row) => [row.signal, row]))
  expect(byName['response-time']?.change?.unit).toBe('percent')
  expect(byName['response-time']?.change?.value).toBeLessThan(0)
  expect(byName['memory']?.change).toMatchObject({ unit: 'points' })
  expect(byName['error-rate']?.afterRollback).toBeNull()
  expect(byName['request-rate']).toBeUndefined()
})

test('risks name what was waived, cannot be undone, or passed only at the second attempt', () => {
  const { risks } = buildReport(succeededRun())
  expect(risks.map(({ kind, item }) => [kind, item])).toEqual([
    ['waived', 'secrets'],
    ['waived', 'alerts'],
    ['one-way', 'migrate'],
    ['retried', 'disk'],
  ])
})

test('recommendations follow from facts: unbound items, remedies, warnings, guards without data, retries', () => {
  const advice = buildReport(succeededRun()).recommendations.join('\n')
  expect(advice).toContain('Bind 1 item that nobody verifies (gonogo bind): "Secrets were rotated this quarter".')
  expect(advice).toContain('"No critical alerts fired": start Alertmanager.')
  expect(advice).toContain('Look into "Memory above 60 %": it warned 1 time.')
  expect(advice).toContain('without a sample it guarded nothing: "Queue depth above 1000"')
  expect(advice).toContain('Find out why these failed at first: "Disk space".')
  expect(advice).not.toContain('more time')
})

test('a phase over its budget is told, but not in a rehearsal', () => {
  const run = rolledBackRun()
  const phases = run.plan.checklist.phases.map((phase) => ({ ...phase, budgetMs: 5000 }))
  const plan = { ...run.plan, checklist: { ...run.plan.checklist, phases } }
  const overrun = 'Give "Before the release" more time or make it faster: 13 s of 5 s planned.'
  expect(buildReport({ ...run, plan }).recommendations).toContain(overrun)
  const rehearsed = { ...run.run, pace: { timeScale: 60, waitMsMax: null } }
  expect(buildReport({ ...run, plan, run: rehearsed }).recommendations).not.toContain(overrun)
})

function step(event: string, rest: object = {}): object {
  return { event, mode: 'emergency', reason: 'too slow', durationMs: 90, ...rest }
}

test('a rollback that did not bring everything back is the first risk, and has no time', () => {
  const ledger = new LedgerWriter()
  ledger.write('rollback', step('started', { durationMs: null }))
  ledger.write('rollback', step('traffic', { ok: false, detail: 'router edge: connection refused' }))
  ledger.write('rollback', step('finished'))
  const report = buildReport({ ...rolledBackRun(), ledger: ledger.entries })
  expect(report.rollback).toMatchObject({ mode: 'emergency', trafficMs: null, finishedMs: null })
  expect(report.risks.slice(0, 2).map(({ text }) => text)).toEqual([
    'The rollback was begun and there is no record that all of it is back.',
    'The rollback\'s step "traffic" failed: router edge: connection refused.',
  ])
  expect(report.summary.join(' ')).not.toMatch(/All traffic was on v1/)
  expect(report.incident).toMatchObject({ rule: null, what: 'too slow' })
})

test('evidence is shown up to its limits, and what is gone is a risk', () => {
  const run = succeededRun()
  const evidenceOf = (input: typeof run) =>
    buildReport(input).phases.flatMap(({ items }) => items.flatMap(({ evidence }) => evidence))[0]
  expect(evidenceOf(run)).toMatchObject({ content: REDIS_REPLY, note: null })
  const cut = evidenceOf({ ...run, evidenceLimits: { pieceMax: 5, totalMax: 100 } })
  expect(cut).toMatchObject({ content: '+PONG', note: '60 more characters, kept by hash' })
  expect(evidenceOf({ ...run, evidenceLimits: { pieceMax: 5, totalMax: 0 } })?.content).toBeNull()
  expect(buildReport({ ...run, evidence: () => null }).risks.map(({ kind }) => kind)).toContain('evidence')
})

test('the timeline follows the ledger, without the intents that an outcome tells', () => {
  const run = succeededRun()
  const { timeline, ledger } = buildReport(run)
  expect(timeline.map(({ seq }) => seq)).toEqual(
    run.ledger.filter(({ kind }) => kind !== 'intent').map(({ seq }) => seq),
  )
  expect(ledger).toEqual({ entries: run.ledger.length, head: run.ledger.at(-1)?.hash })
})

test('a run that is still going is told as such', () => {
  const run = rolledBackRun()
  const ledger = run.ledger.slice(0, 19)
  const report = buildReport({ ...run, run: { ...run.run, state: 'running', endedAt: null, reason: null }, ledger })
  expect(report.headline).toBe('The release of knowledge-graph v2 to production is running.')
  expect(report.summary[0]).toMatch(/so far/)
  expect(report.stages.map(({ status }) => status)).toEqual(['passed', 'running', 'not-reached'])
})

test('whatever stands in the ledger’s bodies: every form is written, and nothing of it turns an item green', () => {
  const kinds = [
    'run',
    'phase',
    'outcome',
    'answer',
    'waiver',
    'stage',
    'guard',
    'rollback',
    'way-back',
    'control',
    'note',
    'intent',
  ] as const
  const { plan, run } = succeededRun()
  const items = plan.items.map(({ item }) => item)
  const entry = fc.record({
    kind: fc.constantFrom(...kinds),
    item: fc.constantFrom(...items, null, 'undo:migrate'),
    body: fc.dictionary(fc.constantFrom('event', 'by', 'stage', 'reason', 'status', 'evidence', 'at'), fc.jsonValue()),
  })
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 30 }), (drafts) => {
      const ledger = drafts.map((draft, index): LedgerEntry => {
        return {
          ...draft,
          key: `${index}`,
          seq: index + 1,
          at: STARTED_AT + index,
          previous: '',
          hash: `${index}`,
          body: draft.body as Record<string, unknown>,
        }
      })
      const report = buildReport({ run, plan, ledger, samples: [], evidence: () => null })
      for (const render of [renderHtml, renderMarkdown, renderJunit, renderText])
        expect(render(report)).not.toMatch(/\bNaN\b|undefined/)
      expect(report.counts.passed).toBe(0)
      expect(report.counts.total).toBe(items.length)
    }),
    { numRuns: 200 },
  )
})
