// A seeded generator and the distributions that the simulations draw from: the same seed gives the same run everywhere.

export interface Random {
  /** In [0, 1). */
  uniform(): number
  normal(): number
  /** Exact up to a mean of 30 by inversion, above it as a sum of such. */
  poisson(mean: number): number
  binomial(trials: number, probability: number): number
}

/** sfc32 (Chris Doty-Humphrey, PractRand), seeded by one whole number. */
export function createRandom(seed: number): Random {
  let a = 0x9e3779b9 ^ seed
  let b = 0x243f6a88
  let c = 0xb7e15162 ^ Math.imul(seed, 0x85ebca6b)
  let counter = 1
  let spare = Number.NaN

  function uniform(): number {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 4_294_967_296
  }

  function normal(): number {
    if (!Number.isNaN(spare)) {
      const value = spare
      spare = Number.NaN
      return value
    }
    // Box-Muller.
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()))
    const angle = 2 * Math.PI * uniform()
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }

  function poisson(mean: number): number {
    let count = 0
    for (let left = mean; left > 0; left -= 30) {
      let product = uniform()
      const limit = Math.exp(-Math.min(left, 30))
      for (; product > limit; product *= uniform()) count++
    }
    return count
  }

  function binomial(trials: number, probability: number): number {
    if (probability <= 0 || trials <= 0) return 0
    if (probability > 0.5) return trials - binomial(trials, 1 - probability)
    // Waiting times between successes are geometric.
    const logMiss = Math.log(1 - probability)
    let successes = 0
    for (let at = Math.floor(Math.log(1 - uniform()) / logMiss); at < trials; successes++)
      at += 1 + Math.floor(Math.log(1 - uniform()) / logMiss)
    return successes
  }

  for (let round = 0; round < 15; round++) uniform()
  return { uniform, normal, poisson, binomial }
}
