import { describe, expect, it } from 'vitest'
import { guardContract, guardOf, judgeAll } from '../../../test/contracts/guard-contract.ts'
import type { Sample } from '../../plan/signal.ts'
import type { GuardKind } from '../guard-kind.ts'
import { stepThreshold } from './step-threshold.ts'

const kind = stepThreshold as unknown as GuardKind
const sample = (second: number, signal: string, value: number | null, version: string | null = 'v2'): Sample => {
  return { signal, version, at: second * 1000, value, unit: '', observations: 100 }
}
const checks = [
  { signal: 'error-rate', max: 1 },
  { signal: 'apdex', min: 0.9, max: 1.2 },
]
/** Looks a second apart: error rate and apdex. */
const eventsOf = (given: object, values: [number | null, number | null][]) =>
  judgeAll(
    kind,
    guardOf(kind, { checks, every: '2 s', ...given }),
    values.map(([errors, apdex], second) => [sample(second, 'error-rate', errors), sample(second, 'apdex', apdex)]),
  ).events

guardContract(stepThreshold, {
  good: (at) => [
    sample(at / 1000, 'error-rate', 0.5),
    sample(at / 1000, 'response-time-p99', 300),
    sample(at / 1000, 'apdex', 1),
    sample(at / 1000, 'queue-depth', 5, null),
  ],
  others: [
    { checks },
    { checks: [{ signal: 'apdex', min: 0 }], every: '1 s', threshold: 3 },
    { checks: [{ signal: 'queue-depth', scope: 'service', max: 10 }], threshold: 2, every: 0 },
  ],
})

const good: [number, number] = [0, 1]

describe('ticks', () => {
  it('are judged by the values at the tick, and added up', () => {
    const between: [number, number] = [50, 0]
    expect(eventsOf({ threshold: 2 }, [good, between, good, between, good])).toEqual([])
    const failing = eventsOf({ threshold: 2 }, [good, good, [2, 1], good, good, good, [0, 0.5], good, good])
    expect(failing.map(({ type, at }) => `${type} at ${at / 1000}`)).toEqual(['tripped at 6'])
    expect(failing[0]?.sentence).toBe('v2 apdex 0.5, not between 0.9 and 1.2, 2 failed ticks, trips at 2')
  })

  it('that fail twice over count once', () => {
    expect(eventsOf({ threshold: 2 }, [good, good, [9, 0], good, good])).toEqual([])
  })

  it('without values are no failures, nor do values of a tick ago count again', () => {
    expect(eventsOf({}, [good, good, [null, null], [null, null], [null, null]])).toEqual([])
    const once = eventsOf({ threshold: 2 }, [good, good, [5, 1], [null, 1], [null, 1]])
    expect(once).toEqual([])
  })
})

it('reads in words', () => {
  expect(guardOf(kind, kind.example).condition).toBe(
    'error rate of the candidate <= 1 %, response time p99 of the candidate <= 500 ms: not so at 5 ticks in all, every 1 min',
  )
})
