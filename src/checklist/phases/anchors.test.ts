import { describe, expect, it } from 'vitest'
import { readAnchor, readBudgetMs, readRecurrence, readStatedBudgetMs } from './anchors.ts'

const MIN = 60_000
const H = 3_600_000
const DAY = 86_400_000

describe('time in headings', () => {
  it.each<[string, number, number | null]>([
    ['T-24 Hours: Preparation', -24 * H, null],
    ['T-1 Hour', -H, null],
    ['T-0: Start', 0, null],
    ['Traffic switch (T+0 minutes)', 0, null],
    ['Phase 5: Monitoring (T+5 to T+30 minutes)', 5 * MIN, 30 * MIN],
    ['T+15min to T+45min', 15 * MIN, 45 * MIN],
    ['Launch (T-30 minutes)', -30 * MIN, null],
    ['Pre-deployment (48 hours before)', -48 * H, null],
    ['Planning (2-3 days before)', -3 * DAY, -2 * DAY],
    ['Decision point (8 hours post-deployment)', 8 * H, null],
    ['Sign-off (24 hours after)', 24 * H, null],
    ['Immediate checks (First 15 Minutes)', 0, 15 * MIN],
    ['Monitoring (first hour)', 0, H],
    ['Right after (0-2 hours)', 0, 2 * H],
    ['Extended (1 hour - 24 hours)', H, 24 * H],
    ['30-Minute Checkpoint', 30 * MIN, null],
    ['24-Hour Stability Check', 24 * H, null],
    ['Day 1', 0, DAY],
    ['Launch (Day 1-7)', 0, 7 * DAY],
    ['Hour 0: go live', 0, H],
    ['Day -1', -DAY, null],
    ['D-2: freeze', -2 * DAY, null],
    ['D+7: look back', 7 * DAY, null],
    ['T minus 30 minutes', -30 * MIN, null],
    ['T+105: cache warm', 105 * MIN, null],
    ['One hour before', -H, null],
    ['1 Hour After the switch', H, null],
    ['24-48 hours after launch', DAY, 2 * DAY],
    ['After 24 hours', DAY, null],
    ['Next 24 Hours', 0, DAY],
    ['0-15 minutes: first look', 0, 15 * MIN],
    ['Monitoring (15-60 minutes)', 15 * MIN, H],
    ['Week 1', 0, 7 * DAY],
    ['Week 2-3: mobile', 7 * DAY, 21 * DAY],
  ])('%s', (title, fromMs, toMs) => {
    expect(readAnchor(title)).toMatchObject({ fromMs, toMs })
  })

  it.each([
    'Step 3: Deploy backend (10 minutes)',
    'Step 4: Deploy web (5-10 minutes)',
    'Version 2-3 hours',
    'Post-24 cleanup',
    'Code & build',
    'Part 2 - 30 days of backups',
    'Option 1: day of the month',
  ])('finds no anchor in: %s', (title) => expect(readAnchor(title)).toBeNull())

  it('takes a single duration behind a title for a budget', () => {
    expect(readBudgetMs('Step 3: Deploy backend (10 minutes)')).toBe(10 * MIN)
    expect(readBudgetMs('Emergency rollback (< 30 seconds)')).toBe(30_000)
    expect(readBudgetMs('Step 4: Deploy web (5-10 minutes)')).toBe(10 * MIN)
    expect(readBudgetMs('Step 5 ~5 min')).toBe(5 * MIN)
    expect(readBudgetMs('Build - 20 minutes')).toBe(20 * MIN)
    expect(readBudgetMs('Dump [15 min]')).toBe(15 * MIN)
    expect(readBudgetMs('Dump (est. 30 minutes)')).toBe(30 * MIN)
    expect(readBudgetMs('Canary (recommended)')).toBeNull()
    expect(readBudgetMs('Hotfix (within 24 hours)')).toBeNull()
  })

  it('reads recurrence with its end', () => {
    expect(readRecurrence('Metrics (Every 5 minutes for first 30 minutes)')).toEqual({
      everyMs: 5 * MIN,
      forMs: 30 * MIN,
      thenEveryMs: null,
    })
    expect(readRecurrence('Business metrics (Daily for 1 week)')).toEqual({
      everyMs: DAY,
      forMs: 7 * DAY,
      thenEveryMs: null,
    })
    expect(readRecurrence('Hourly checks (First 8 hours)')).toEqual({ everyMs: H, forMs: 8 * H, thenEveryMs: null })
    expect(readRecurrence('Smoke tests')).toBeNull()
  })

  it('keeps what comes after the first stretch', () => {
    expect(readRecurrence('Every 5 minutes for the first 30 minutes, then every 15')).toEqual({
      everyMs: 5 * MIN,
      forMs: 30 * MIN,
      thenEveryMs: 15 * MIN,
    })
    expect(readRecurrence('Every 15 min for 2 hours, then hourly')).toMatchObject({ thenEveryMs: H })
  })

  it('takes a line that states how long for a budget, the longer end of a range', () => {
    expect(readStatedBudgetMs('**Estimated time**: 30 min')).toBe(30 * MIN)
    expect(readStatedBudgetMs('Duration: 2-4 hours (somebody watches)')).toBe(4 * H)
    expect(readStatedBudgetMs('Lead: Ana\nTime required: ~45 minutes')).toBe(45 * MIN)
    expect(readStatedBudgetMs('Time: 10:00')).toBeNull()
    expect(readStatedBudgetMs('Duration of the outage: 5 min')).toBeNull()
  })
})
