import { describe, expect, it } from 'vitest'
import type { GuardRule } from '../plan/guard-rule.ts'
import type { Sample } from '../plan/signal.ts'
import { eventsOf, onlyBounds, rule, sample, versions } from './fixtures.ts'
import { createJudge, judge, type JudgeEvent } from './judge.ts'

const health = (at: number, value: number | null): Sample =>
  sample(at, value, { signal: 'health', unit: 'count', observations: 2 })
const unreachable = (at: number): Sample => sample(at, null, { observations: null, detail: 'connection refused' })
const idle = (at: number): Sample => sample(at, null, { observations: 0, detail: 'no requests' })

/** A look at the error rates of both versions. */
const errors = (at: number, v1: number, v2: number): Sample[] => [sample(at, v1, { version: 'v1' }), sample(at, v2)]
/** So many failed requests of four. */
const few = (at: number, failed: number): Sample => sample(at, 25 * failed, { observations: 4 })
const time = (at: number, version: string, value: number | null, observations = 100): Sample =>
  sample(at, value, { signal: 'response-time', unit: 'ms', version, observations })

const outline = (events: JudgeEvent[]): string[] => events.map(({ type, at }) => `${type} at ${at / 1000}`)

/** The versions for which a rule of this scope trips when every series is bad. */
const tripped = (scope: GuardRule['scope']): (string | null)[] => {
  const samples = ['v1', 'v2', null, 'v0'].map((version) => sample(1, 100, { version }))
  return eventsOf([rule({ scope })], samples).map(({ version }) => version)
}

describe('a rule over single samples', () => {
  it('trips at the first bad sample and says what it saw', () => {
    const bad = sample(3, 100)
    const [event, ...others] = eventsOf([rule()], [sample(1, 0), sample(2, 50), bad])
    expect(event).toMatchObject({ type: 'tripped', version: 'v2', at: 3000, sample: bad, rule: { id: 'error-rate' } })
    expect(event?.sentence).toBe('v2 error rate 100 % > 50 %, 1 sample, 37 requests')
    expect(others).toEqual([])
  })

  it('trips once, and again only after it has recovered', () => {
    const samples = [100, 100, null, 100, 0, 0, 100].map((value, at) => sample(at, value))
    expect(outline(eventsOf([rule()], samples))).toEqual(['tripped at 0', 'recovered at 4', 'tripped at 6'])
  })

  it('looks at the version of its scope only', () => {
    expect(tripped('candidate')).toEqual(['v2'])
    expect(tripped('stable')).toEqual(['v1'])
    expect(tripped('any')).toEqual(['v1', 'v2'])
    expect(tripped('service')).toEqual([null])
  })

  it('follows each version on its own in scope `any`', () => {
    const samples = [...errors(1, 100, 0), ...errors(2, 0, 100), ...errors(3, 100, 100)]
    expect(eventsOf([rule({ scope: 'any', consecutive: 2 })], samples)).toMatchObject([{ version: 'v2', at: 3000 }])
  })
})

