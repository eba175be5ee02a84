// The standard normal distribution: shares, tails, quantiles.

const ROOT_TWO_PI = Math.sqrt(2 * Math.PI)

/** The share of a standard normal distribution below `z`; Marsaglia, "Evaluating the Normal Distribution", J. Stat. Software 2004. */
export function normalShareBelow(z: number): number {
  if (Math.abs(z) > 8) return z < 0 ? 0 : 1
  let term = z
  let sum = z
  for (let odd = 3; Math.abs(term) > Math.abs(sum) * 1e-17; odd += 2) {
    term *= (z * z) / odd
    sum += term
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / ROOT_TWO_PI
}

/**
 * The value that a share of a standard normal distribution lies below, by Newton's method.
 * @param share 1e-12 to 1 - 1e-12
 */
export function normalQuantile(share: number): number {
  let z = 0
  for (let round = 0; round < 100; round++) {
    const step = (normalShareBelow(z) - share) / (Math.exp((-z * z) / 2) / ROOT_TWO_PI)
    // In the tails the density is tiny and a whole step would leave the range.
    z -= Math.max(-1, Math.min(1, step))
    if (Math.abs(step) < 1e-14) break
  }
  return z
}

/** P(Z > z), to about 1e-7 of its own size (Chebyshev fit of erfc; Press et al., "Numerical Recipes", section 6.2). */
export function normalTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.5 * x)
  let sum = 0.17087277
  for (const coefficient of ERFC) sum = coefficient + t * sum
  const tail = 0.5 * t * Math.exp(-x * x + sum)
  return z >= 0 ? tail : 1 - tail
}

const ERFC = [
  -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368, -1.26551223,
]
