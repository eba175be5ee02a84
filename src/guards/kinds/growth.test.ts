import { describe, expect, it } from 'vitest'
import { guardContract, guardOf, judgeAll } from '../../../test/contracts/guard-contract.ts'
import type { Sample } from '../../plan/signal.ts'
import type { GuardKind } from '../guard-kind.ts'
import { growth } from './growth.ts'

const kind: GuardKind = growth
const MINUTE = 60_000
const memory = (at: number, value: number | null): Sample => {
  return { signal: 'memory', version: 'v2', at, value, unit: 'percent', observations: null }
}
/** Repeatable noise between -1 and 1. */
const noise = (index: number): number => (((index * 7919) % 201) - 100) / 100

guardContract(growth, {
  good: (at) => [memory(at, 60 + noise(at / 1000)), { ...memory(at, 5), signal: 'queue-depth', version: null }],
  others: [
    { signal: 'memory', moreThan: 10, over: '1 min' },
    { signal: 'queue-depth', scope: 'service', moreThan: 100, unit: 'own', over: '10 min', samplesMin: 30 },
  ],
})

/** Events of a look every 10 s for `minutes`. */
function events(valueAt: (minute: number, index: number) => number | null, minutes: number, given: object = {}) {
  const rule = guardOf(kind, { signal: 'memory', moreThan: 10, over: '30 min', ...given })
  const looks = Array.from({ length: minutes * 6 }, (_, index) => [memory(index * 10_000, valueAt(index / 6, index))])
  return judgeAll(kind, rule, looks, false).events
}

describe('a signal that grows', () => {
  it('trips when it has grown by more than that, and says by how much', () => {
    const [event, ...more] = events((minute) => 40 + minute / 2, 30)
    expect(event?.sentence).toMatch(
      /^v2 memory grew by 10\.\d+ % \(40\.\d+ % to 44\.\d+ % in 8 min.*\) > 10 %, \d+ samples$/,
    )
    expect(more).toEqual([])
    expect(events((minute) => 40 + minute / 10, 120)).toEqual([])
  })

  it('is seen through noise and through single outliers, which alone are no growth', () => {
    expect(events((minute, index) => 40 + minute / 4 + noise(index), 30)).toHaveLength(1)
    expect(events((_, index) => 40 + 3 * noise(index), 240)).toEqual([])
    expect(events((_, index) => (index % 50 === 7 ? 95 : 40), 240)).toEqual([])
  })

  it('is not seen in a saw-tooth that comes back to where it was', () => {
    expect(events((minute) => 40 + 10 * (minute % 3), 240)).toEqual([])
  })

  it('is well again when it has stopped', () => {
    const types = events((minute) => 40 + Math.min(minute, 20), 120).map(({ type }) => type)
    expect(types).toEqual(['tripped', 'recovered'])
  })

  it('counts in the signal’s own unit where that is asked for', () => {
    const given = { unit: 'own', moreThan: 5 }
    expect(events((minute) => 40 + minute / 8, 60, given)).toEqual([])
    expect(events((minute) => 40 + minute / 4, 60, given)).toHaveLength(1)
  })

  it('goes on over a gap without drawing a line through it that nobody saw', () => {
    expect(events((minute) => (minute > 10 && minute < 20 ? null : 40 + minute / 4), 60)).toHaveLength(1)
  })

  it('is unknown from nothing: percent of zero is no figure', () => {
    const rule = guardOf(kind, { signal: 'memory', moreThan: 10, over: '30 min' }, { unknownMax: 3 })
    const looks = Array.from({ length: 180 }, (_, index) => [memory(index * 10_000, 0)])
    expect(judgeAll(kind, rule, looks).events).toMatchObject([{ type: 'unknown' }])
  })

  it('reads as a sentence', () => {
    expect(guardOf(kind, kind.example).condition).toBe('memory of the candidate grows by more than 10 % over 30 min')
    const bytes = { signal: 'memory-bytes', unit: 'own', moreThan: 5e8, over: 10 * MINUTE }
    expect(guardOf(kind, bytes).condition).toBe('memory bytes of the candidate grows by more than 500 MB over 10 min')
  })
})
