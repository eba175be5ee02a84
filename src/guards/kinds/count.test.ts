import { describe, expect, it } from 'vitest'
import { guardContract, guardOf, judgeAll } from '../../../test/contracts/guard-contract.ts'
import type { Sample } from '../../plan/signal.ts'
import type { GuardKind } from '../guard-kind.ts'
import { count } from './count.ts'

const kind: GuardKind = count
const look = (at: number, value: number | null, change: Partial<Sample> = {}): Sample => {
  return { signal: 'error-rate', version: 'v2', at: at * 1000, value, unit: 'percent', observations: 10, ...change }
}
const alerts = { signal: 'critical-errors', version: null, unit: 'count', observations: null }

guardContract(count, {
  good: (at) => [look(at / 1000, 0), look(at / 1000, 0, alerts)],
  others: [
    { signal: 'error-rate', of: 'failures', moreThan: 10, within: '5 min' },
    { signal: 'critical-errors', scope: 'service', moreThan: 0, within: '1h' },
    { signal: 'error-rate', of: 'looks', moreThan: 3, within: '1 min' },
    { signal: 'critical-errors', scope: 'service', of: 'values', moreThan: 2.5, first: '10 s' },
  ],
})

/** Events of a look a second. */
function events(given: object, values: (number | null)[], change: Partial<Sample> = {}) {
  const rule = guardOf(kind, { signal: 'error-rate', of: 'failures', moreThan: 10, ...given })
  const looks = values.map((value, at) => [
    look(at, value, { ...(value === null ? { observations: null } : {}), ...change }),
  ])
  return judgeAll(kind, rule, looks).events
}
const outline = (given: object, values: (number | null)[], change: Partial<Sample> = {}) =>
  events(given, values, change).map(({ type, at }) => `${type} at ${at / 1000}`)
const quiet = (seconds: number): number[] => Array.from({ length: seconds }, () => 0)

describe('counting', () => {
  it('failed requests: a share of those that were answered', () => {
    const [event, ...more] = events({ first: '1h' }, [50, 0, 50, 20])
    expect(event).toMatchObject({ type: 'tripped', at: 3000 })
    expect(event?.sentence).toBe('v2 error rate: 12 failed requests in the first 1 h > 10')
    expect(more).toEqual([])
  })

  it('failed requests exactly, where the source counts them', () => {
    const tally = { requests: 1000, errors: 6, latency: null }
    const rule = guardOf(kind, { signal: 'requests', of: 'failures', moreThan: 10, within: '1 min' })
    const looks = [1, 2].map((at) => [look(at, 1000, { signal: 'requests', unit: 'count', observations: 1000, tally })])
    expect(judgeAll(kind, rule, looks).events).toMatchObject([{ type: 'tripped', at: 2000 }])
  })

  it('values, observations, or looks at which there was something', () => {
    expect(outline({ of: 'values', within: '1 min' }, [5, 5, 1])).toEqual(['tripped at 2'])
    expect(outline({ of: 'observations', within: '1 min' }, [1, 1])).toEqual(['tripped at 1'])
    expect(outline({ of: 'looks', moreThan: 2, within: '1 min' }, [1, 0, 90, 0, 1])).toEqual(['tripped at 4'])
  })

  it('is unknown where the sample does not say how many: no failures of a share of nobody knows what', () => {
    const rule = guardOf(
      kind,
      { signal: 'error-rate', of: 'failures', moreThan: 0, within: '1 min' },
      { unknownMax: 2 },
    )
    const looks = [1, 2].map((at) => [look(at, 100, { observations: null })])
    expect(judgeAll(kind, rule, looks).events).toMatchObject([{ type: 'unknown' }])
  })
})

describe('the period', () => {
  it('slides: what lies further back does not count', () => {
    const values = [100, ...quiet(59), 100]
    expect(outline({ within: '30 s' }, values)).toEqual([])
    expect(outline({ within: '2 min' }, values)).toEqual(['tripped at 60'])
    expect(outline({ within: '10 s' }, [100, 100, ...quiet(12)])).toEqual(['tripped at 1', 'recovered at 10'])
  })

  it('is the first one only, and its end mends nothing', () => {
    expect(outline({ first: '5 s' }, [...quiet(6), 100, 100, 100])).toEqual([])
    expect(outline({ first: '5 s' }, [100, 100, ...quiet(10)])).toEqual(['tripped at 1'])
  })

  it('must have been seen as a whole before a guard is well again', () => {
    const values = [100, 100, ...quiet(5), null, ...quiet(8)]
    expect(outline({ within: '10 s' }, values)).toEqual(['tripped at 1'])
    expect(outline({ within: '10 s' }, [...values, ...quiet(5)])).toEqual(['tripped at 1', 'recovered at 18'])
  })

  it.each([{ within: '1h', first: '1h' }, { within: 0 }, {}])('is said exactly once: not %j', (given) => {
    expect(kind.options.safeParse({ signal: 'error-rate', moreThan: 1, ...given }).success).toBe(false)
  })

  it('says what it takes to turn red', () => {
    const { reaction } = kind
    const context = { candidate: 'v2', stable: 'v1', samplingMs: 1000, everyMs: {} }
    expect(reaction(kind.options.parse(kind.example), context)).toEqual({
      ms: 1000,
      given: '11 failed requests in the first 1 h',
    })
    const looks = { signal: 'error-rate', of: 'looks', moreThan: 3, within: '1 min' }
    expect(reaction(kind.options.parse(looks), context)).toEqual({ ms: 4000, given: '4 looks' })
  })

  it('reads as a sentence', () => {
    expect(guardOf(kind, kind.example).condition).toBe(
      'failed requests by error rate of the candidate > 10 in the first 1 h',
    )
    const given = { signal: 'critical-errors', scope: 'service', moreThan: 10, within: '1h' }
    expect(guardOf(kind, given).condition).toBe('sum of critical errors > 10 within 1 h')
  })
})
