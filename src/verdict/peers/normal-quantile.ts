// The standard normal distribution as far as a rank test needs it.

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
 * @param share 0.0001 to 0.9999: confidence levels.
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
