// Nondecreasing functions: the one nearest to given values, and one of fewer steps.

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

/**
 * Joins neighbouring steps of nondecreasing density ratios, in place, the cheapest first, while the information lost
 * stays below a share of all: sum of weight * ratio * ln(ratio), what a request with those ratios tells on average.
 */
export function joinAlike(ratios: Float64Array, weights: Float64Array, lossMax: number): void {
  const steps = stepsOf(ratios, weights)
  const { ends, masses, sums, told, losses } = steps
  let [mass, sum, all] = [0, 0, 0]
  for (let at = 0; at < ends.length; at++) {
    mass += masses[at]!
    sum += sums[at]!
    all += told[at]!
  }
  // Ratios whose mean is not quite 1 have information to spare or to miss that is not theirs.
  for (let left = lossMax * (all - toldBy(sum, mass)); losses.length > 0;) {
    let cheapest = 0
    for (let at = 1; at < losses.length; at++) if (losses[at]! < losses[cheapest]!) cheapest = at
    left -= losses[cheapest]!
    if (!(left > 0)) break
    joinNext(steps, cheapest)
  }
  for (let at = 0, start = 0; at < ends.length; start = ends[at]!, at++)
    ratios.fill(sums[at]! / masses[at]!, start, ends[at])
}

/** Runs of equal ratios: where each ends, its weight, weight times ratio, what it tells, and what joining it to the next loses. */
interface Steps {
  ends: number[]
  masses: number[]
  sums: number[]
  told: number[]
  losses: number[]
}

function stepsOf(ratios: Float64Array, weights: Float64Array): Steps {
  const steps: Steps = { ends: [], masses: [], sums: [], told: [], losses: [] }
  const { ends, masses, sums, told, losses } = steps
  for (let index = 0; index < ratios.length; index++) {
    const mass = weights[index]!
    const last = ends.length - 1
    if (last >= 0 && ratios[index] === ratios[index - 1]) {
      ends[last] = index + 1
      masses[last]! += mass
      sums[last]! += mass * ratios[index]!
    } else {
      ends.push(index + 1)
      masses.push(mass)
      sums.push(mass * ratios[index]!)
    }
  }
  for (let at = 0; at < ends.length; at++) told.push(toldBy(sums[at]!, masses[at]!))
  for (let at = 0; at + 1 < ends.length; at++) losses.push(lossOf(steps, at))
  return steps
}

function joinNext(steps: Steps, at: number): void {
  const { ends, masses, sums, told, losses } = steps
  masses[at]! += masses[at + 1]!
  sums[at]! += sums[at + 1]!
  told[at] = toldBy(sums[at]!, masses[at]!)
  ends[at] = ends[at + 1]!
  removeAt(masses, at + 1)
  removeAt(sums, at + 1)
  removeAt(told, at + 1)
  removeAt(ends, at + 1)
  removeAt(losses, at)
  if (at > 0) losses[at - 1] = lossOf(steps, at - 1)
  if (at < losses.length) losses[at] = lossOf(steps, at)
}

function lossOf({ masses, sums, told }: Steps, at: number): number {
  return told[at]! + told[at + 1]! - toldBy(sums[at]! + sums[at + 1]!, masses[at]! + masses[at + 1]!)
}

function toldBy(sum: number, mass: number): number {
  return sum > 0 ? sum * Math.log(sum / mass) : 0
}

/** Without the array that `splice` makes. */
function removeAt(values: number[], at: number): void {
  for (let index = at; index + 1 < values.length; index++) values[index] = values[index + 1]!
  values.pop()
}
