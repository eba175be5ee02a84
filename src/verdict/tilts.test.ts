// E-values of single looks: exact on small ones, finite on large ones.
import { describe, expect, it } from 'vitest'
import { logGamma } from './log-gamma.ts'
import { logSum, Tilts, type Split } from './tilts.ts'

const TILTS = [1.1, 2, 5, 50, 2000]

/** Every outcome a look could have had. */
function outcomesOf(look: Split): Split[] {
  const { candidateRequests: nc, stableRequests: nb, failures: m, share } = look
  const low = share === undefined ? Math.max(0, m - nb) : 0
  const high = share === undefined ? Math.min(nc, m) : m
  return Array.from({ length: high - low + 1 }, (_, i) => ({ ...look, candidateFailures: low + i }))
}

function choose(n: number, k: number): number {
  if (k < 0 || k > n) return 0
  let result = 1
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i
  return result
}

/** Probability of the outcome when the odds of failing on the candidate are `odds` times as high. */
function probability(look: Split, odds: number): number {
  const weight = ({ candidateRequests: nc, stableRequests: nb, failures: m, candidateFailures: k, share }: Split) =>
    share === undefined
      ? choose(nc, k) * choose(nb, m - k) * odds ** k
      : choose(m, k) * share ** k * (1 - share) ** (m - k) * odds ** k
  return weight(look) / outcomesOf(look).reduce((sum, outcome) => sum + weight(outcome), 0)
}

const looks: Split[] = []
for (let nc = 1; nc <= 5; nc++)
  for (let nb = 1; nb <= 6; nb++)
    for (let failures = 1; failures < nc + nb; failures++)
      looks.push({ candidateRequests: nc, stableRequests: nb, failures, candidateFailures: 0 })
for (let failures = 1; failures <= 8; failures++)
  looks.push({ candidateRequests: 0, stableRequests: 0, failures, candidateFailures: 0, share: 0.1 })

describe('the e-value of a look', () => {
  it.each([1, 1.5, 2])('is 1 on average where the odds ratio is the null (%d)', (nullTilt) => {
    const tilts = new Tilts(TILTS, nullTilt)
    for (const look of looks) {
      const sums = TILTS.map(() => 0)
      for (const outcome of outcomesOf(look)) {
        if (!tilts.read(outcome)) continue
        sums.forEach((_, j) => (sums[j] = (sums[j] ?? 0) + probability(outcome, nullTilt) * tilts.multiplier(j)))
      }
      if (outcomesOf(look).length > 1) for (const sum of sums) expect(sum).toBeCloseTo(1, 10)
    }
  })

  it('is at most 1 on average where the candidate is better', () => {
    const tilts = new Tilts(TILTS)
    for (const look of looks)
      for (const odds of [0.01, 0.3, 0.9]) {
        let sum = 0
        for (const outcome of outcomesOf(look))
          sum += probability(outcome, odds) * (tilts.read(outcome) ? tilts.multiplier(1) : 1)
        expect(sum).toBeLessThanOrEqual(1 + 1e-12)
      }
  })

  it('lists the outcomes with their probabilities', () => {
    const tilts = new Tilts(TILTS)
    for (const look of looks) {
      if (!tilts.read({ ...look, candidateFailures: outcomesOf(look)[0]?.candidateFailures ?? 0 })) continue
      expect(tilts.isListed).toBe(true)
      outcomesOf(look).forEach((outcome, i) => expect(tilts.probability(i)).toBeCloseTo(probability(outcome, 1), 12))
    }
  })

  it('says nothing where there was only one outcome, or none that could be', () => {
    const tilts = new Tilts(TILTS)
    const look = { candidateRequests: 3, stableRequests: 4, failures: 7, candidateFailures: 3 }
    expect(tilts.read(look)).toBe(false)
    expect(tilts.read({ ...look, failures: 0, candidateFailures: 0 })).toBe(false)
    expect(tilts.read({ ...look, candidateRequests: 0, failures: 2, candidateFailures: 0 })).toBe(false)
    expect(tilts.read({ ...look, failures: 3, candidateFailures: 5 })).toBe(false)
  })

  it('is the same whether outcomes are listed or summed around their modes', () => {
    for (const [nc, nb, failures] of [
      [500, 700, 64],
      [40, 4000, 30],
      [3000, 50, 60],
    ] as const) {
      const look = {
        candidateRequests: nc,
        stableRequests: nb,
        failures,
        candidateFailures: Math.min(nc, failures) - 20,
      }
      const low = Math.max(0, failures - nb)
      const high = Math.min(nc, failures)
      const tilts = new Tilts([3])
      expect(tilts.read(look)).toBe(true)
      expect(tilts.isListed).toBe(true)
      const summed =
        look.candidateFailures * Math.log(3) - logSum(look, Math.log(3), low, high) + logSum(look, 0, low, high)
      expect(tilts.logMultiplier(0)).toBeCloseTo(summed, 8)
    }
  })

  it.each([
    [1e9, 1e9, 2e7, 1e7],
    [1e9, 1e9, 1e9, 1e9],
    [1e9, 1e9, 1e9, 0],
    [1e9, 10, 5, 5],
    [10, 1e9, 1e6, 10],
    [1e6, 1e9, 1e8, 1e5],
    [1e9, 1e9, 1e9 + 7, 5e8],
  ])('is a number for %d and %d requests with %d failures, %d of the candidate', (nc, nb, failures, candidate) => {
    const tilts = new Tilts(TILTS)
    expect(tilts.read({ candidateRequests: nc, stableRequests: nb, failures, candidateFailures: candidate })).toBe(true)
    TILTS.forEach((_, j) => {
      expect(tilts.logMultiplier(j)).not.toBeNaN()
      expect(Math.abs(tilts.logMultiplier(j))).toBeLessThan(1e11)
      expect(tilts.multiplier(j)).toBeGreaterThanOrEqual(0)
      expect(tilts.multiplier(j)).toBeLessThan(Number.POSITIVE_INFINITY)
    })
  })

  it('counts for less when it is tempered', () => {
    const tilts = new Tilts([4])
    tilts.read({ candidateRequests: 10, stableRequests: 90, failures: 3, candidateFailures: 3 })
    const logE = tilts.logMultiplier(0)
    tilts.temper(0.25)
    expect(tilts.logMultiplier(0)).toBeCloseTo(logE / 4, 12)
  })
})

describe('ln Gamma', () => {
  it.each([
    [1, 0],
    [2, 0],
    [0.5, 0.5723649429247001],
    [11, 15.104412573075516],
    [101, 363.73937555556347],
    [1e9 + 1, 19723265848.22698],
  ])('of %d', (x, expected) => {
    expect(Math.abs(logGamma(x) - expected)).toBeLessThanOrEqual(1e-13 * Math.max(1, expected))
  })
})
