// Numbers that papers give, found again with the formulas that the product rests on.
import { logGamma } from '../../src/verdict/log-gamma.ts'
import { normalShareBelow } from '../../src/verdict/normal.ts'
import type { BenchOptions, Measure } from '../result.ts'
import { createRandom, type Random } from './random.ts'

/** Fischer & Ramdas 2024, mean stopping time of N(0, 1) against N(mu, 1): plain and boosted. */
const SPRT = [
  { alpha: 0.05, mu: 0.2, plain: 154.51, boosted: 149.21 },
  { alpha: 0.05, mu: 0.5, plain: 27, boosted: 24.96 },
  { alpha: 0.05, mu: 1, plain: 7.55, boosted: 6.66 },
  { alpha: 0.01, mu: 0.2, plain: 235.19, boosted: 229.68 },
  { alpha: 0.01, mu: 0.5, plain: 39.93, boosted: 37.86 },
  { alpha: 0.01, mu: 1, plain: 10.76, boosted: 9.85 },
]

/** Each mean against the published one; their tables are simulations too, of some thousand runs. */
export function publishedMeasures({ quick, progress }: BenchOptions): Measure[] {
  progress('published numbers')
  const runs = quick ? 4000 : 40_000
  const sprt = SPRT.flatMap(({ alpha, mu, plain, boosted }) => {
    const random = createRandom(Math.round(1000 * alpha + 10 * mu))
    const [ours, ourBoosted] = [false, true].map((isBoosted) => meanStop(random, mu, alpha, isBoosted, runs))
    const what = `SPRT, N(${mu}, 1), a ${alpha}`
    const near = { atMost: 1.03 }
    return [
      {
        what: `${what}, plain`,
        measured: ours ?? Number.NaN,
        unit: 'looks',
        peer: { name: 'published', measured: plain },
      },
      {
        what: `${what}, boosted`,
        measured: ourBoosted ?? Number.NaN,
        unit: 'looks',
        peer: { name: 'published', measured: boosted },
        target: near,
      },
    ]
  })
  return [...sprt, ...countsExample(quick ? 500 : 5000)]
}

function meanStop(random: Random, mu: number, alpha: number, isBoosted: boolean, runs: number): number {
  let total = 0
  for (let run = 0; run < runs; run++) {
    let wealth = 1
    for (; wealth < (1 / alpha) * (1 - 1e-9); total++) {
      const ratio = Math.exp(mu * (random.normal() + mu) - (mu * mu) / 2)
      wealth *= isBoosted ? Math.min(ratio * boostFor(mu, 1 / (alpha * wealth)), 1 / (alpha * wealth)) : ratio
    }
  }
  return total / runs
}

/** b >= 1 with E0[min(b R, cap)] = 1 for R lognormal: b Phi(t - mu) + cap (1 - Phi(t)) = 1, where t is the x at which b R meets the cap. */
function boostFor(mu: number, cap: number): number {
  let [low, high] = [1, Math.max(1, cap)]
  for (let step = 0; step < 40; step++) {
    const b = (low + high) / 2
    const t = (Math.log(cap / b) + (mu * mu) / 2) / mu
    if (b * normalShareBelow(t - mu) + cap * (1 - normalShareBelow(t)) < 1) low = b
    else high = b
  }
  return low
}

/**
 * Lindon & Malek 2022, the example of two Poisson processes with exposures 0.8 and 0.2 whose rates rise by e^1.5 and e^2: their one
 * course is rejected at the 210th event. Ours are many courses: the middle one, with a Dirichlet prior of the null's own mean.
 */
function countsExample(runs: number): Measure[] {
  const exposure = [0.8, 0.2]
  const rates = [0.8 * Math.exp(1.5), 0.2 * Math.exp(2)]
  const share = (rates[0] ?? 0) / ((rates[0] ?? 0) + (rates[1] ?? 0))
  const random = createRandom(2)
  const stops = Array.from({ length: runs }, () => {
    const counts = [0, 0]
    for (let event = 1; event <= 5000; event++) {
      const arm = random.uniform() < share ? 0 : 1
      counts[arm] = (counts[arm] ?? 0) + 1
      if (logDirichlet(counts, exposure) >= Math.log(20)) return event
    }
    return Number.POSITIVE_INFINITY
  }).toSorted((a, b) => a - b)
  const [early, middle, late] = [0.1, 0.5, 0.9].map((q) => stops[Math.floor(q * runs)] ?? Number.NaN)
  const what = `counts of two processes, median stop (10 % by ${early}, 90 % by ${late})`
  return [
    { what, measured: middle ?? Number.NaN, unit: 'events', peer: { name: 'published, one course', measured: 210 } },
  ]
}

/** ln of the e-value of counts against fixed shares: Dirichlet-multinomial over multinomial (Lindon & Malek, equation 8). */
function logDirichlet(counts: readonly number[], shares: readonly number[], weight = 100): number {
  const events = counts.reduce((sum, count) => sum + count, 0)
  let logE = logGamma(weight) - logGamma(weight + events)
  counts.forEach((count, arm) => {
    const prior = weight * (shares[arm] ?? 0)
    logE += logGamma(prior + count) - logGamma(prior) - count * Math.log(shares[arm] ?? 1)
  })
  return logE
}
