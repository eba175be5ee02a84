import { describe, expect, it } from 'vitest'
import { readAnchor, readBudgetMs, readRecurrence } from './anchors.ts'

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
    ['Week 2-3: mobile', 7 * DAY, 21 * DAY],
  ])('%s', (title, fromMs, toMs) => {
    expect(readAnchor(title)).toMatchObject({ fromMs, toMs })
  })

  it.each(['Step 3: Deploy backend (10 minutes)', 'Version 2-3 hours', 'Post-24 cleanup', 'Code & build'])(
    'finds no anchor in: %s',
    (title) => expect(readAnchor(title)).toBeNull(),
  )

  it('takes a single duration behind a title for a budget', () => {
    expect(readBudgetMs('Step 3: Deploy backend (10 minutes)')).toBe(10 * MIN)
    expect(readBudgetMs('Emergency rollback (< 30 seconds)')).toBe(30_000)
    expect(readBudgetMs('Canary (recommended)')).toBeNull()
  })

  it('reads recurrence with its end', () => {
    expect(readRecurrence('Metrics (Every 5 minutes for first 30 minutes)')).toEqual({
      everyMs: 5 * MIN,
      forMs: 30 * MIN,
    })
    expect(readRecurrence('Business metrics (Daily for 1 week)')).toEqual({ everyMs: DAY, forMs: 7 * DAY })
    expect(readRecurrence('Hourly checks (First 8 hours)')).toEqual({ everyMs: H, forMs: 8 * H })
    expect(readRecurrence('Smoke tests')).toBeNull()
  })
})
