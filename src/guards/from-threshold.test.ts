import { describe, expect, it } from 'vitest'
import type { Operator, Threshold } from '../plan/threshold.ts'
import { guardFromThreshold, guardFromWords, watchFromThreshold, type GuardProposal } from './from-threshold.ts'

function threshold(
  subject: string,
  operator: Operator,
  value: number | null,
  change: Partial<Threshold> = {},
): Threshold {
  return {
    subject,
    aggregate: null,
    operator,
    value,
    valueMax: null,
    unit: 'percent',
    windowMs: null,
    consecutive: null,
    relativeTo: null,
    text: `${subject} ${operator} ${value}`,
    ...change,
  }
}

const trigger = {
  id: 'g1',
  title: 'a trigger',
  item: 'triggers/x',
  severity: 'rollback',
  polarity: 'bad-state',
} as const
/** The rule with its options beside what all have in common, or null. */
const flat = (proposal: GuardProposal | null) => {
  if (proposal?.rule.kind !== 'bound') return null
  const { options, ...common } = proposal.rule
  return { ...common, ...options }
}
const ruleOf = (given: Threshold, polarity: 'good' | 'bad-state' = 'bad-state') =>
  flat(guardFromThreshold(given, { ...trigger, polarity }))

const watch = (given: Threshold, polarity: 'good' | 'bad-state') =>
  watchFromThreshold(given, { polarity, forMs: 0 })?.watch

describe('a rollback trigger becomes a guard rule', () => {
  it('for the five triggers that are usual', () => {
    expect(
      ruleOf(threshold('critical health check failures', '>=', 5, { unit: 'count', consecutive: 5 })),
    ).toMatchObject({
      signal: 'health',
      scope: 'candidate',
      is: '==',
      value: 0,
      consecutive: 5,
    })
    expect(ruleOf(threshold('Error rate', '>', 50))).toEqual({
      id: 'g1',
      title: 'a trigger',
      item: 'triggers/x',
      severity: 'rollback',
      signal: 'error-rate',
      scope: 'candidate',
      kind: 'bound',
      is: '>',
      value: 50,
      valueMax: null,
      relativeTo: null,
      consecutive: 1,
      for: 0,
      observationsMin: 5,
      restoreData: false,
      unknownMax: 10,
    })
    expect(ruleOf(threshold('response time', '>', 10, { unit: 's' }))).toMatchObject({
      signal: 'response-time',
      value: 10_000,
    })
    expect(ruleOf(threshold('response time', '>', 10_000, { unit: 'ms' }))).toMatchObject({ value: 10_000 })
    expect(ruleOf(threshold('memory usage', '>', 95))).toMatchObject({ signal: 'memory', is: '>', value: 95 })
    expect(flat(guardFromWords('Database integrity failures', trigger))).toMatchObject({
      signal: 'integrity',
      scope: 'service',
      is: '==',
      value: 0,
      consecutive: 1,
      restoreData: true,
    })
  })

  it('with the time or the count that it names', () => {
    expect(
      ruleOf(threshold('p95 latency', '>', 2000, { unit: 'ms', aggregate: 'p95', windowMs: 300_000 })),
    ).toMatchObject({
      signal: 'response-time-p95',
      for: 300_000,
    })
    expect(ruleOf(threshold('cpu usage', '>', 90, { consecutive: 3 }))).toMatchObject({ signal: 'cpu', consecutive: 3 })
    const sustained = guardFromThreshold(
      threshold('error rate', '>', 5, { text: 'Error rate > 5% sustained' }),
      trigger,
    )
    expect(flat(sustained)?.for).toBe(60_000)
    expect(sustained?.why).toMatch(/"sustained" taken as 1 min/)
  })

  it('with the time that a state must last, where that is the bound', () => {
    const failing = threshold('health checks failing', '>', 600_000, { unit: 'ms', text: 'failing for > 10 minutes' })
    expect(guardFromThreshold(failing, trigger)).toMatchObject({
      rule: { options: { signal: 'health', is: '==', value: 0, consecutive: 1, for: 600_000 } },
      why: expect.stringMatching(/; bad for 10 min$/),
    })
    const beside = threshold('health check failures', '>=', 3, { unit: 'count', consecutive: 3, windowMs: 60_000 })
    expect(ruleOf(beside)).toMatchObject({ consecutive: 3, for: 60_000 })
  })

  it('relative to the old version: latency in percent, error rate in points', () => {
    expect(ruleOf(threshold('performance degradation', '>', 20))).toMatchObject({
      signal: 'response-time',
      relativeTo: 'baseline',
      value: 20,
      consecutive: 3,
    })
    expect(ruleOf(threshold('error rate increase', '>', 5))).toMatchObject({
      signal: 'error-rate',
      relativeTo: 'baseline-points',
    })
    expect(ruleOf(threshold('error rate', '>', 2, { relativeTo: 'baseline' }))).toMatchObject({
      relativeTo: 'baseline-points',
    })
    expect(ruleOf(threshold('latency increase', '>', 100, { unit: 'ms' }))).toMatchObject({
      relativeTo: 'baseline-points',
    })
  })

  it('of so many requests that one failure cannot break it', () => {
    for (const percent of [0.1, 0.5, 1, 5, 10, 50, 90]) {
      const observationsMin = ruleOf(threshold('error rate', '>', percent))?.observationsMin ?? 0
      expect(100 / observationsMin).toBeLessThanOrEqual(percent)
      expect(observationsMin).toBeGreaterThanOrEqual(5)
    }
    expect(ruleOf(threshold('error rate', '>', 0))?.observationsMin).toBe(10_000)
  })

  it('and says why, for the person who confirms it', () => {
    expect(guardFromThreshold(threshold('Error rate', '>', 1), trigger)?.why).toBe(
      '"Error rate": share of failed requests of the new version; judged on at least 200 requests',
    )
    expect(guardFromWords('Health check failures', trigger)?.why).toMatch(
      /3 bad in a row \(the document does not say how many\)/,
    )
  })
})

