import { describe, expect, it } from 'vitest'
import { guardContract, guardOf, judgeAll } from '../../../test/contracts/guard-contract.ts'
import type { Sample } from '../../plan/signal.ts'
import type { GuardKind } from '../guard-kind.ts'
import { bound } from './bound.ts'

const kind: GuardKind = bound
const look = (at: number, value: number | null, version = 'v2', signal = 'error-rate'): Sample => {
  return { signal, version, at: at * 1000, value, unit: 'percent', observations: 100 }
}
const outline = (given: object, values: (number | null)[]) =>
  judgeAll(
    kind,
    guardOf(kind, { signal: 'error-rate', is: '>', value: 5, ...given }),
    values.map((value, at) => [look(at, value)]),
  ).events.map(({ type, at }) => `${type} at ${at / 1000}`)

const good = (at: number): Sample[] => [
  look(at / 1000, 1, 'v1'),
  look(at / 1000, 1),
  look(at / 1000, 120, 'v1', 'response-time'),
  look(at / 1000, 100, 'v2', 'response-time'),
  { ...look(at / 1000, 1, 'v2', 'health'), observations: 2 },
]

guardContract(bound, {
  good,
  others: [
    { signal: 'health', is: '==', value: 0, consecutive: 5 },
    { signal: 'error-rate', is: '>', value: 50 },
    { signal: 'response-time', is: '>', value: 20, relativeTo: 'baseline', consecutive: 3 },
    { signal: 'error-rate', is: '>=', value: 3, relativeTo: 'baseline-points', observationsMin: 50 },
    { signal: 'error-rate', is: 'between', value: 20, valueMax: 30, for: '10 s' },
    { signal: 'error-rate', is: '>', value: 5, clear: { is: '<', value: 1, for: '30 s' } },
    { signal: 'response-time', is: '<', value: 1, for: '2h' },
  ],
})

describe('hysteresis', () => {
  it('without it, a guard is well again as soon as it is not bad', () => {
    expect(outline({}, [6, 4, 6])).toEqual(['tripped at 0', 'recovered at 1', 'tripped at 2'])
  })

  it('holds a guard that has tripped until the other bound is kept', () => {
    expect(outline({ clear: { is: '<', value: 1 } }, [6, 4, 6, 2, 0.5, 6])).toEqual([
      'tripped at 0',
      'recovered at 4',
      'tripped at 5',
    ])
  })

  it('and for as long as it has to be; anything else in between begins it anew, unknown only when it is long', () => {
    const clear = { is: '<', value: 1, for: '3 s' }
    expect(outline({ clear }, [6, 0, 0, 2, 0, 0, 0, 0])).toEqual(['tripped at 0', 'recovered at 7'])
    expect(outline({ clear }, [6, 0, null, 0, 0])).toEqual(['tripped at 0', 'recovered at 4'])
    expect(outline({ clear }, [6, 0, 0, null, null, null, 0, 0, 0, 0])).toEqual(['tripped at 0', 'recovered at 9'])
  })
})

describe('in words', () => {
  it.each([
    [{ observationsMin: 5 }, 'error rate of the candidate > 5 %, at least 5 observations'],
    [{ consecutive: 5, for: '5 min' }, 'error rate of the candidate > 5 %, 5 samples in a row, for 5 min'],
    [{ relativeTo: 'baseline', value: 10, scope: 'any' }, 'error rate of any version > 10 % above baseline'],
    [{ relativeTo: 'baseline-points' }, 'error rate of the candidate > baseline plus 5 %'],
    [{ signal: 'integrity', is: '==', value: 0, scope: 'service' }, 'integrity is bad'],
    [{ is: 'between', value: 1, valueMax: 5 }, 'error rate of the candidate between 1 % and 5 %'],
    [{ signal: 'response-time-p95', value: 10_000 }, 'response time p95 of the candidate > 10 s'],
    [{ signal: 'queue-depth', scope: 'service', value: 1000 }, 'queue depth > 1000'],
    [
      { clear: { is: '<', value: 1, for: '1 min' } },
      'error rate of the candidate > 5 %, well again at < 1 % for 1 min',
    ],
  ])('%j reads: %s', (given, words) => {
    expect(guardOf(kind, { signal: 'error-rate', is: '>', value: 5, ...given }).condition).toBe(words)
  })
})
