import { describe, expect, it } from 'vitest'
import { around, judgedByPairs, mostlyZero, nist } from './kayenta.fixture.ts'
import { KAYENTA_DEFAULTS, classifyMetric, type KayentaMetricRule } from './kayenta-metric.ts'
import { meanRatio, percentile, preparedValues, withoutOutliers } from './kayenta-values.ts'
import { judgeCanary, scoreMetrics, scoreVerdict, type ClassifiedMetric } from './kayenta.ts'

// Inputs and expected classes: kayenta-judge, ClassifierSuite. Its cases use tolerance 0.1 and confidence 0.95.
const published = { tolerance: 0.1, confidence: 0.95 }
const higher = { canary: [20, 22, 21, 25, 30], baseline: [1, 2.2, 1.1, 2.5, 3] }

function classify(canary: readonly number[], baseline: readonly number[], rule: Partial<KayentaMetricRule> = {}) {
  return classifyMetric(canary, baseline, { ...KAYENTA_DEFAULTS, ...published, ...rule })
}

describe('a metric is classified as published for Kayenta', () => {
  it.each([
    { name: 'alike', canary: around.ten, baseline: around.tenAgain, rule: {}, expected: 'Pass' },
    { name: 'higher', canary: around.twenty, baseline: around.tenAgain, rule: {}, expected: 'High' },
    { name: 'lower', canary: around.ten, baseline: around.twentyAgain, rule: {}, expected: 'Low' },
    {
      name: 'lower where only an increase is bad',
      canary: around.ten,
      baseline: around.twentyAgain,
      rule: { direction: 'increase' },
      expected: 'Pass',
    },
    {
      name: 'higher where only a decrease is bad',
      canary: around.twenty,
      baseline: around.tenAgain,
      rule: { direction: 'decrease' },
      expected: 'Pass',
    },
    {
      name: 'higher where an increase is bad',
      canary: around.twenty,
      baseline: around.tenAgain,
      rule: { direction: 'increase' },
      expected: 'High',
    },
    {
      name: 'lower where a decrease is bad',
      canary: around.ten,
      baseline: around.twentyAgain,
      rule: { direction: 'decrease' },
      expected: 'Low',
    },
    { name: 'more errors among many zeros', ...mostlyZero, rule: {}, expected: 'High' },
    {
      name: 'the same, five times as many allowed',
      ...mostlyZero,
      rule: { allowedDecrease: 1, allowedIncrease: 5 },
      expected: 'Pass',
    },
    {
      name: 'ten times as high, a fifth allowed',
      ...higher,
      rule: { allowedDecrease: 0.8, allowedIncrease: 1.2 },
      expected: 'High',
    },
    {
      name: 'half as high, a fifth allowed',
      canary: around.ten,
      baseline: around.twentyAgain,
      rule: { direction: 'decrease', allowedDecrease: 0.8, allowedIncrease: 1.2 },
      expected: 'Low',
    },
    {
      name: 'lower by less than allowed',
      canary: [10, 12.2, 10.1, 12.5, 23],
      baseline: [20, 22, 21, 25, 30],
      rule: { allowedDecrease: 0.5, allowedIncrease: 1 },
      expected: 'Pass',
    },
    {
      name: 'one value in all',
      canary: [1, 1, 1],
      baseline: [1, 1],
      rule: { direction: 'decrease' },
      expected: 'Pass',
    },
    {
      name: 'the same values in another order',
      canary: [1, 2, 3, 4, 5],
      baseline: [5, 4, 3, 2, 1],
      rule: {},
      expected: 'Pass',
    },
    { name: 'one zero among ones', canary: [0, 1, 1, 1, 1], baseline: [1, 1, 1, 1, 1], rule: {}, expected: 'Pass' },
    { name: 'one outlier among ones', canary: [1, 1, 1, 1, 10], baseline: [1, 1, 1, 1, 1], rule: {}, expected: 'Pass' },
    {
      name: 'constant and higher',
      canary: [10, 10, 10, 10, 10],
      baseline: [1, 1, 1, 1, 1],
      rule: {},
      expected: 'High',
    },
    {
      name: 'constant and higher than nothing',
      canary: [10, 10, 10, 10, 10],
      baseline: [0, 0, 0, 0, 0],
      rule: {},
      expected: 'High',
    },
  ] as const)('$name: $expected', ({ canary, baseline, rule, expected }) => {
    expect(classify(canary, baseline, rule).class).toBe(expected)
  })

  it.each([
    { name: 'alike', ...judgedByPairs.pass, allowedDecrease: 0.5, expected: 'Pass' },
    { name: 'higher', ...judgedByPairs.high, allowedDecrease: 0.2, expected: 'High' },
    { name: 'lower', ...judgedByPairs.low, allowedDecrease: 0.2, expected: 'Low' },
  ])('by the share of pairs, $name: $expected', ({ canary, baseline, allowedDecrease, expected }) => {
    const rule = {
      tolerance: 0.2,
      confidence: 0.98,
      effectSize: 'cles',
      allowedDecrease,
      allowedIncrease: 0.8,
    } as const
    expect(classify(canary, baseline, rule).class).toBe(expected)
  })

  it('a mean of 0 gives no ratio, and excuses nothing', () => {
    const zeros = [0, 0, 0, 0, 0]
    const busy = [54.9, 54.5, 55.1, 55.6, 57.4]
    const rule = { allowedDecrease: 0.8, allowedIncrease: 1.2 }
    expect(classify(busy, zeros, rule)).toMatchObject({ class: 'High', ratio: Number.NaN })
    expect(classify(zeros, busy, rule)).toMatchObject({ class: 'Low', ratio: Number.NaN })
    expect(classify(zeros, zeros, rule)).toMatchObject({ class: 'Pass', ratio: 1 })
  })

  it.each([
    { name: 'any effect', ...higher, rule: { criticalIncrease: 1.2 }, expected: { class: 'High', critical: true } },
    { name: 'by default', ...higher, rule: {}, expected: { class: 'High', critical: true } },
    {
      name: 'lower',
      canary: [2, 2, 2, 2, 3],
      baseline: [10, 20.2, 10.1, 20.5, 30],
      rule: { criticalDecrease: 1.2, criticalIncrease: 1 },
      expected: { class: 'Low', critical: true },
    },
    {
      name: 'high, not critically so',
      ...higher,
      rule: { allowedIncrease: 5, criticalIncrease: 13 },
      expected: { class: 'High', critical: false },
    },
    {
      name: 'not even high',
      ...higher,
      rule: { allowedIncrease: 13, criticalIncrease: 15 },
      expected: { class: 'Pass', critical: false },
    },
  ])('critical, $name', ({ canary, baseline, rule, expected }) => {
    expect(classify(canary, baseline, { ...rule, critical: true })).toMatchObject(expected)
  })

  it('no data is no pass, unless gaps are said to mean 0', () => {
    const some = [1, 2, 3, 4, 5]
    expect(classify([], some)).toMatchObject({ class: 'Nodata', critical: false })
    expect(classify([Number.NaN, Number.NaN], some)).toMatchObject({ class: 'Nodata' })
    expect(classify([], some, { critical: true })).toMatchObject({ class: 'Nodata', critical: true })
    expect(classify([], some, { mustHaveData: true })).toMatchObject({ class: 'NodataFailMetric', critical: false })
    expect(classify([], some, { nanStrategy: 'replace' })).toMatchObject({ class: 'Pass' })
  })

  it('what cannot be compared is an error, not a pass', () => {
    expect(classify([1, 2, Number.POSITIVE_INFINITY], [1, 2, 3])).toMatchObject({ class: 'Error' })
  })
})

