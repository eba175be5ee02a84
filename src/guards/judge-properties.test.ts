import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GuardRule } from '../plan/guard-rule.ts'
import type { Sample } from '../plan/signal.ts'
import { eventsOf, onlyBounds, rule, sample, versions } from './fixtures.ts'
import { createJudge, judge, type JudgeState } from './judge.ts'

const anyReading = (values: fc.Arbitrary<number>) =>
  fc.record({ value: fc.option(values, { nil: null }), observations: fc.constantFrom(null, 0, 1, 7, 100) })

/** Looks a second apart, some left out, each with a sample of some of the three series. */
const looksOf = (values: fc.Arbitrary<number>) =>
  fc
    .array(fc.array(fc.option(anyReading(values), { nil: null }), { minLength: 3, maxLength: 3 }), { maxLength: 40 })
    .map((looks) =>
      looks.map((look, at) =>
        look.flatMap((reading, index) =>
          reading ? [sample(at, reading.value, { ...reading, version: ['v1', 'v2', null][index] ?? null })] : [],
        ),
      ),
    )

function judgeAfter(guarded: GuardRule, looks: Sample[][]): JudgeState {
  return looks.reduce((state, look) => judge(state, look, onlyBounds).state, createJudge([guarded], versions))
}

const looksUpTo = (length: number): Sample[][] =>
  Array.from({ length }, (_, at) => ['v1', 'v2'].map((version) => sample(at, at % 90, { version, observations: 7 })))

describe('whatever the stream', () => {
  const anyRule = fc.record({
    consecutive: fc.integer({ min: 1, max: 4 }),
    for: fc.constantFrom(0, 2000, 4000),
    observationsMin: fc.constantFrom(0, 5, 50),
    scope: fc.constantFrom('candidate', 'stable', 'any', 'service' as const),
    relativeTo: fc.constantFrom(null, null, 'baseline', 'baseline-points' as const),
    unknownMax: fc.integer({ min: 0, max: 3 }),
  }) as fc.Arbitrary<Parameters<typeof rule>[0]>
  const anyLooks = looksOf(fc.double({ min: 0, max: 100, noNaN: true }))

  it('never trips on samples that are all good', () => {
    const good = looksOf(fc.double({ min: 0, max: 50, noNaN: true }))
    fc.assert(
      fc.property(anyRule, good, (change, looks) => {
        const events = eventsOf([rule({ ...change, relativeTo: null })], looks.flat())
        expect(events.filter(({ type }) => type !== 'unknown')).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it('trips on every long stretch of plainly bad samples', () => {
    fc.assert(
      fc.property(anyRule, anyLooks, (change, before) => {
        const badLooks = Array.from({ length: 12 }, (_, index) =>
          ['v1', 'v2', null].map((version) => sample(before.length + index, 100, { version, observations: 100 })),
        )
        const looks = [...before, ...badLooks]
        const last = judgeAfter(rule({ ...change, relativeTo: null }), looks)
        const progress = Object.values(last.progress['error-rate'] ?? {})
        expect(progress.filter((entry) => entry.tripped).length).toBeGreaterThan(0)
      }),
      { numRuns: 300 },
    )
  })

  it('never becomes well by something unknown or idle', () => {
    fc.assert(
      fc.property(anyRule, anyLooks, (change, looks) => {
        for (const event of eventsOf([rule(change)], looks.flat()).filter(({ type }) => type === 'recovered')) {
          expect(event.sample?.value).not.toBeNull()
          expect(event.sample?.observations).not.toBe(0)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('gives, with every unknown sample left out, no trip that it would not give with it, where only rows count', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), anyLooks, (consecutive, looks) => {
        const rules = [rule({ consecutive, observationsMin: 0 })]
        const tripped = (samples: Sample[]) =>
          eventsOf(rules, samples)
            .filter(({ type }) => type === 'tripped')
            .map(({ at }) => at)
        const samples = looks.flat()
        expect(tripped(samples)).toEqual(
          tripped(samples.filter(({ value, observations }) => value !== null && observations !== 0)),
        )
      }),
      { numRuns: 300 },
    )
  })

  it('comes to the same, however the looks are cut into calls and shuffled inside', () => {
    fc.assert(
      fc.property(anyRule, anyLooks, fc.array(fc.nat(40)), fc.boolean(), (change, looks, cuts, reversed) => {
        const rules = [rule(change), rule({ ...change, id: 'second', value: 20 })]
        const oneByOne = eventsOf(rules, looks.flat())
        const edges = [0, ...cuts.filter((cut) => cut < looks.length), looks.length].toSorted((a, b) => a - b)
        let state = createJudge(rules, versions)
        const inParts = edges.slice(1).flatMap((edge, index) => {
          const part = looks.slice(edges[index], edge).flat()
          const result = judge(state, reversed ? part.toReversed() : part, onlyBounds)
          state = result.state
          return result.events
        })
        expect(inParts).toEqual(oneByOne)
      }),
      { numRuns: 500 },
    )
  })

  it('keeps a state of constant size, and leaves the given one as it was', () => {
    const guarded = rule({ scope: 'any', relativeTo: 'baseline', observationsMin: 50 })
    const early = judgeAfter(guarded, looksUpTo(20))
    const before = JSON.stringify(early)
    const late = judgeAfter(guarded, looksUpTo(2000))
    expect(JSON.stringify(late).length).toBeLessThan(before.length + 100)
    judge(early, [sample(3000, 100)], onlyBounds)
    expect(JSON.stringify(early)).toBe(before)
  })
})
