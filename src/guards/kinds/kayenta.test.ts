import { describe, expect, it } from 'vitest'
import { guardContract, guardOf, judgeAll } from '../../../test/contracts/guard-contract.ts'
import type { Sample } from '../../plan/signal.ts'
import type { GuardKind } from '../guard-kind.ts'
import { kayenta } from './kayenta.ts'

const kind = kayenta as unknown as GuardKind
const signals = ['error-rate', 'response-time', 'request-rate']

/** A look at both versions; the candidate's values are `factor` times as high. */
const look = (second: number, factor: Partial<Record<string, number | null>> = {}): Sample[] =>
  signals.flatMap((signal, which): Sample[] => {
    const wobble = (salt: number): number => 10 + ((second * salt + which * 5) % 11)
    const times = factor[signal] === undefined ? 1 : factor[signal]
    const about = { signal, at: second * 1000, unit: '', observations: 100 }
    return [
      { ...about, version: 'v1', value: wobble(3) },
      { ...about, version: 'v2', value: times === null ? null : wobble(7) * times },
    ]
  })

const given = {
  metrics: [{ signal: 'error-rate' }, { signal: 'response-time' }],
  step: '1 s',
  every: '10 s',
  lookback: '60 s',
}
const eventsOf = (change: object, factor: Parameters<typeof look>[1], seconds = 61) =>
  judgeAll(
    kind,
    guardOf(kind, { ...given, ...change }),
    Array.from({ length: seconds }, (_, second) => look(second, factor)),
  ).events.map(({ type, at, sentence }) => `${type} at ${at / 1000}: ${sentence}`)

guardContract(kayenta, {
  good: (at) => look(at / 1000),
  others: [
    { ...given, every: '30 s' },
    { ...given, metrics: [{ signal: 'request-rate', direction: 'decrease' }], every: '20 s', lookback: '20 s' },
    {
      ...given,
      metrics: [{ signal: 'response-time', direction: 'either', critical: true, allowedIncrease: 1.5 }],
      every: '30 s',
    },
  ],
})

describe('the score', () => {
  it('trips below the marginal one, and says which metrics did it', () => {
    expect(eventsOf({}, { 'error-rate': 4, 'response-time': 4 })).toEqual([
      expect.stringMatching(
        /^tripped at 10: canary score 0: error rate higher \([34]\.\d\d times as high\), response time higher \(.+\), 2 metrics$/,
      ),
    ])
  })

  it('of half of the metrics is marginal, and does not trip unless one of them is critical', () => {
    expect(eventsOf({}, { 'error-rate': 4 })).toEqual([])
    const critical = { metrics: [{ signal: 'error-rate', critical: true }, { signal: 'response-time' }] }
    expect(eventsOf(critical, { 'error-rate': 4 })[0]).toMatch(/^tripped at 10: canary score 0/)
  })

  it('weighs groups', () => {
    const metrics = [
      { signal: 'error-rate', group: 'errors' },
      { signal: 'response-time', group: 'speed' },
    ]
    const groupWeights = { errors: 60, speed: 40 }
    expect(eventsOf({ metrics, groupWeights }, { 'error-rate': 4 })[0]).toMatch(/^tripped at 10: canary score 40/)
    expect(eventsOf({ metrics, groupWeights }, { 'response-time': 4 })).toEqual([])
  })

  it('is of no use without data: a metric the source cannot tell of does not trip', () => {
    expect(eventsOf({}, { 'error-rate': null, 'response-time': null })).toEqual([])
  })
})

it.each([{ every: '500 ms' }, { lookback: '5 s' }, { lookback: '1h' }, { pass: 40 }, { step: 0 }])(
  'refuses %j',
  (change) => {
    expect(kayenta.options.safeParse({ ...given, ...change }).success).toBe(false)
  },
)
