import { describe, expect, it } from 'vitest'
import { guardContract, guardOf, judgeAll } from '../../../test/contracts/guard-contract.ts'
import type { Sample } from '../../plan/signal.ts'
import type { GuardKind } from '../guard-kind.ts'
import { bound } from './bound.ts'
import { compoundOf } from './compound.ts'
import { count } from './count.ts'
import { growth } from './growth.ts'

const compound = compoundOf([bound, growth, count])
const kind: GuardKind = compound
const UNITS: Record<string, string> = { errors: 'percent', slow: 'ms', rate: 'per-second' }

/** `look(3, { 'error-rate': 7 })`: samples of the new version at second 3. */
function look(at: number, values: Record<string, number | null>): Sample[] {
  return Object.entries(values).map(([signal, value]) => {
    const observations = value === null ? null : 100
    return {
      signal,
      version: signal === 'integrity' ? null : 'v2',
      at: at * 1000,
      value,
      unit: UNITS[signal] ?? '',
      observations,
    }
  })
}

const errors = { signal: 'errors', is: '>', value: 5 }
const slow = { signal: 'slow', is: '>', value: 1000 }
const quiet = { signal: 'rate', is: '<', value: 1 }

guardContract(compound, {
  good: (at) => [
    ...look(at / 1000, { errors: 50 }).map((sample) => ({ ...sample, version: 'v1' })),
    ...look(at / 1000, { 'error-rate': 0, 'request-rate': 20, errors: 0, slow: 100, rate: 20 }),
    ...look(at / 1000, { integrity: 1, memory: 50, queue: 50 }),
  ],
  others: [
    { all: [errors, slow], consecutive: 3 },
    { all: [errors, { ...errors, scope: 'stable', is: '<' }] },
    { any: [errors, { all: [slow, { ...quiet, is: '>' }] }] },
    { not: { signal: 'rate', is: '>', value: 1 } },
    { all: [errors, { not: { signal: 'errors', is: '>', value: 50 } }] },
    {
      any: [
        { signal: 'integrity', scope: 'service', is: '==', value: 0 },
        { kind: 'growth', signal: 'memory', moreThan: 10, over: '1 min' },
      ],
    },
    { all: [{ kind: 'count', signal: 'errors', of: 'looks', moreThan: 2, within: '1 min' }, slow] },
    {
      all: [
        { ...slow, signal: 'queue' },
        { kind: 'growth', signal: 'queue', moreThan: 0, over: '1 min' },
      ],
    },
  ],
})

function events(given: object, looks: Sample[][], unknownMax = 0) {
  return judgeAll(kind, guardOf(kind, given, { unknownMax }), looks).events
}
const outline = (given: object, values: Record<string, number | null>[], unknownMax = 0) =>
  events(
    given,
    values.map((one, at) => look(at, one)),
    unknownMax,
  ).map(({ type, at }) => `${type} at ${at / 1000}`)

describe('all of several conditions', () => {
  it('trips when they hold together, and says so of each', () => {
    const [event, ...more] = events({ all: [errors, slow] }, [
      look(0, { errors: 9, slow: 1 }),
      look(1, { errors: 1, slow: 3000 }),
      look(2, { errors: 9, slow: 3000 }),
    ])
    expect(event).toMatchObject({ type: 'tripped', at: 2000, sample: { signal: 'errors', value: 9 } })
    expect(event?.sentence).toBe('v2 errors 9 % > 5 % and v2 slow 3 s > 1 s, 1 sample')
    expect(more).toEqual([])
  })

  it('neither trips nor is well by what is unknown, but is well when one is known to be', () => {
    const all = { all: [errors, slow] }
    expect(outline(all, [{ errors: 9, slow: null }])).toEqual([])
    const tripped = { errors: 9, slow: 3000 }
    expect(outline(all, [tripped, { errors: 9, slow: null }, { errors: null, slow: null }])).toEqual(['tripped at 0'])
    expect(outline(all, [tripped, { errors: 1, slow: null }])).toEqual(['tripped at 0', 'recovered at 1'])
  })

  it('takes what another source said a moment ago, not what it said long ago', () => {
    const all = { all: [errors, slow] }
    expect(outline(all, [{ slow: 3000 }, { errors: 9 }])).toEqual(['tripped at 1'])
    expect(outline(all, [{ slow: 3000 }, {}, {}, {}, {}, { errors: 9 }])).toEqual([])
  })

  it('keeps the pace of each source: one that looks every ten seconds is not forgotten in between', () => {
    const values = Array.from({ length: 26 }, (_, at) => ({
      errors: at > 24 ? 9 : 0,
      ...(at % 10 === 0 ? { slow: 3000 } : {}),
    }))
    expect(outline({ all: [errors, slow] }, values)).toEqual(['tripped at 25'])
  })

  it('tells at the limit that it does not know', () => {
    const values = Array.from({ length: 5 }, () => ({ errors: 9, slow: null }))
    expect(outline({ all: [errors, slow] }, values, 3)).toEqual(['unknown at 2'])
    expect(
      outline(
        { all: [errors, slow] },
        values.map((one) => ({ ...one, errors: 0 })),
        3,
      ),
    ).toEqual([])
  })
})

