import { describe, expect, it } from 'vitest'
import type { Item } from '../../plan/plan.ts'
import { readChecklist } from '../read.ts'

/** Items of a table under a heading; a box elsewhere keeps the document a checklist. */
function rowsOf(heading: string, ...lines: string[]): { items: Item[]; text: string } {
  const columns = (lines[0] ?? '').split('|').length - 2
  const text = `# Release\n\n## ${heading}\n\n${[lines[0], `|${'---|'.repeat(columns)}`, ...lines.slice(1)].join('\n')}\n\n## Start\n\n- [ ] Somebody is there\n`
  const items = readChecklist('release.md', Buffer.from(text)).items.filter(
    ({ text: words }) => words !== 'Somebody is there',
  )
  return { items, text }
}

function cellsOf({ items, text }: ReturnType<typeof rowsOf>): [string, [string, string][]][] {
  const bytes = Buffer.from(text)
  return items.map((item) => [
    item.text,
    item.blanks.map(({ name, range }) => [name, bytes.subarray(range.start, range.end).toString().trim()]),
  ])
}

describe('rows of tables', () => {
  it('are held against their target, which the actual value is too', () => {
    const { items } = rowsOf('Verification', '| Metric | Target | Actual | Status |', '| p95 wait | < 500 ms | | |')
    expect(items).toMatchObject([
      {
        kind: 'check',
        text: 'p95 wait',
        thresholds: [{ operator: '<', value: 500, unit: 'ms' }],
        blanks: [
          { name: 'actual', target: { value: 500 } },
          { name: 'status', target: null },
        ],
      },
    ])
  })

  it('read the same whether they are filled in or not', () => {
    const heading = '| Metric | Target | Actual | Status | Notes |'
    const open = rowsOf('Verification', heading, '| Faults | < 1% | | | |')
    const filled = rowsOf('Verification', heading, '| Faults | < 1% | 0.4% | ok | quiet day |')
    expect(cellsOf(open)).toEqual([
      [
        'Faults',
        [
          ['actual', ''],
          ['status', ''],
          ['notes', ''],
        ],
      ],
    ])
    expect(cellsOf(filled)).toEqual([
      [
        'Faults',
        [
          ['actual', '0.4%'],
          ['status', 'ok'],
          ['notes', 'quiet day'],
        ],
      ],
    ])
    expect(filled.items.map(({ id }) => id)).toEqual(open.items.map(({ id }) => id))
  })

  it('are known by their task, not by number, box or who did it', () => {
    expect(
      cellsOf(
        rowsOf(
          'Preparation',
          '| # | Task | Owner | Status |',
          '| 1 | Freeze merges | Ana | done |',
          '| 2 | Warm the cache | | |',
        ),
      ),
    ).toEqual([
      ['Freeze merges', [['status', 'done']]],
      [
        'Warm the cache',
        [
          ['owner', ''],
          ['status', ''],
        ],
      ],
    ])
    const { items } = rowsOf('Preparation', '| ☐ | Item |', '| ☐ | Freeze merges |', '| ☑ | Warm the cache |')
    expect(items.map(({ text, state, box }) => [text, state, box !== null])).toEqual([
      ['Freeze merges', 'open', true],
      ['Warm the cache', 'ticked', true],
    ])
    expect(rowsOf('Preparation', '| Item | Done |', '| Drain the queue | [ ] |').items).toMatchObject([
      { text: 'Drain the queue', state: 'open', blanks: [] },
    ])
  })

  it('run their command and are judged by what is expected of it', () => {
    const { items } = rowsOf('Smoke tests', '| Command | Expected |', '| `redis-cli ping` | PONG |')
    expect(items).toMatchObject([
      { kind: 'check', commands: [{ script: 'redis-cli ping', expects: { kind: 'contains', value: 'PONG' } }] },
    ])
  })

  it('name states that call for going back', () => {
    const { items } = rowsOf(
      'Decisions',
      '| Metric | Threshold | Action |',
      '| Faults | > 5% for 5 minutes | Roll back |',
    )
    expect(items).toMatchObject([
      { kind: 'trigger', polarity: 'bad-state', thresholds: [{ operator: '>', value: 5, windowMs: 300_000 }] },
    ])
  })

  it('have choices in their cells', () => {
    const { items } = rowsOf(
      'Smoke tests',
      '| Test | Result |',
      '| Login | PASS / FAIL |',
      '| Search | ☐ Pass ☐ Fail |',
    )
    expect(items.map(({ choices, blanks }) => [choices.map(({ name, style }) => [name, style]), blanks])).toEqual([
      [[['result', 'text']], []],
      [[['result', 'boxes']], []],
    ])
  })

  it('are signed', () => {
    const { items } = rowsOf('Sign-off', '| Role | Name | Signature | Date |', '| QA lead | | | |')
    expect(items).toMatchObject([{ kind: 'poll', blanks: [{ name: 'name' }, { name: 'signature' }, { name: 'date' }] }])
  })

  it('of bare targets count where they state a figure', () => {
    const { items } = rowsOf(
      'Success criteria',
      '| Metric | Target |',
      '| Uptime | 99.9% |',
      '| Error rate | 1% |',
      '| Mood | high |',
    )
    expect(items.map(({ text, thresholds }) => [text, thresholds[0]?.operator, thresholds[0]?.value])).toEqual([
      ['Uptime', '>=', 99.9],
      ['Error rate', '<=', 1],
    ])
  })

  it.each<[string, ...string[]]>([
    ['Who is there', '| Role | Name | Phone |', '| DBA | Ana | 123 |'],
    ['Overview', '| Component | Version | Status |', '| api | 1.2 | deployed |'],
    ['Settings', '| Variable | Value |', '| PORT | 8080 |'],
  ])('are no items where nothing is asked: %s', (heading, ...lines) => {
    expect(rowsOf(heading, ...lines).items).toEqual([])
  })

  it('have every bound that their columns compare', () => {
    const { items } = rowsOf('Targets', '| Metric | Target | Rollback limit |', '| Faults | < 1% | > 4% |')
    expect(items).toMatchObject([
      {
        thresholds: [
          { subject: 'faults', operator: '<', value: 1 },
          { subject: 'faults', operator: '>', value: 4 },
        ],
      },
    ])
  })

  it('are states to be alerted of under Warning and Critical', () => {
    const { items } = rowsOf(
      'Monitoring',
      '| Service | Metric | Warning | Critical |',
      '| Redis | Hit rate | < 90% | < 80% |',
    )
    expect(items).toMatchObject([
      {
        polarity: 'bad-state',
        thresholds: [
          { subject: 'redis hit rate', operator: '<', value: 90 },
          { subject: 'redis hit rate', operator: '<', value: 80 },
        ],
      },
    ])
  })

  it('call for a rollback where a column says yes to it, and for how long a state must last', () => {
    const asked = rowsOf(
      'When to roll back',
      '| Issue | Rollback? |',
      '| Faults > 10% | Yes |',
      '| Typo in a label | No |',
    )
    expect(asked.items).toMatchObject([{ kind: 'trigger', thresholds: [{ operator: '>', value: 10 }] }])
    const held = rowsOf('Rollback criteria', '| Metric | Threshold | Duration |', '| Faults | > 5% | 10 min |')
    expect(held.items).toMatchObject([{ kind: 'trigger', thresholds: [{ value: 5, windowMs: 600_000 }] }])
  })

  it('state bounds in any language, and in words beside a box', () => {
    const { items } = rowsOf('发布前检查', '| 检查项 | 状态 | 备注 |', '| 单元测试 | [ ] | 覆盖率≥90% |')
    expect(items).toMatchObject([{ thresholds: [{ operator: '>=', value: 90, unit: 'percent' }] }])
    const metrics = rowsOf('上线验证', '| 指标 | 目标值 | 实际值 |', '| 首页加载 | < 3s | |')
    expect(metrics.items).toMatchObject([
      { thresholds: [{ operator: '<', value: 3000 }], blanks: [{ target: { value: 3000 } }] },
    ])
  })
})
