// Behaviour of the latency test on seeded releases.
import { describe, expect, test } from 'vitest'
import { createLatencyTest, type LatencyState } from './latency-test.ts'
import { normalQuantile } from '../normal.ts'

const BOUNDS_MS = Array.from({ length: 63 }, (_, index) => 10 * 1.08 ** index)

/** A look of lognormal times (median 100 ms, sigma 0.6), the candidate's `factor` times as long. */
function lookOf(random: () => number, sizes: { candidate: number; stable: number }, factor = 1) {
  const histogram = (requests: number, slower: number) => {
    const counts = Array.from({ length: BOUNDS_MS.length + 1 }, () => 0)
    for (let request = 0; request < requests; request++) {
      const ms = 100 * slower * Math.exp(0.6 * normalQuantile(random()))
      const bucket = BOUNDS_MS.findIndex((boundMs) => ms <= boundMs)
      counts[bucket === -1 ? BOUNDS_MS.length : bucket]!++
    }
    return { boundsMs: BOUNDS_MS, counts }
  }
  return {
    candidate: histogram(sizes.candidate, factor),
    stable: histogram(sizes.stable, 1),
    newStage: false,
    elapsedMs: 1000,
  }
}

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** Looks until "worse", at most 300. */
function looksUntilWorse(factor: number, seed: number, margin = 0): number | null {
  const judge = createLatencyTest({ margin })
  const random = seeded(seed)
  for (let look = 1; look <= 300; look++) {
    judge.observe(lookOf(random, { candidate: 10, stable: 90 }, factor))
    if (judge.judgement() === 'worse') return look
  }
  return null
}

describe('a candidate that is slower', () => {
  test('is found, the sooner the slower it is', () => {
    const twice = looksUntilWorse(2, 1)
    const quarter = looksUntilWorse(1.25, 1)
    expect(twice).toBeLessThanOrEqual(6)
    expect(quarter).toBeLessThanOrEqual(40)
    expect(quarter).toBeGreaterThan(twice!)
  })

  test('is not said for what one burst could have done: evidence stays below the threshold until it is', () => {
    const judge = createLatencyTest()
    const random = seeded(3)
    for (let look = 0; look < 2; look++) judge.observe(lookOf(random, { candidate: 30, stable: 90 }, 8))
    const { judgement, logE, logThreshold } = judge.verdict()
    expect(judge.state().worse?.logE).toBeGreaterThan(logThreshold)
    expect(judgement).toBe('undecided')
    expect(logE).toBeLessThan(logThreshold)
    for (let look = 0; look < 5; look++) judge.observe(lookOf(random, { candidate: 30, stable: 90 }, 8))
    expect(judge.verdict().judgement).toBe('worse')
    expect(judge.verdict().logE).toBeGreaterThanOrEqual(logThreshold)
  })

  test('is not found by a margin that it keeps to', () => {
    expect(looksUntilWorse(1.1, 2, 0.25)).toBeNull()
    expect(looksUntilWorse(2, 2, 0.25)).toBeLessThanOrEqual(12)
  })

  test('is found by a margin far smaller than a bucket, and one alike is not', () => {
    const judgementOf = (counts: number[]) => {
      const boundsMs = [5, 10, 25, 50, 100, 250, 500, 1000]
      const stable = { boundsMs, counts: [0, 2, 30, 40, 15, 3, 0, 0, 0] }
      const judge = createLatencyTest({ margin: 0.05 })
      for (let look = 0; look < 120; look++)
        judge.observe({ candidate: { boundsMs, counts }, stable, newStage: false, elapsedMs: 1000 })
      return judge.judgement()
    }
    expect(judgementOf([0, 0, 5, 9, 5, 1, 0, 0, 0])).toBe('worse')
    expect(judgementOf([0, 0, 7, 9, 3, 1, 0, 0, 0])).toBe('undecided')
  })

  test('is not found by one burst before baseline was watched', () => {
    const judge = createLatencyTest()
    const random = seeded(9)
    for (let look = 0; look < 60; look++)
      judge.observe(lookOf(random, { candidate: 4, stable: 96 }, look === 20 || look === 21 ? 10 : 1))
    expect(judge.judgement()).toBe('undecided')
  })

  test('is said in words', () => {
    const judge = createLatencyTest()
    const random = seeded(3)
    for (let look = 0; look < 120 && judge.judgement() !== 'worse'; look++)
      judge.observe(lookOf(random, { candidate: 40, stable: 60 }, 1.3))
    const verdict = judge.verdict()
    expect(verdict.judgement).toBe('worse')
    expect(verdict.logE).toBeGreaterThanOrEqual(verdict.logThreshold)
    expect(verdict.sentence).toMatch(/^canary p95 \d+ ms vs \d+ ms, median ×1\.\d+ \(.+\), false-alarm budget 1 %$/)
  })
})