describe('any of several conditions', () => {
  it('trips by one, whatever is not known of the others', () => {
    const [event] = events({ any: [errors, slow] }, [look(0, { errors: null, slow: 3000 })])
    expect(event?.sentence).toBe('v2 slow 3 s > 1 s, 1 sample')
  })

  it('is not well as long as one of them is unknown', () => {
    const values = [
      { errors: 9, slow: 1 },
      { errors: 1, slow: null },
      { errors: 1, slow: 1 },
    ]
    expect(outline({ any: [errors, slow] }, values)).toEqual(['tripped at 0', 'recovered at 2'])
  })
})

describe('not', () => {
  it('trips where the condition is known to fail, and never where nothing is known of it', () => {
    const enough = { not: { signal: 'rate', is: '>', value: 1 } }
    expect(outline(enough, [{ rate: 20 }, { rate: null }, { rate: 0.5 }])).toEqual(['tripped at 2'])
    expect(events(enough, [look(0, { rate: 0 })])[0]?.sentence).toBe('not (rate of the candidate > 1), 1 sample')
  })

  it('of a group is what logic says', () => {
    const neither = { not: { any: [errors, slow] } }
    expect(
      outline(neither, [
        { errors: 9, slow: 1 },
        { errors: 1, slow: 1 },
      ]),
    ).toEqual(['tripped at 1'])
    expect(guardOf(kind, { not: { all: [errors, slow] } }).condition).toBe(
      'not (errors of the candidate > 5) or not (slow of the candidate > 1000)',
    )
  })
})

describe('how long', () => {
  it('is said of each condition and of the whole', () => {
    const given = { all: [{ ...errors, consecutive: 2 }, slow], consecutive: 2 }
    const bad = { errors: 9, slow: 3000 }
    expect(outline(given, [bad, bad, bad])).toEqual(['tripped at 2'])
    expect(outline(given, [bad, { ...bad, errors: 1 }, bad, bad, bad])).toEqual(['tripped at 4'])
  })

  it('counts a moment once, though its samples come from two sources', () => {
    const rule = guardOf(kind, { any: [errors, slow], consecutive: 3 })
    const parts = [1, 2, 3].flatMap((at) => [look(at, { errors: 9 }), look(at, { slow: 3000 })])
    expect(judgeAll(kind, rule, parts).events.map(({ at }) => at)).toEqual([3000])
  })
})

describe('conditions as they are written', () => {
  it.each([
    [{ all: [{ kind: 'bond', signal: 'errors' }] }, /unknown guard kind "bond"/],
    [{ all: [{ signal: 'errors', is: '>' }] }, /expected number/],
    [{ any: [{ all: [{ ...errors, scope: 'any' }] }] }, /about one version/],
    [{ all: [errors], any: [slow] }, /exactly one of/],
    [{}, /exactly one of/],
    [{ all: [] }, />=1/],
    [{ all: Array.from({ length: 11 }, () => errors) }, /<=10/],
  ])('%j is refused', (given, message) => {
    const { error } = kind.options.safeParse(given)
    expect(error?.issues[0]?.message).toMatch(message)
  })

  it('read as a sentence', () => {
    expect(guardOf(kind, kind.example).condition).toBe(
      'error rate of the candidate > 5 %, at least 40 observations and not (request rate of the candidate < 1/s), for 10 s',
    )
  })
})
