import { describe, expect, test } from 'vitest'
import type { Item } from '../plan/plan.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import type { LedgerEntry, RunRecord } from '../plan/run-record.ts'
import { answersOf } from './answers.ts'

const startedAt = Date.UTC(2026, 0, 5, 9, 30)
const endedAt = startedAt + 90_000
const run = { startedBy: 'emil', environment: 'production', createdAt: startedAt, endedAt } as RunRecord

const item = (change: Partial<Item>): Item => ({
  id: 'a/b',
  line: 1,
  phase: 'a',
  parent: null,
  text: 'Something',
  label: null,
  kind: 'check',
  state: 'open',
  polarity: 'good',
  condition: null,
  thresholds: [],
  blanks: [],
  choices: [],
  commands: [],
  table: null,
  proposal: null,
  verifiable: 'machine',
  box: { start: 0, end: 1 },
  ...change,
})

const blank = (label: string, unit: string | null = null) => ({
  name: 'value',
  label,
  unit,
  target: null,
  range: { start: 0, end: 1 },
})

const entry = (
  kind: LedgerEntry['kind'],
  body: Record<string, unknown>,
  id: string | null = 'a/b',
  key = kind,
): LedgerEntry => ({
  seq: 1,
  at: startedAt,
  previous: '',
  hash: '',
  key,
  kind,
  item: id,
  body,
})

const outcome = (status: string, measurements: object[] = []) =>
  entry('outcome', { status, summary: '', measurements, evidence: [], startedAt, endedAt })
const answer = (body: object) =>
  entry('answer', { by: 'ann', role: 'qa', answer: 'approve', reason: null, values: {}, ...body })

function answerFor(one: Item, ledger: LedgerEntry[], planned: ReleasePlan['items'] = []) {
  const plan = { checklist: { items: [one] }, items: planned, delivery: { candidate: 'v2' } } as unknown as ReleasePlan
  return answersOf(run, plan, [entry('run', {}, null, 'run'), ...ledger]).get('a/b')
}

describe('boxes', () => {
  test.each([
    ['a good item that passed', {}, [outcome('passed')], true],
    ['a good item that failed', {}, [outcome('failed')], undefined],
    ['an unverified one', {}, [outcome('unverified')], undefined],
    ['one that failed first and passed then', {}, [outcome('failed'), outcome('passed')], true],
    ['a waived one', {}, [outcome('failed'), entry('waiver', { by: 'ann', reason: 'known' })], undefined],
    ['a bad state that did not happen', { polarity: 'bad-state' as const }, [outcome('passed')], undefined],
    ['a bad state that happened', { polarity: 'bad-state' as const }, [outcome('failed')], true],
    ['one that was not reached', {}, [], undefined],
  ])('%s', (_, change, ledger, tick) => {
    expect(answerFor(item(change), ledger)?.tick).toBe(tick)
  })
})

test('an item that a guard watches is ticked only when the guard tripped, however the document words it', () => {
  const planned = [{ item: 'a/b', binding: { type: 'guard' as const, rules: [] }, will: '' }]
  expect(answerFor(item({}), [outcome('passed')], planned)?.tick).toBeUndefined()
  expect(answerFor(item({}), [outcome('failed')], planned)?.tick).toBe(true)
})

describe('blanks', () => {
  test('a measured value goes in without the unit that stands there already, and with it otherwise', () => {
    const measured = [{ name: 'response time', value: 12.3456, unit: 'ms' }]
    expect(answerFor(item({ blanks: [blank('p95', 'ms')] }), [outcome('passed', measured)])?.blanks).toEqual({
      value: '12.35',
    })
    expect(answerFor(item({ blanks: [blank('p95')] }), [outcome('passed', measured)])?.blanks).toEqual({
      value: '12.35 ms',
    })
  })

  test('of two values that fit, none is chosen', () => {
    const measured = [
      { name: 'a', value: 1, unit: 'ms' },
      { name: 'b', value: 2, unit: 'ms' },
    ]
    expect(answerFor(item({ blanks: [blank('time', 'ms')] }), [outcome('passed', measured)])?.blanks).toBeUndefined()
  })

  test.each([
    ['Date', '2026-01-05'],
    ['Time', '09:30:00 UTC'],
    ['- Start time', '09:30:00 UTC'],
    ['Started', '09:30:00 UTC'],
    ['- End time', '09:31:30 UTC'],
    ['Duration', '1 min 30 s'],
    ['Engineer', 'emil'],
    ['Environment', 'production'],
    ['Version', 'v2'],
    ['Notes', undefined],
    ['Uptime', undefined],
  ])('a form is filled from the facts of the run: %s', (label, value) => {
    expect(answerFor(item({ kind: 'record', blanks: [blank(label)] }), [])?.blanks?.value).toBe(value)
  })

  test('a form names the proved backup, and who approved for a role', () => {
    const planned = [{ item: 'a/b', binding: { type: 'backup' as const, backup: 'main' }, will: '' }]
    const taken = entry('outcome', { status: 'passed', summary: '20260105T0930Z-1: 3 MB', measurements: [] })
    expect(answerFor(item({ kind: 'record', blanks: [blank('Backup')] }), [taken], planned)?.blanks?.value).toBe(
      '20260105T0930Z-1',
    )
    expect(answerFor(item({ kind: 'record', blanks: [blank('QA')] }), [answer({})])?.blanks?.value).toBe('ann')
  })

  test('what a person filled in wins, and ticks the box of a form', () => {
    const filled = answerFor(item({ kind: 'record', blanks: [blank('Notes')] }), [
      answer({ answer: 'fill', values: { value: 'all quiet' } }),
    ])
    expect(filled).toEqual({ tick: true, blanks: { value: 'all quiet' } })
  })

  test('a sign-off gets the name and the day', () => {
    const blanks = [blank('signature'), { ...blank('Date'), name: 'date' }]
    const signed = answerFor(item({ kind: 'poll', blanks }), [answer({}), outcome('passed')])
    expect(signed).toEqual({ tick: true, blanks: { value: 'ann', date: '2026-01-05' } })
  })
})

describe('choices', () => {
  const choice = (...options: string[]) => ({
    name: 'choice',
    label: '',
    options,
    range: { start: 0, end: 1 },
    style: 'text' as const,
    marks: [],
  })

  test.each([
    [['Yes', 'No'], 'passed', 'Yes'],
    [['Yes', 'No'], 'failed', 'No'],
    [['GO', 'NO-GO'], 'passed', 'GO'],
    [['Valid', 'Invalid'], 'failed', 'Invalid'],
    [['Yes', 'No'], 'unverified', undefined],
    [['ROLLBACK', 'PATCH', 'MONITOR'], 'passed', undefined],
  ])('%j, %s', (options, status, chosen) => {
    expect(answerFor(item({ choices: [choice(...options)] }), [outcome(status)])?.choices?.choice).toBe(chosen)
  })
})