describe('a bound on the good state', () => {
  it.each([
    ['<', '>='],
    ['<=', '>'],
    ['>', '<='],
    ['>=', '<'],
    ['==', '!='],
  ] as const)('%s becomes %s in a guard', (good, bad) => {
    expect(ruleOf(threshold('error rate', good, 1), 'good')?.is).toBe(bad)
  })

  it('does not make a guard wait for as long as the good state is to be watched', () => {
    expect(ruleOf(threshold('error rate', '<', 1, { windowMs: 1_800_000 }), 'good')?.for).toBe(0)
  })

  it('has no single opposite when it is a range', () => {
    expect(ruleOf(threshold('error rate', 'between', 1, { valueMax: 5 }), 'good')).toBeNull()
    expect(ruleOf(threshold('error rate', 'between', 1, { valueMax: 5 }))).toMatchObject({ value: 1, valueMax: 5 })
  })

  it('becomes a watch as it stands, and a bad state the other way round', () => {
    expect(watch(threshold('response time', '<', 1000, { unit: 'ms', aggregate: 'avg' }), 'good')).toEqual({
      signal: 'response-time',
      scope: 'candidate',
      relativeTo: null,
      operator: '<',
      value: 1000,
      valueMax: null,
      aggregate: 'avg',
      forMs: 0,
    })
    expect(watch(threshold('response time', '<', 2000, { unit: 'ms', aggregate: 'p95' }), 'good')?.signal).toBe(
      'response-time-p95',
    )
    expect(watch(threshold('performance regression', '<', 10), 'good')).toMatchObject({
      relativeTo: 'baseline',
      operator: '<',
    })
    expect(watch(threshold('memory usage', '>', 90), 'bad-state')).toMatchObject({ operator: '<=', aggregate: 'max' })
  })
})

describe('it abstains', () => {
  it.each([
    'cache hit rate',
    'disk usage',
    'database response time',
    'redis memory',
    'heap memory',
    'orphaned relationships',
    'validation success rate',
    'performance',
    '',
  ])('when "%s" is not clearly one of its signals', (subject) => {
    expect(ruleOf(threshold(subject, '>', 5))).toBeNull()
    expect(guardFromWords(subject, trigger)).toBeNull()
  })

  it('when there is no number, or one of another kind', () => {
    expect(ruleOf(threshold('error rate', '>', null))).toBeNull()
    expect(ruleOf(threshold('error rate', '>', 5, { unit: null }))).toBeNull()
    expect(ruleOf(threshold('error rate', '>', 5, { unit: 'count' }))).toBeNull()
    expect(ruleOf(threshold('response time', '>', 5))).toBeNull()
    expect(ruleOf(threshold('response time', '>', 5, { unit: 'ms', aggregate: 'max' }))).toBeNull()
    expect(guardFromWords('Error rate is too high', trigger)).toBeNull()
  })

  it.each(['> 10% in the first hour', '1-5% after 1 hour', '< 5% for new features', '> 10 per minute'])(
    'when "%s" says when or for whom',
    (text) => {
      expect(ruleOf(threshold('error rate', '>', 5, { text }))).toBeNull()
    },
  )

  it('but not when "for" only gives a time', () => {
    expect(ruleOf(threshold('error rate', '>', 5, { windowMs: 300_000, text: '> 5% for 5 minutes' }))).not.toBeNull()
  })
})