describe('a rule over several samples', () => {
  const fiveFailures = rule({ id: 'health', signal: 'health', is: '==', value: 0, consecutive: 5 })

  it('trips at the fifth failure in a row, not at five in all', () => {
    const values = [0, 0, 0, 0, 1, 0, 0, 0, 0, 0]
    const events = eventsOf(
      [fiveFailures],
      values.map((value, at) => health(at, value)),
    )
    expect(outline(events)).toEqual(['tripped at 9'])
    expect(events[0]?.sentence).toBe('v2 health check failed, 5 samples')
  })

  it('neither counts the unknown nor takes it for well', () => {
    const values = [0, 0, null, 0, null, null, 0, 0]
    expect(
      outline(
        eventsOf(
          [fiveFailures],
          values.map((value, at) => health(at, value)),
        ),
      ),
    ).toEqual(['tripped at 7'])
  })

  it('trips when the bad state has lasted', () => {
    const events = eventsOf(
      [rule({ for: 5000 })],
      [0, 1, 2, 3, 4, 5, 6].map((at) => sample(at, 60)),
    )
    expect(outline(events)).toEqual(['tripped at 5'])
    expect(events[0]?.sentence).toBe('v2 error rate 60 % > 50 %, 6 samples, for 5 s, 37 requests')
  })

  it('bridges a short gap in a lasting bad state, and starts anew after a long one', () => {
    const lasting = [rule({ for: 5000 })]
    expect(
      outline(eventsOf(lasting, [sample(0, 60), unreachable(1), unreachable(2), sample(3, 60), sample(5, 60)])),
    ).toEqual(['tripped at 5'])
    const long = [sample(0, 60), unreachable(1), unreachable(2), unreachable(3), sample(4, 60), sample(5, 60)]
    expect(outline(eventsOf(lasting, long))).toEqual([])
  })

  it('measures gaps by the pace of the source', () => {
    const everyTenSeconds = [0, 10, 20, 30, 40].map((at) => sample(at, 60))
    expect(outline(eventsOf([rule({ for: 30_000 })], everyTenSeconds))).toEqual(['tripped at 40'])
  })

  it('survives a clock that is set back or forth by an hour', () => {
    const steady = [rule({ for: 3000 })]
    const back = [0, 1, 2, -3600, -3599, -3598, -3597].map((at) => sample(at, 60))
    expect(outline(eventsOf(steady, back))).toEqual(['tripped at -3597'])
    const forth = [0, 1, 3600, 3601].map((at) => sample(at, 60))
    expect(outline(eventsOf(steady, forth))).toEqual([])
  })

  it('counts a look that is delivered twice once', () => {
    const twice = [sample(1, 100), sample(1, 100), sample(2, 100), sample(1, 100)]
    let state = createJudge([rule({ consecutive: 3 })], versions)
    for (const one of twice) {
      const result = judge(state, [one], onlyBounds)
      expect(result.events).toEqual([])
      state = result.state
    }
  })
})

describe('samples that rest on little', () => {
  it('are pooled until they suffice', () => {
    const guarded = rule({ value: 30, observationsMin: 10 })
    expect(outline(eventsOf([guarded], [few(1, 1), few(2, 1), few(3, 1), few(4, 1)]))).toEqual([])
    const [event] = eventsOf([guarded], [few(1, 1), few(2, 1), few(3, 2)])
    expect(event?.sentence).toBe('v2 error rate 33.33 % > 30 %, 1 sample, 12 requests')
  })

  it('trip at once where even perfect requests from here on could not mend it', () => {
    const [event] = eventsOf([rule({ value: 5, observationsMin: 40 })], [sample(1, 100, { observations: 3 })])
    expect(event?.sentence).toBe('v2 error rate 100 % > 5 %, 1 sample, 3 requests')
    expect(eventsOf([rule({ value: 5, observationsMin: 40 })], [sample(1, 100, { observations: 2 })])).toEqual([])
  })

  it('say nothing where they cannot be pooled', () => {
    const p95 = { signal: 'response-time-p95', unit: 'ms' }
    const slow = rule({ signal: 'response-time-p95', value: 2000, observationsMin: 20 })
    expect(eventsOf([slow], [sample(1, 9000, { ...p95, observations: 19 })])).toEqual([])
    expect(outline(eventsOf([slow], [sample(1, 9000, { ...p95, observations: 20 })]))).toEqual(['tripped at 1'])
  })

  it('never turn a rule that has tripped back to well', () => {
    const guarded = rule({ observationsMin: 5 })
    expect(outline(eventsOf([guarded], [sample(1, 100), sample(2, 0, { observations: 1 }), idle(3)]))).toEqual([
      'tripped at 1',
    ])
  })
})

