import { describe, expect, test } from 'vitest'
import type { Binding } from '../plan/binding.ts'
import type { Item, Phase } from '../plan/plan.ts'
import type { RunState } from '../plan/run-record.ts'
import type { Sample } from '../plan/signal.ts'
import { LedgerWriter, runOf, STARTED_AT } from './fixtures/example-run.ts'
import { check, item, planOf, poll, rule } from './fixtures/plan.ts'
import { buildReport } from './model.ts'
import type { ReportItem } from './shape.ts'

const PHASE: Phase = {
  id: 'p',
  title: 'P',
  path: ['P'],
  level: 2,
  line: 1,
  kind: 'verify',
  anchor: null,
  budgetMs: null,
  every: null,
}

/** Reports one item from what is written to the ledger about it. */
function reportOf(
  binding: Binding,
  write: (ledger: LedgerWriter) => unknown = () => {},
  rest: { item?: Partial<Item>; state?: RunState; samples?: Sample[]; others?: [Item, Binding][] } = {},
): ReportItem {
  const ledger = new LedgerWriter()
  write(ledger)
  const guards = binding.type === 'guard' ? binding.rules : []
  const plan = planOf([PHASE], [[item('x', 'p', 'The item', rest.item), binding], ...(rest.others ?? [])], guards)
  const run = runOf({ state: rest.state ?? 'running' })
  const model = buildReport({ run, plan, ledger: ledger.entries, samples: rest.samples ?? [], evidence: () => null })
  const report = model.phases[0]?.items[0]
  if (!report) throw new Error('the item is not in the report')
  return report
}

const says = (by: string, answer: 'approve' | 'reject' | 'fill', values: Record<string, string> = {}) => {
  return { by, role: 'dba', answer, reason: null, values }
}

const rejected = (ledger: LedgerWriter) => ledger.write('answer', says('Lin Chen', 'reject'), 'x')
const halfFilled = (ledger: LedgerWriter) => ledger.write('answer', says('Ada', 'fill', { date: '2026-11-21' }), 'x')
const nested = (id: string): [Item, Binding] => [item(id, 'p', id, { parent: 'x' }), check('disk')]

describe('machine-verified items', () => {
  test('the last outcome counts, and failures before it are remembered', () => {
    const report = reportOf(check('disk'), (ledger) =>
      ledger.outcome('x', 'failed', 'full').outcome('x', 'passed', 'free'),
    )
    expect(report).toMatchObject({ status: 'passed', summary: 'free', by: ['gonogo'], attempts: 2, failedAttempts: 1 })
  })

  test('an outcome that cannot be read takes the place of the pass before it', () => {
    const report = reportOf(check('disk'), (ledger) =>
      ledger.outcome('x', 'passed', 'free').write('outcome', { status: 'fine', summary: 3 }, 'x'),
    )
    expect(report.status).toBe('unverified')
  })

  test('what was begun without an end is unverified, not passed and not untouched', () => {
    const report = reportOf(check('disk'), (ledger) => ledger.write('intent', { will: 'do it' }, 'x'))
    expect(report).toMatchObject({ status: 'unverified', summary: 'was begun; how it ended is not known' })
  })

  test.each([
    ['running', 'not-reached'],
    ['rolled-back', 'not-reached'],
    ['succeeded', 'unverified'],
  ] as const)('nothing recorded in a run that is %s: %s', (state, status) => {
    expect(reportOf(check('disk'), undefined, { state }).status).toBe(status)
  })

  test('nobody said how: unverified; said to be skipped: skipped with the reason', () => {
    expect(reportOf({ type: 'unbound' }).status).toBe('unverified')
    expect(reportOf({ type: 'skip', reason: 'no CDN' })).toMatchObject({ status: 'skipped', summary: 'no CDN' })
  })
})

describe('waivers', () => {
  test('let through what did not pass, and keep what it was', () => {
    const report = reportOf(check('disk'), (ledger) =>
      ledger.outcome('x', 'failed', 'full').write('waiver', { by: 'Ada', reason: 'enough for today' }, 'x'),
    )
    expect(report).toMatchObject({ status: 'waived', waivedStatus: 'failed', summary: 'full', by: ['Ada'] })
    expect(report.waiver).toMatchObject({ by: 'Ada', reason: 'enough for today' })
  })

  test('change nothing about what passed', () => {
    const report = reportOf(check('disk'), (ledger) =>
      ledger.write('waiver', { by: 'Ada', reason: 'later' }, 'x').outcome('x', 'passed', 'free'),
    )
    expect(report).toMatchObject({ status: 'passed', waivedStatus: null, by: ['gonogo'] })
  })
})

