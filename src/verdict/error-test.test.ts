// The verdict on errors, bursts and the interval, on seeded traffic.
import { describe, expect, it } from 'vitest'
import { burstSize, learnBursts, NO_BURSTS } from './bursts.ts'
import { shareBudget } from './combine.ts'
import { worseDesign } from './designs.ts'
import { ErrorTest, startErrors } from './error-test.ts'
import { percentText, ratioText } from './words.ts'

function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return (state >>> 0) / 4_294_967_296
  }
}

/** `failures` of `requests`, in bursts of `size`. */
function arm(next: () => number, requests: number, share: number, size = 1) {
  let failures = 0
  for (let i = 0; i < requests; i++) if (next() < share / size) failures += size
  return { requests, failures: Math.min(failures, requests) }
}

describe('bursts', () => {
  const learnt = (size: number, share: (look: number) => number) => {
    const next = random(7)
    let state = NO_BURSTS
    for (let look = 0; look < 600; look++) {
      const { requests, failures } = arm(next, 100, share(look), size)
      state = learnBursts(state, requests, failures)
    }
    return burstSize(state)
  }

  it('are none where failures come one by one, also where their rate drifts', () => {
    expect(learnt(1, () => 0.01)).toBe(1)
    expect(learnt(1, (look) => 0.01 + look / 6000)).toBe(1)
  })

  it('are seen, with their size', () => {
    expect(learnt(4, () => 0.01)).toBeGreaterThan(3)
    expect(learnt(4, () => 0.01)).toBeLessThan(5)
  })

  it('are counted as one failure: a burst of the candidate is no outage', () => {
    const next = random(11)
    const [taught, naive] = [new ErrorTest(worseDesign(0.01)), new ErrorTest(worseDesign(0.01))]
    for (let second = 0; second < 600; second++) taught.learn(arm(next, 100, 0.01, 5))
    for (const test of [taught, naive]) test.observe({ requests: 10, failures: 5 }, { requests: 90, failures: 0 }, 1000)
    expect(naive.logE()).toBeGreaterThan(4)
    expect(taught.logE()).toBeLessThan(2)
  })
})

describe('the interval', () => {
  it('holds the true odds ratio at every look of most releases, and gets narrower', () => {
    const truth = 0.06 / 0.94 / (0.02 / 0.98)
    let missed = 0
    for (let release = 0; release < 60; release++) {
      const next = random(release)
      const test = new ErrorTest(worseDesign(0.01), startErrors(worseDesign(0.01), true))
      let isMissed = false
      for (let look = 0; look < 100; look++) {
        test.observe(arm(next, 25, 0.06), arm(next, 75, 0.02), 1000)
        const interval = test.interval(0.95)
        isMissed ||= !interval || truth < interval.low || truth > interval.high
      }
      if (isMissed) missed++
      const { low = 0, high = Infinity, best = 0 } = test.interval(0.95) ?? {}
      expect(high / low).toBeLessThan(12)
      expect(best).toBeGreaterThanOrEqual(low)
      expect(best).toBeLessThanOrEqual(high)
    }
    expect(missed).toBeLessThanOrEqual(3)
  })

  it('is open where one version never failed, and holds the truth after billions of requests', () => {
    const test = new ErrorTest(worseDesign(0.01), startErrors(worseDesign(0.01), true))
    test.observe({ requests: 100, failures: 20 }, { requests: 100, failures: 0 }, 1000)
    expect(test.interval(0.95)?.high).toBe(Infinity)
    const large = new ErrorTest(worseDesign(0.01), startErrors(worseDesign(0.01), true))
    large.observe({ requests: 1e9, failures: 1.1e7 }, { requests: 1e9, failures: 1e7 }, 1000)
    expect(large.interval(0.95)?.low).toBeLessThan(1.1012)
    expect(large.interval(0.95)?.high).toBeGreaterThan(1.1012)
  })

  it('is kept with the state', () => {
    const design = worseDesign(0.01)
    const test = new ErrorTest(design, startErrors(design, true))
    test.observe({ requests: 50, failures: 3 }, { requests: 50, failures: 1 }, 1000)
    const again = new ErrorTest(design, JSON.parse(JSON.stringify(test.state)))
    expect(again.interval(0.95)).toEqual(test.interval(0.95))
    expect(new ErrorTest(design).interval(0.95)).toBeNull()
  })
})

describe('several metrics', () => {
  it('share one budget by weight', () => {
    expect(shareBudget(0.01, [1, 1])).toEqual([0.005, 0.005])
    expect(shareBudget(0.01, [3, 1])).toEqual([0.0075, 0.0025])
  })
})

describe('figures', () => {
  it('are said as a person would', () => {
    expect([0, 0.0002, 0.031, 0.5, 1].map(percentText)).toEqual(['0 %', '0.02 %', '3.1 %', '50 %', '100 %'])
    expect(ratioText(3.52, 1.81, 7.04)).toBe('×3.5 (1.8-7)')
    expect(ratioText(100, 2.34, Infinity)).toBe('at least ×2.3')
    expect(ratioText(0.1, 0, 0.5)).toBe('at most ×0.5')
    expect(ratioText(1, 0, Infinity)).toBe('not known yet')
  })
})