describe('a candidate that is not slower', () => {
  test('is left alone: alike, faster, and with baseline and candidate slower together', () => {
    for (let seed = 10; seed < 18; seed++) {
      expect(looksUntilWorse(1, seed)).toBeNull()
      expect(looksUntilWorse(0.8, seed)).toBeNull()
    }
  })

  test('is shown not worse than a margin, and one that is slower by more is not', () => {
    const judgementsOf = (factor: number) => {
      const judge = createLatencyTest({ notWorseMargin: 0.25, margin: 10 })
      const random = seeded(4)
      for (let look = 0; look < 200; look++) judge.observe(lookOf(random, { candidate: 50, stable: 50 }, factor))
      return judge.verdict()
    }
    expect(judgementsOf(1)).toMatchObject({
      judgement: 'not-worse',
      sentence: expect.stringContaining('shown less than 25 % slower'),
    })
    expect(judgementsOf(1.3).judgement).toBe('undecided')
  })
})

describe('looks', () => {
  test('may stop and go on from the state written down', () => {
    const whole = createLatencyTest({ notWorseMargin: 0.5 })
    let parts = createLatencyTest({ notWorseMargin: 0.5 })
    const [one, other] = [seeded(5), seeded(5)]
    for (let look = 0; look < 60; look++) {
      const sizes = { candidate: 1 + (look % 12), stable: 60 }
      whole.observe({ ...lookOf(one, sizes), newStage: look === 30 })
      parts = createLatencyTest({ notWorseMargin: 0.5 }, JSON.parse(JSON.stringify(parts.state())) as LatencyState)
      parts.observe({ ...lookOf(other, sizes), newStage: look === 30 })
    }
    expect(parts.verdict()).toEqual(whole.verdict())
    expect(parts.state()).toEqual(whole.state())
  })

  test('may be cut in two', () => {
    const random = seeded(6)
    const [whole, cut] = [createLatencyTest(), createLatencyTest()]
    for (let look = 0; look < 60; look++) {
      const first = lookOf(random, { candidate: 20, stable: 80 }, 1.05)
      const second = lookOf(random, { candidate: 20, stable: 80 }, 1.05)
      const together = { ...first, elapsedMs: 1000 }
      together.candidate = sumOf(first.candidate, second.candidate)
      together.stable = sumOf(first.stable, second.stable)
      whole.observe(together)
      cut.observe({ ...first, elapsedMs: 500 })
      cut.observe({ ...second, elapsedMs: 500 })
    }
    expect(Math.abs(cut.verdict().logE - whole.verdict().logE)).toBeLessThan(0.7)
  })

  test('of a billion requests are numbers still, whatever they say', () => {
    for (const shift of [0, 1, 40]) {
      const judge = createLatencyTest({ notWorseMargin: 0.2 })
      const counts = BOUNDS_MS.map((_, index) => (index === 5 ? 1e9 : 0)).concat(0)
      const shifted = counts.map((_, index) => counts[index - shift] ?? 0)
      for (let look = 0; look < 20; look++) {
        const candidate = look % 3 === 1 ? shifted.map((count) => Math.min(count, 2)) : shifted
        judge.observe({
          candidate: { boundsMs: BOUNDS_MS, counts: candidate },
          stable: { boundsMs: BOUNDS_MS, counts },
          newStage: look === 10,
          elapsedMs: 1000,
        })
      }
      expect(Number.isFinite(judge.verdict().logE)).toBe(true)
      expect(JSON.stringify(judge.state())).not.toContain('null,null')
      expect(judge.judgement()).toBe(shift > 0 ? 'worse' : 'not-worse')
    }
  })

  test('of single times are judged too', () => {
    const judge = createLatencyTest()
    for (let look = 0; look < 30; look++) {
      const stableMs = Array.from({ length: 50 }, (_, index) => 20 + ((index * 7 + look) % 10))
      const candidateMs = Array.from({ length: 5 }, (_, index) => 30 + ((index * 3 + look) % 10))
      expect(judge.observe({ candidateMs, stableMs, newStage: false, elapsedMs: 1000 })).toBeNull()
    }
    expect(judge.judgement()).toBe('worse')
  })

  test('that cannot be compared are refused and change nothing', () => {
    const judge = createLatencyTest()
    const look = lookOf(seeded(7), { candidate: 5, stable: 5 })
    judge.observe(look)
    const before = judge.state()
    const otherBounds = { boundsMs: [1, 2], counts: [1, 1, 1] }
    expect(judge.observe({ ...look, stable: otherBounds })).toBe(
      'the histograms of both versions have different bounds',
    )
    expect(judge.observe({ ...look, candidate: otherBounds, stable: otherBounds })).toContain('have changed')
    expect(judge.observe({ candidateMs: [1], stableMs: [2], newStage: false, elapsedMs: 1 })).toContain(
      'after histograms',
    )
    const broken = { boundsMs: BOUNDS_MS, counts: look.stable.counts.map(() => -1) }
    expect(judge.observe({ ...look, stable: broken })).toContain('counts -1')
    expect(judge.state()).toEqual(before)
  })

  test('without any requests say nothing, in words too', () => {
    expect(createLatencyTest().verdict()).toMatchObject({ judgement: 'undecided', interval: null, logE: 0 })
  })
})

function sumOf(a: { boundsMs: number[]; counts: number[] }, b: { counts: number[] }) {
  return { boundsMs: a.boundsMs, counts: a.counts.map((count, index) => count + b.counts[index]!) }
}
