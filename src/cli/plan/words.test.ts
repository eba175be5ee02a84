import { describe, expect, it } from 'vitest'
import type { Threshold } from '../../plan/threshold.ts'
import { amountInWords, thresholdInWords } from './words.ts'

const bound = (said: Partial<Threshold>): Threshold => ({
  subject: 'error rate',
  aggregate: null,
  operator: '>',
  value: 5,
  valueMax: null,
  unit: 'percent',
  windowMs: null,
  consecutive: null,
  relativeTo: null,
  text: 'Error rate > 5%',
  ...said,
})

describe('bounds in words', () => {
  it.each([
    [{}, 'error rate > 5 %'],
    [{ windowMs: 300_000 }, 'error rate > 5 % for 5 min'],
    [{ consecutive: 3 }, 'error rate > 5 %, 3 in a row'],
    [{ subject: 'failures', operator: '>=', value: 5, unit: 'count', consecutive: 5 }, 'failures ≥ 5 in a row'],
    [{ relativeTo: 'baseline', operator: '<=' }, 'error rate ≤ 5 % against the baseline'],
    [{ subject: 'latency', aggregate: 'p95', unit: 'ms', value: 1500 }, 'p95 latency > 1.5 s'],
    [{ subject: 'p95 latency', aggregate: 'p95', unit: 'ms', value: 500 }, 'p95 latency > 500 ms'],
    [{ subject: 'cpu', operator: 'between', value: 20, valueMax: 60 }, 'cpu 20 % to 60 %'],
    [{ value: null, unit: null, text: 'within SLA' }, 'within SLA (no number)'],
    [{ subject: 'alerts', operator: '==', value: 0, unit: 'count' }, 'alerts = 0'],
  ] as [Partial<Threshold>, string][])('%j', (said, words) => {
    expect(thresholdInWords(bound(said))).toBe(words)
  })

  it.each([
    [5 * 1024 ** 3, 'bytes', '5 GB'],
    [1.5 * 1024 ** 2, 'bytes', '1.5 MB'],
    [5e9, 'bytes', '5 GB'],
    [10 / 3600, 'per-second', '10 per hour'],
    [100, 'per-second', '100 per s'],
    [0, 'per-second', '0 per s'],
    [18, 'version', 'v18'],
    [3, 'replicas', '3 replicas'],
    [86_400_000, 'ms', '1 day'],
  ] as const)('%d %s is %s', (value, unit, words) => {
    expect(amountInWords(value, unit)).toBe(words)
  })
})
