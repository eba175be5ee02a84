// The standard normal distribution: tail probability and quantile.

/** P(Z > z), to about 1e-7 of its own size (Chebyshev fit of erfc; Press et al., "Numerical Recipes", section 6.2). */
export function normalTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.5 * x)
  let sum = 0.17087277
  for (const coefficient of ERFC) sum = coefficient + t * sum
  const tail = 0.5 * t * Math.exp(-x * x + sum)
  return z >= 0 ? tail : 1 - tail
}

/** The z with P(Z <= z) = p, for 0 < p < 1, to 5e-4 (Abramowitz & Stegun, formula 26.2.23). */
export function normalQuantile(p: number): number {
  const t = Math.sqrt(-2 * Math.log(Math.min(p, 1 - p)))
  const upper = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
  return p < 0.5 ? -upper : upper
}

const ERFC = [
  -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368, -1.26551223,
]
