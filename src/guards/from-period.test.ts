import { describe, expect, it } from 'vitest'
import type { Threshold } from '../plan/threshold.ts'
import { guardFromThreshold } from './from-threshold.ts'

const MINUTE = 60_000

function threshold(subject: string, value: number, text: string, change: Partial<Threshold> = {}): Threshold {
  const common = { aggregate: null, operator: '>', valueMax: null, consecutive: null, relativeTo: null } as const
  return { ...common, subject, value, unit: 'count', windowMs: 60 * MINUTE, text, ...change }
}

const growing = { unit: 'percent', windowMs: 30 * MINUTE, relativeTo: 'baseline' } as const
const context = { id: 'g', title: 'a trigger', item: null, severity: 'rollback' } as const

function proposed(given: Threshold, signals?: string[], polarity: 'good' | 'bad-state' = 'bad-state') {
  return guardFromThreshold(given, { ...context, polarity, ...(signals ? { signals: new Set(signals) } : {}) })
}

describe('a bound that speaks of a period', () => {
  it.each([
    ['memory usage', 'increases by more than 10% over 30 minutes'],
    ['memory increase', '> 10% over 30 minutes'],
    ['memory growth', '> 10% in 30 min'],
  ])('is growth: %s %s', (subject, text) => {
    const proposal = proposed(threshold(subject, 10, text, growing))
    expect(proposal?.rule).toMatchObject({
      kind: 'growth',
      severity: 'rollback',
      options: { signal: 'memory', scope: 'candidate', moreThan: 10, over: 30 * MINUTE },
    })
    expect(proposal?.why).toMatch(/growth of memory of the new version over 30 min/)
  })

  it('is a count of failed requests, in the first period or in any', () => {
    expect(proposed(threshold('failed requests', 50, 'more than 50 in the first hour'))?.rule).toMatchObject({
      kind: 'count',
      options: { signal: 'error-rate', of: 'failures', moreThan: 50, first: 60 * MINUTE },
    })
    const within = threshold('5xx errors', 20, '>= 20 within 5 minutes', { operator: '>=', windowMs: 5 * MINUTE })
    expect(proposed(within)?.rule.options).toEqual({
      signal: 'error-rate',
      scope: 'candidate',
      of: 'failures',
      moreThan: 19,
      within: 5 * MINUTE,
    })
  })

  it('is a count of what a signal of that name measures, only where there is one', () => {
    const critical = threshold('critical errors', 10, 'More than 10 critical errors in the first hour')
    expect(proposed(critical, ['critical-errors'])?.rule).toMatchObject({
      kind: 'count',
      options: { signal: 'critical-errors', scope: 'service', of: 'values', moreThan: 10, first: 60 * MINUTE },
    })
    expect(proposed(critical, ['error-rate'])).toBeNull()
    expect(proposed(critical)).toBeNull()
  })

  it.each([
    ['it says when else', threshold('memory usage', 10, 'increases by 10% after 1 hour', growing)],
    ['it is a rate', threshold('failed requests', 10, '> 10 per minute')],
    ['it has no period', threshold('failed requests', 10, '> 10', { windowMs: null })],
    ['it is a fraction of an event', threshold('failed requests', 0.5, '> 0.5 in the first hour')],
    ['something else grows', threshold('heap memory increase', 10, '> 10% over 30 min', growing)],
    ['nothing grows', threshold('memory usage', 90, '> 90% over 30 min', { ...growing, relativeTo: null })],
    ['it grows for the first hour only', threshold('memory increase', 10, '> 10% in the first hour', growing)],
    ['it names errors of any kind', threshold('errors', 10, '> 10 in the first hour')],
    ['it is a share', threshold('error rate', 10, '> 10% in the first hour', { unit: 'percent' })],
    ['it is a floor', threshold('failed requests', 10, 'fewer than 10 in the first hour', { operator: '<' })],
  ])('is not guessed at where %s', (_, given) => {
    const { rule } = proposed(given) ?? {}
    expect(['growth', 'count']).not.toContain(rule?.kind)
  })

  it('is no guard where it states what should be', () => {
    expect(proposed(threshold('failed requests', 50, 'in the first hour'), undefined, 'good')).toBeNull()
  })
})