describe('people', () => {
  test('a quorum of different people passes; one of two does not', () => {
    const one = reportOf(poll('dba', 2), (ledger) =>
      ledger.write('answer', says('Lin Chen', 'approve'), 'x').write('answer', says('Lin Chen', 'approve'), 'x'),
    )
    expect(one).toMatchObject({ status: 'unverified', summary: '1 of 2 approvals' })
    const two = reportOf(poll('dba', 2), (ledger) =>
      ledger.write('answer', says('Lin Chen', 'approve'), 'x').write('answer', says('Mo Ismail', 'approve'), 'x'),
    )
    expect(two).toMatchObject({ status: 'passed', by: ['Lin Chen', 'Mo Ismail'] })
  })

  test('one reject fails, until the same person approves', () => {
    expect(reportOf(poll('dba'), rejected).status).toBe('failed')
    expect(
      reportOf(poll('dba'), (ledger) => rejected(ledger).write('answer', says('Lin Chen', 'approve'), 'x')).status,
    ).toBe('passed')
  })

  test('somebody outside the role neither approves nor rejects', () => {
    const report = reportOf(poll('dba'), (ledger) => ledger.write('answer', says('Eve', 'approve'), 'x'))
    expect(report).toMatchObject({ status: 'unverified', summary: '0 of 1 approvals' })
  })

  test('the conductor’s own verdict on a poll counts, with the people who gave it', () => {
    const report = reportOf(poll('dba'), (ledger) =>
      ledger.write('answer', says('Lin Chen', 'approve'), 'x').outcome('x', 'passed', 'approved by Lin Chen (dba)'),
    )
    expect(report).toMatchObject({ status: 'passed', summary: 'approved by Lin Chen (dba)', by: ['Lin Chen'] })
  })

  test('approving a stage of the rollout does not pass the rollout', () => {
    const report = reportOf({ type: 'rollout', stage: null }, (ledger) =>
      ledger
        .write('stage', { stage: 'canary', weight: 10, event: 'started' }, 'x')
        .write('answer', says('Ada Okafor', 'approve'), 'x'),
    )
    expect(report.status).toBe('not-reached')
  })

  test('a form is filled in when each of its blanks is', () => {
    const range = { start: 0, end: 1 }
    const blanks = ['date', 'time'].map((name) => ({ name, label: name, unit: null, target: null, range }))
    const form = { kind: 'record' as const, blanks }
    expect(reportOf({ type: 'record' }, halfFilled, { item: form })).toMatchObject({
      status: 'unverified',
      summary: 'not filled in: time',
    })
    const whole = (ledger: LedgerWriter) =>
      halfFilled(ledger).write('answer', says('Ada', 'fill', { time: '10:15' }), 'x')
    expect(reportOf({ type: 'record' }, whole, { item: form })).toMatchObject({ status: 'passed', by: ['Ada'] })
  })
})

describe('rollback triggers', () => {
  const guard: Binding = { type: 'guard', rules: [rule()] }
  const trigger = { kind: 'trigger', polarity: 'bad-state' } as const
  const sample: Sample = {
    signal: 'error-rate',
    version: 'v2',
    at: STARTED_AT,
    value: 1,
    unit: 'percent',
    observations: 9,
  }

  test('that never saw a value are unverified: silence is not green', () => {
    expect(reportOf(guard, undefined, { item: trigger, samples: [{ ...sample, value: null }] }).status).toBe(
      'unverified',
    )
  })

  test('that saw values and stayed quiet pass', () => {
    expect(reportOf(guard, undefined, { item: trigger, samples: [sample] })).toMatchObject({
      status: 'passed',
      badState: true,
    })
  })

  test('that tripped fail with the sentence', () => {
    const body = { rule: 'error-rate', severity: 'rollback', sentence: 'v2 error rate 100 %', sample }
    const report = reportOf(guard, (ledger) => ledger.write('guard', body), { item: trigger, samples: [sample] })
    expect(report).toMatchObject({ status: 'failed', summary: 'v2 error rate 100 %' })
  })
})

describe('items that stand for their nested items', () => {
  const children: Binding = { type: 'children' }

  test.each([
    [['passed', 'passed'], 'passed'],
    [['passed', 'failed'], 'failed'],
    [['passed', 'unverified'], 'unverified'],
    [['passed', null], 'not-reached'],
    [['failed', null], 'failed'],
  ] as const)('%j: %s', (statuses, expected) => {
    const others = statuses.map((_status, index) => nested(`n${index}`))
    const write = (ledger: LedgerWriter): void => {
      for (const [index, status] of statuses.entries()) if (status) ledger.outcome(`n${index}`, status, 'so')
    }
    expect(reportOf(children, write, { others }).status).toBe(expected)
  })

  test('without any nested item nothing was verified', () => {
    expect(reportOf(children).status).toBe('unverified')
  })
})