describe('a rule relative to the old version', () => {
  const regression = rule({ signal: 'response-time', value: 10, relativeTo: 'baseline' })

  it('compares with the old version at the same look, in percent', () => {
    expect(eventsOf([regression], [time(1, 'v2', 110), time(1, 'v1', 100)])).toEqual([])
    const [event] = eventsOf([regression], [time(1, 'v2', 120), time(1, 'v1', 100)])
    expect(event?.sentence).toBe('v2 response time 120 ms against 100 ms of v1: +20 % > 10 %, 1 sample, 100 requests')
  })

  it('compares percentages by their difference, in points', () => {
    const increase = rule({ value: 5, relativeTo: 'baseline-points' })
    const [event] = eventsOf([increase], [sample(1, 7), sample(1, 1, { version: 'v1' })])
    expect(event?.sentence).toBe('v2 error rate 7 % against 1 % of v1: +6 points > 5 points, 1 sample, 37 requests')
    expect(eventsOf([increase], [sample(1, 6), sample(1, 1, { version: 'v1' })])).toEqual([])
  })

  it('compares with the value before the release where the old version has none', () => {
    const context = { baseline: { 'response-time': 100 } }
    expect(outline(eventsOf([regression], [time(1, 'v2', 120)], context))).toEqual(['tripped at 1'])
    expect(outline(eventsOf([regression], [time(1, 'v1', null, 0), time(1, 'v2', 120)], context))).toEqual([
      'tripped at 1',
    ])
  })

  it('does not know where there is nothing to compare with, or percent of zero', () => {
    const strict = { ...regression, unknownMax: 2 }
    expect(outline(eventsOf([strict], [time(1, 'v2', 900), time(2, 'v2', 900)]))).toEqual(['unknown at 2'])
    const zero = [1, 2].flatMap((at) => [time(at, 'v1', 0), time(at, 'v2', 900)])
    expect(outline(eventsOf([strict], zero))).toEqual(['unknown at 2'])
  })

  it('does not take an old look at the old version for this one', () => {
    expect(eventsOf([regression], [time(1, 'v1', 100), time(2, 'v2', 900)])).toEqual([])
  })

  it('pools both sides over the same looks', () => {
    const guarded = rule({ signal: 'response-time', value: 10, relativeTo: 'baseline', observationsMin: 20 })
    const [event] = eventsOf(
      [guarded],
      [time(1, 'v2', 100, 10), time(1, 'v1', 80, 90), time(2, 'v2', 140, 10), time(2, 'v1', 120, 90)],
    )
    expect(event?.sentence).toBe('v2 response time 120 ms against 100 ms of v1: +20 % > 10 %, 1 sample, 20 requests')
  })
})

describe('not knowing', () => {
  it('is told once at the limit, and again only after something was known', () => {
    const events = eventsOf(
      [rule({ unknownMax: 3 })],
      [...[0, 1, 2, 3, 4].map(unreachable), sample(5, 0), ...[6, 7, 8].map(unreachable)],
    )
    expect(outline(events)).toEqual(['unknown at 2', 'unknown at 8'])
    expect(events[0]?.sentence).toBe('v2 error rate unknown, 3 samples (connection refused)')
  })

  it('is only noted where the rule sets no limit', () => {
    expect(eventsOf([rule()], [...Array.from({ length: 100 }).keys()].map(unreachable))).toEqual([])
  })

  it('is not the same as being idle: a preview has no traffic', () => {
    expect(eventsOf([rule({ unknownMax: 3 })], [...Array.from({ length: 100 }).keys()].map(idle))).toEqual([])
  })

  it('includes nonsense', () => {
    const nonsense = [Number.NaN, Number.POSITIVE_INFINITY, Number.NaN].map((value, at) => sample(at, value))
    let state = createJudge([rule({ unknownMax: 3 })], versions)
    const events = nonsense.flatMap((one) => {
      const result = judge(state, [one], onlyBounds)
      state = result.state
      return result.events
    })
    expect(outline(events)).toEqual(['unknown at 2'])
  })

  it('includes a series that has fallen silent while others go on', () => {
    const others = [1, 2, 3, 4, 5, 6].map((at) => sample(at, 1, { version: 'v1' }))
    const [event, ...more] = eventsOf([rule({ unknownMax: 3 })], [sample(0, 0), sample(1, 0), ...others])
    expect(event).toMatchObject({ type: 'unknown', at: 5000, sample: null, version: 'v2' })
    expect(event?.sentence).toBe('v2 error rate unknown, no sample for 4 s')
    expect(more).toEqual([])
  })

  it('does not take a source that looks every ten seconds for a silent one', () => {
    const samples = [...Array.from({ length: 60 }).keys()].flatMap((at) => [
      sample(at, 1, { version: 'v1' }),
      ...(at % 10 === 0 ? [sample(at, 0)] : []),
    ])
    expect(eventsOf([rule({ unknownMax: 3 })], samples)).toEqual([])
  })

  it('does not include the time in which nobody looked at all', () => {
    const samples = [sample(0, 0), sample(1, 0), sample(600, 1, { version: 'v1' }), sample(601, 0)]
    expect(eventsOf([rule({ unknownMax: 3 })], samples)).toEqual([])
  })
})
