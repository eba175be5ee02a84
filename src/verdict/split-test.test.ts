// Evidence gathered look by look: never more than it may be, the same however it is stopped and cut.
import { describe, expect, it } from 'vitest'
import { notWorseDesign, worseDesign, type Design } from './designs.ts'
import { ObjectiveTest } from './objective-test.ts'
import { SplitTest } from './split-test.ts'
import type { Split } from './tilts.ts'

const split = (nc: number, xc: number, nb: number, xb: number): Split => ({
  candidateRequests: nc,
  stableRequests: nb,
  failures: xc + xb,
  candidateFailures: xc,
})

/** A generator that gives the same on every machine (mulberry32). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let z = Math.imul(state ^ (state >>> 15), 1 | state)
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z
    return ((z ^ (z >>> 14)) >>> 0) / 4_294_967_296
  }
}

function draw(next: () => number, n: number, p: number): number {
  let hits = 0
  for (let i = 0; i < n; i++) if (next() < p) hits++
  return hits
}

function probabilities(nc: number, nb: number, m: number, odds: number): [number, number][] {
  const choose = (n: number, k: number): number => {
    let result = 1
    for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i
    return result
  }
  const weights: [number, number][] = []
  for (let k = Math.max(0, m - nb); k <= Math.min(nc, m); k++)
    weights.push([k, choose(nc, k) * choose(nb, m - k) * odds ** k])
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0)
  return weights.map(([k, weight]) => [k, weight / total])
}

/** Mean of the final e-value over every course that these looks can take. */
function meanOverCourses(design: Design, looks: readonly [number, number, number][], odds: number): number {
  const follow = (test: SplitTest, rest: readonly [number, number, number][]): number => {
    const [look, ...others] = rest
    if (!look) return Math.exp(test.logE())
    const [nc, nb, m] = look
    let mean = 0
    for (const [k, probability] of probabilities(nc, nb, m, odds)) {
      const next = new SplitTest(design, structuredClone(test.state))
      if (others.length % 2 === 1) next.beginStage()
      next.observe(split(nc, k, nb, m - k), 60_000)
      mean += probability * follow(next, others)
    }
    return mean
  }
  return follow(new SplitTest(design), looks)
}

const COURSE: [number, number, number][] = [
  [2, 20, 2],
  [4, 18, 3],
  [10, 12, 4],
  [11, 11, 5],
]

describe('the e-process', () => {
  it.each([
    ['worse', worseDesign(0.01), 1],
    ['worse, with a small budget that makes it overshoot', worseDesign(0.2), 1],
    ['worse than a margin', worseDesign(0.05, 1.5), 1.5],
    ['not worse than a margin', notWorseDesign(0.2, 2), 2],
  ])('is 1 on average over all courses at the null: %s', (_, design, odds) => {
    expect(meanOverCourses(design, COURSE, odds)).toBeCloseTo(1, 9)
  })

  it('is at most 1 on average where the candidate is better than the null', () => {
    expect(meanOverCourses(worseDesign(0.05), COURSE, 0.5)).toBeLessThan(1)
    expect(meanOverCourses(notWorseDesign(0.2, 2), COURSE, 3)).toBeLessThan(1)
  })

  it('goes on from its state as if it had never stopped', () => {
    const next = random(5)
    const whole = new SplitTest(worseDesign(0.01))
    let resumed = new SplitTest(worseDesign(0.01))
    for (let look = 0; look < 300; look++) {
      const taken = split(20, draw(next, 20, 0.03), 80, draw(next, 80, 0.02))
      whole.observe(taken, 1000)
      resumed = new SplitTest(worseDesign(0.01), JSON.parse(JSON.stringify(resumed.state)))
      resumed.observe(taken, 1000)
    }
    expect(resumed.logE()).toBe(whole.logE())
  })

  it('gathers about the same evidence however looks are cut', () => {
    const design = { ...worseDesign(1e-9), start: 1, reserve: 0 }
    const next = random(9)
    const differences: number[] = []
    for (let round = 0; round < 40; round++) {
      const [cut, whole] = [new SplitTest(design), new SplitTest(design)]
      for (let look = 0; look < 60; look++) {
        const parts = [0, 1].map(() => split(25, draw(next, 25, 0.06), 75, draw(next, 75, 0.02)))
        for (const part of parts) cut.observe(part, 500)
        const [a, b] = parts as [Split, Split]
        whole.observe(
          split(
            50,
            a.candidateFailures + b.candidateFailures,
            150,
            a.failures + b.failures - a.candidateFailures - b.candidateFailures,
          ),
          1000,
        )
      }
      differences.push((cut.logE() - whole.logE()) / whole.logE())
    }
    const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length
    expect(Math.abs(mean)).toBeLessThan(0.02)
    for (const difference of differences) expect(Math.abs(difference)).toBeLessThan(0.1)
  })

  it('keeps some capital for a fault that begins after a week', () => {
    const test = new SplitTest(worseDesign(0.01))
    const next = random(3)
    for (let hour = 0; hour < 24 * 7; hour++) test.observe(split(5000, 50, 5000, 50), 3_600_000)
    let looks = 0
    for (; looks < 600 && !test.isShown(); looks++)
      test.observe(split(50, draw(next, 50, 0.2), 50, draw(next, 50, 0.01)), 1000)
    expect(test.isShown()).toBe(true)
    expect(looks).toBeLessThan(60)
  })

  it('shows a total outage with its first few requests', () => {
    const test = new SplitTest(worseDesign(0.01))
    for (let request = 0; request < 3; request++) test.observe(split(1, 1, 99, 1), 1000)
    expect(test.isShown()).toBe(true)
    expect(test.logE()).toBeGreaterThanOrEqual(test.logThreshold())
  })

  it('does not take back what was shown', () => {
    const test = new SplitTest(worseDesign(0.01))
    for (let look = 0; look < 5; look++) test.observe(split(10, 10, 90, 0), 1000)
    for (let look = 0; look < 500; look++) test.observe(split(10, 0, 90, 5), 1000)
    expect(test.isShown()).toBe(true)
  })

  it('survives any number of requests in a look', () => {
    const test = new SplitTest(worseDesign(0.01))
    test.observe(split(1e9, 0, 1e9, 1e9), 1000)
    test.observe(split(1e9, 1e7, 1e9, 1e7), 1000)
    expect(test.logE()).toBeLessThan(0)
    test.observe(split(1e9, 1e9, 1e9, 0), 1000)
    expect(test.isShown()).toBe(true)
    expect(test.logE()).toBeLessThan(Number.POSITIVE_INFINITY)
  })
})

describe('an objective', () => {
  it('is 1 on average at the share that is just allowed', () => {
    const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k)
    let mean = 0
    for (let failures = 0; failures <= 30; failures++) {
      const test = new ObjectiveTest(0.01, 0.1)
      const e = test.observe(30, failures, 1000)
      mean += choose(30, failures) * 0.1 ** failures * 0.9 ** (30 - failures) * e
    }
    expect(mean).toBeCloseTo(1, 9)
  })

  it('is shown to be missed, and is not when it is kept', () => {
    const next = random(2)
    const [missed, kept] = [new ObjectiveTest(0.01, 0.01), new ObjectiveTest(0.01, 0.01)]
    for (let look = 0; look < 200; look++) {
      missed.observe(100, draw(next, 100, 0.03), 1000)
      kept.observe(100, draw(next, 100, 0.008), 1000)
    }
    expect([missed.isShown(), kept.isShown()]).toEqual([true, false])
  })
})
