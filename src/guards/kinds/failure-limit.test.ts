import { describe, expect, it } from 'vitest'
import { guardContract, guardOf, judgeAll } from '../../../test/contracts/guard-contract.ts'
import type { Sample } from '../../plan/signal.ts'
import type { GuardKind } from '../guard-kind.ts'
import { failureLimit } from './failure-limit.ts'

const kind = failureLimit as unknown as GuardKind
const look = (second: number, value: number | null, version: string | null = 'v2', signal = 'error-rate'): Sample => {
  return { signal, version, at: second * 1000, value, unit: 'percent', observations: 100 }
}
const outline = (given: object, values: (number | null)[], common = {}) =>
  judgeAll(
    kind,
    guardOf(kind, { signal: 'error-rate', failure: [{ is: '>', value: 5 }], ...given }, common),
    values.map((value, second) => [look(second, value)]),
  ).events.map(({ type, at }) => `${type} at ${at / 1000}`)

guardContract(failureLimit, {
  good: (at) => [
    look(at / 1000, 1),
    look(at / 1000, 1, 'v1'),
    look(at / 1000, 0.99, null, 'success-rate'),
    look(at / 1000, 150, 'v2', 'response-time'),
  ],
  others: [
    { signal: 'success-rate', scope: 'service', success: [{ is: '>=', value: 0.95 }] },
    { signal: 'error-rate', success: [{ is: '<', value: 2 }], failure: [{ is: '>', value: 5 }], failureLimit: 2 },
    {
      signal: 'response-time',
      scope: 'any',
      success: [{ is: 'between', value: 100, valueMax: 200 }],
      every: '5 s',
      count: 4,
    },
    {
      signal: 'error-rate',
      failure: [
        { is: '>=', value: 50 },
        { is: '==', value: 7 },
      ],
      delay: '10 min',
      every: '1 min',
    },
  ],
})

describe('so many failures are accepted', () => {
  it('none by default: the first one trips', () => {
    expect(outline({}, [1, 6])).toEqual(['tripped at 1'])
  })

  it('in all, whatever lies in between', () => {
    expect(outline({ failureLimit: 2 }, [6, 1, 6, 1, 1, 1])).toEqual([])
    expect(outline({ failureLimit: 2 }, [6, 1, 6, 1, 1, 6])).toEqual(['tripped at 5'])
  })

  it('and once it has tripped it stays so', () => {
    expect(outline({}, [6, 1, 1, 1, 6])).toEqual(['tripped at 0'])
  })

  it('and only those that are measured count', () => {
    expect(outline({ every: '4 s' }, [1, 6, 6, 6, 1, 6, 6, 6, 6])).toEqual(['tripped at 8'])
    expect(outline({ delay: '3 s' }, [6, 6, 6, 1])).toEqual([])
    expect(outline({ count: 2 }, [1, 1, 6])).toEqual([])
  })

  it('what the source cannot tell is no failure, and is not counted', () => {
    expect(outline({ every: '2 s', count: 2 }, [null, null, null, 1, 6, 6])).toEqual(['tripped at 5'])
  })
})

describe('neither good nor bad', () => {
  const given = { success: [{ is: '<', value: 2 }], failure: [{ is: '>', value: 5 }] }

  it('is unknown beyond its limit, which pauses where unknown is limited', () => {
    expect(outline({ ...given, inconclusiveLimit: 2 }, [3, 3, 1, 1], { unknownMax: 1 })).toEqual([])
    expect(outline({ ...given, inconclusiveLimit: 2 }, [3, 3, 1, 3], { unknownMax: 1 })).toEqual(['unknown at 3'])
  })

  it('does not keep a failure from tripping', () => {
    expect(outline(given, [3, 3, 6])).toEqual(['tripped at 2'])
  })
})

describe('in words', () => {
  it.each([
    [{}, 'error rate of the candidate > 5 %, more than 0 times in all'],
    [
      {
        failure: [],
        success: [
          { is: '>=', value: 0 },
          { is: '<', value: 5 },
        ],
        failureLimit: 3,
        every: '60 s',
        delay: '2 min',
      },
      'error rate of the candidate not >= 0 % and < 5 %, more than 3 times in all, measured every 1 min, from 2 min on',
    ],
    [
      { success: [{ is: '<', value: 2 }], count: 5 },
      'error rate of the candidate > 5 %, more than 0 times in all, good when < 2 %, 5 measurements at most',
    ],
  ])('%j reads: %s', (given, words) => {
    expect(guardOf(kind, { signal: 'error-rate', failure: [{ is: '>', value: 5 }], ...given }).condition).toBe(words)
  })

  it('says what it counted', () => {
    const rule = guardOf(kind, { signal: 'error-rate', failure: [{ is: '>', value: 5 }], failureLimit: 1 })
    const { events } = judgeAll(
      kind,
      rule,
      [1, 6, 7].map((value, second) => [look(second, value)]),
    )
    expect(events[0]?.sentence).toBe('v2 error rate 7 %, 2 failed measurements of 3, 1 accepted')
  })
})

it.each([
  { name: 'a count that cannot exceed the limit', given: { failureLimit: 3, count: 3 } },
  { name: 'no condition', given: { failure: [] } },
  { name: 'a limit that is never exceeded', given: { failureLimit: -1 } },
])('refuses $name', ({ given }) => {
  const whole = { signal: 'error-rate', failure: [{ is: '>', value: 5 }], ...given }
  expect(failureLimit.options.safeParse(whole).success).toBe(false)
})
