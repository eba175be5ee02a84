// The nondecreasing function nearest to given values.

/** Pool adjacent violators: replaces runs that fall by their weighted mean, in place. Weights must be positive. */
export function makeNondecreasing(values: Float64Array, weights: Float64Array): void {
  const starts = new Int32Array(values.length)
  const sums = new Float64Array(values.length)
  const masses = new Float64Array(values.length)
  let pools = 0
  for (let index = 0; index < values.length; index++) {
    starts[pools] = index
    masses[pools] = weights[index]!
    sums[pools] = weights[index]! * values[index]!
    pools++
    while (pools > 1 && sums[pools - 2]! * masses[pools - 1]! >= sums[pools - 1]! * masses[pools - 2]!) {
      sums[pools - 2]! += sums[pools - 1]!
      masses[pools - 2]! += masses[pools - 1]!
      pools--
    }
  }
  for (let pool = 0; pool < pools; pool++) {
    values.fill(sums[pool]! / masses[pool]!, starts[pool], pool + 1 < pools ? starts[pool + 1] : values.length)
  }
}