// Expected numbers: kayenta-judge, TransformSuite, DetectorSuite, StatisticSuite.
describe('the values of a metric', () => {
  it('gaps are left out, or taken for 0', () => {
    const gaps = [Number.NaN, 10.1, 20.2, 30.3, Number.NaN, 40.4]
    expect(preparedValues(gaps, 'remove', null)).toEqual([10.1, 20.2, 30.3, 40.4])
    expect(preparedValues(gaps, 'replace', null)).toEqual([0, 10.1, 20.2, 30.3, 0, 40.4])
  })

  it('outliers by interquartile range', () => {
    expect(withoutOutliers([21, 23, 24, 25, 50, 29, 23, 21], 1.5, false)).toEqual([21, 23, 24, 25, 29, 23, 21])
    expect(withoutOutliers([1, 1, 1, 5, -1, -1, -1, -5], 1.5, false)).toEqual([1, 1, 1, -1, -1, -1])
    expect(withoutOutliers(nist, 1.5, false)).toEqual(nist.slice(0, -1))
    expect(withoutOutliers([], 1.5, true)).toEqual([])
  })

  it('percentiles and ratios', () => {
    expect(percentile([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5], 0.05)).toBeCloseTo(0.175, 4)
    expect(percentile([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 0.5)).toBe(4.5)
    expect(percentile([1], 1)).toBe(1)
    expect(meanRatio([10, 10], [100, 100])).toBe(0.1)
    expect(meanRatio([10, 10], [0, 0])).toBeNaN()
  })
})

// Expected scores: kayenta-judge, ScorerSuite.
describe('the score', () => {
  const metric = (label: ClassifiedMetric['class'], group = 'g', critical = false): ClassifiedMetric => ({
    name: label,
    class: label,
    groups: [group],
    critical,
  })

  it.each([
    { name: 'one pass', metrics: [metric('Pass')], weights: {}, score: 100 },
    { name: 'one failure', metrics: [metric('High')], weights: {}, score: 0 },
    { name: 'no data', metrics: [metric('Nodata')], weights: {}, score: 0 },
    {
      name: 'two pass, another group is silent',
      metrics: [metric('Pass'), metric('Pass'), metric('Nodata', 'h')],
      weights: {},
      score: 100,
    },
    { name: 'one of two', metrics: [metric('Pass'), metric('High')], weights: {}, score: 50 },
    { name: 'one of three', metrics: [metric('Pass'), metric('High'), metric('Low')], weights: {}, score: 33.33 },
    {
      name: 'weighed 75 to 25',
      metrics: [metric('Pass'), metric('Pass'), metric('High', 'h')],
      weights: { g: 75, h: 25 },
      score: 75,
    },
    {
      name: 'weighed alike',
      metrics: [metric('Pass'), metric('High'), metric('High', 'h')],
      weights: { g: 50, h: 50 },
      score: 25,
    },
    {
      name: 'weighed alike, one silent',
      metrics: [metric('Pass'), metric('Nodata'), metric('High', 'h')],
      weights: { g: 50, h: 50 },
      score: 50,
    },
    {
      name: 'weighed 15 to 85',
      metrics: [metric('High'), metric('Low'), metric('Pass'), metric('High', 'h')],
      weights: { g: 15, h: 85 },
      score: 5,
    },
    { name: 'a critical failure', metrics: [metric('Pass'), metric('High', 'g', true)], weights: {}, score: 0 },
    { name: 'a critical pass', metrics: [metric('Low'), metric('Pass', 'g', true)], weights: {}, score: 50 },
    { name: 'a critical silence', metrics: [metric('Pass'), metric('Nodata', 'g', true)], weights: {}, score: 0 },
  ])('$name: $score', ({ metrics, weights, score }) => {
    expect(scoreMetrics(metrics, weights as Record<string, number>).score).toBe(score)
  })

  it('data that had to be there counts against the canary', () => {
    expect(scoreMetrics([metric('Pass'), metric('NodataFailMetric')]).score).toBe(50)
  })

  it('half of the metrics silent fails the canary', () => {
    expect(scoreMetrics([metric('Pass'), metric('Nodata')])).toMatchObject({
      score: 0,
      failure: '1 of 2 metrics have no data',
    })
  })

  it('is judged by two thresholds', () => {
    const thresholds = { pass: 75, marginal: 50 }
    expect([75, 74.99, 50, 49.99].map((score) => scoreVerdict(score, thresholds))).toEqual([
      'pass',
      'marginal',
      'marginal',
      'fail',
    ])
  })

  it('a canary is judged as a whole; a muted metric is shown only', () => {
    const judged = judgeCanary([
      { name: 'latency', canary: around.ten, baseline: around.tenAgain, groups: ['g'] },
      { name: 'errors', canary: around.twenty, baseline: around.tenAgain, groups: ['g'], muted: true },
    ])
    expect(judged).toMatchObject({ score: 100, verdict: 'pass', groups: { g: 100 } })
    expect(judged.metrics.map((entry) => entry.class)).toEqual(['Pass', 'High'])
  })
})
