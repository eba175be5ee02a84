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
  code: [],
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

describe('boxes that were ticked before', () => {
  const claim = { state: 'ticked' as const }
  test.each([
    ['stay when it was so', claim, [outcome('passed')], true],
    ['are opened when it was not', claim, [outcome('failed')], false],
    ['are opened when nobody could tell', claim, [outcome('unverified')], false],
    ['are opened when it was only accepted', claim, [outcome('failed'), entry('waiver', { by: 'ann' })], false],
    ['are opened when half of it was claimed', { state: 'partial' as const }, [outcome('failed')], false],
    ['stay when it does not apply', claim, [outcome('skipped')], undefined],
    ['stay when it was not reached', claim, [], undefined],
    [
      'of a bad state are opened when it did not happen',
      { ...claim, polarity: 'bad-state' as const },
      [outcome('passed')],
      false,
    ],
    [
      'of a bad state stay when nobody could tell',
      { ...claim, polarity: 'bad-state' as const },
      [outcome('unverified')],
      undefined,
    ],
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

  test.each([
    ['ms', 0.0425, 's', '42.5'],
    ['GB', 82_100_000_000, 'bytes', '82.1'],
    ['min', 90_000, 'ms', '1.5'],
    ['%', 0.25, 'percent', '0.25'],
    ['rules', 12, 'count', '12'],
    ['ms', 12, 'percent', undefined],
    [null, 82_100_000_000, 'bytes', '82.1 GB'],
    [null, 0.25, 'percent', '0.25 %'],
    [null, 41_000, 'ms', '41 s'],
    [null, 12_345.6, 'ms', '12.35 s'],
    [null, 1, 'state', undefined],
  ])('what was measured is said in the unit of the blank, %s: %d %s', (wanted, value, unit, written) => {
    const measured = [{ name: 'it', value, unit }]
    expect(answerFor(item({ blanks: [blank('it', wanted)] }), [outcome('passed', measured)])?.blanks?.value).toBe(
      written,
    )
  })

  test('a blank with a target gets its figure in the unit of the target', () => {
    const target = { value: 120_000, unit: 'ms', text: '< 2 min' } as Item['blanks'][number]['target']
    const blanks = [{ ...blank('Downtime'), target }]
    const measure = (unit: string) => [outcome('failed', [{ name: 'down', value: 150_000, unit }])]
    expect(answerFor(item({ blanks }), measure('ms'))?.blanks?.value).toBe('2.5 min')
    expect(answerFor(item({ blanks }), measure('percent'))?.blanks).toBeUndefined()
  })

  test('of several that fit, the one is chosen that the label names', () => {
    const measured = [
      { name: 'average', value: 1, unit: 'ms' },
      { name: 'p95', value: 2, unit: 'ms' },
    ]
    expect(
      answerFor(item({ blanks: [blank('- P95 latency', 'ms')] }), [outcome('passed', measured)])?.blanks?.value,
    ).toBe('2')
  })

  test.each([
    ['Date', '2026-01-05'],
    ['Date (DD/MM/YYYY)', '05/01/2026'],
    ['Date (MM/DD/YYYY)', '01/05/2026'],
    ['Datum (TT.MM.JJJJ)', '05.01.2026'],
    ['Date (jj/mm/aaaa)', '05/01/2026'],
    ['Date, DD-MMM-YYYY', '05-Jan-2026'],
    ['Date (YYYY-MM-DD HH:MM)', '2026-01-05 09:30 UTC'],
    ['Date (DD/DD/YYYY)', '2026-01-05'],
  ])('a day is written as the document asks for it: %s', (label, written) => {
    const dated = item({
      kind: 'record',
      text: `${label}: ____`,
      blanks: [{ ...blank(label), label: label.split(' ')[0]?.replace('Datum', 'Date') ?? '' }],
    })
    expect(answerFor(dated, [])?.blanks?.value).toBe(written)
  })

  test('a day in three parts stays blank: which of them is the month, nobody says', () => {
    const parts = ['Date', '/', '/'].map((label, index) => ({ ...blank(label), name: `date-${index}` }))
    expect(answerFor(item({ kind: 'record', blanks: parts }), [])?.blanks).toBeUndefined()
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

describe('cells of a table', () => {
  const row = (id: string, status: string, blanks = true): Item =>
    item({
      id,
      table: { Check: id, Actual: '', Status: status },
      blanks: blanks
        ? [
            { ...blank('Actual'), name: 'actual' },
            { ...blank('Status'), name: 'status' },
          ]
        : [],
    })
  const cells = (ended: string, others: string[], column = 'Status') => {
    const rename = (one: Item): Item => ({
      ...one,
      table: { Check: one.id, [column]: one.table?.Status ?? '' },
      blanks: one.blanks.map((own) => (own.name === 'status' ? { ...own, label: column } : own)),
    })
    const items = [row('a/b', ''), ...others.map((word, index) => row(`other/${index}`, word))].map(rename)
    const plan = { checklist: { items }, items: [], delivery: null } as unknown as ReleasePlan
    return answersOf(run, plan, [
      entry('run', {}, null, 'run'),
      outcome(ended, [{ name: 'p95', value: 41, unit: 'ms' }]),
    ]).get('a/b')?.blanks
  }

  test('say pass or fail, and what was measured', () => {
    expect(cells('passed', [])).toEqual({ actual: '41 ms', status: 'pass' })
    expect(cells('failed', [])).toEqual({ actual: '41 ms', status: 'fail' })
    expect(cells('skipped', [])).toEqual({ actual: '41 ms', status: 'n/a' })
    expect(cells('unverified', [])).toEqual({ actual: '41 ms' })
  })

  test.each([
    ['passed', ['✅ Pass', '-'], 'Status', '✅ Pass'],
    ['failed', ['PASS'], 'Status', 'FAIL'],
    ['failed', ['OK', 'Not OK'], 'Status', 'Not OK'],
    ['passed', ['❌'], 'Status', '✅'],
    ['passed', [], 'Status (Yes/No)', 'Yes'],
    ['failed', [], 'Pass/Fail', 'Fail'],
    ['skipped', ['N/A'], 'Status', 'N/A'],
    ['passed', ['', 'pending'], 'Status', 'pass'],
  ])('%s, with %j in the other rows of %s: %s', (ended, others, column, word) => {
    expect(cells(ended, others, column)?.status).toBe(word)
  })

  test('figures go where figures are asked for', () => {
    const blanks = ['Actual', 'Owner', 'Verified by', 'Notes'].map((label) => ({
      ...blank(label),
      name: label.toLowerCase(),
    }))
    const measured = [{ name: 'p95', value: 41, unit: 'ms' }]
    expect(answerFor(item({ table: {}, blanks }), [outcome('passed', measured)])?.blanks).toEqual({ actual: '41 ms' })
  })

  test('a column of results takes the figure', () => {
    expect(cells('passed', [], 'Result')?.status).toBe('41 ms')
  })

  test('of a sign-off are the name and the day; remarks are for people', () => {
    const blanks = ['Name', 'Signature', 'Date', 'Comments'].map((label) => ({
      ...blank(label),
      name: label.toLowerCase(),
    }))
    const signed = item({ kind: 'poll', table: { Role: 'QA', Name: '' }, blanks })
    expect(answerFor(signed, [answer({}), outcome('passed')])?.blanks).toEqual({
      name: 'ann',
      signature: 'ann',
      date: '2026-01-05',
    })
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
    [['STABLE', 'NEEDS ATTENTION', 'ROLLBACK'], 'passed', 'STABLE'],
    [['Ja', 'Nein'], 'failed', 'Nein'],
    [['Yes', 'No', 'N/A'], 'skipped', 'N/A'],
    [['Yes', 'No'], 'skipped', undefined],
  ])('%j, %s', (options, status, chosen) => {
    expect(answerFor(item({ choices: [choice(...options)] }), [outcome(status)])?.choices?.choice).toBe(chosen)
  })

  test('yes to a question about trouble is left to people', () => {
    const asked = (label: string) =>
      answerFor(item({ choices: [{ ...choice('Yes', 'No'), label }] }), [outcome('passed')])?.choices?.choice
    expect(asked('Any critical issues found')).toBeUndefined()
    expect(asked('Rollback needed')).toBeUndefined()
    expect(asked('No errors in the log')).toBe('Yes')
    expect(asked('Backup taken')).toBe('Yes')
  })
})
