// Where a function crosses zero: Brent's method, because the estimates of R's rank test are its iterates.

interface Point {
  x: number
  y: number
}

/** R's `uniroot` counts in units of this. */
const EPSILON = 2 ** -52
const ITERATIONS_MAX = 1000

/**
 * Brent, "Algorithms for Minimization without Derivatives" (1973), chapter 4, with the stopping rule of R's `uniroot`. For a step
 * function, such as one of ranks, the answer is a point within the tolerance of the step, and which one is a matter of the iteration.
 * @param low an end where the function has one sign, `high` the other end, where it has the other (or is zero).
 * @param tolerance absolute, of the answer. @default 1e-4 as in R's `wilcox.test`
 */
export function brentRoot(evaluate: (x: number) => number, low: number, high: number, tolerance = 1e-4): number {
  let before: Point = { x: low, y: evaluate(low) }
  let best: Point = { x: high, y: evaluate(high) }
  if (before.y === 0) return before.x
  // Always on the other side of zero than `best`.
  let opposite = before
  for (let round = 0; round <= ITERATIONS_MAX; round++) {
    const previousStep = best.x - before.x
    if (Math.abs(opposite.y) < Math.abs(best.y)) {
      before = best
      best = opposite
      opposite = before
    }
    const enough = 2 * EPSILON * Math.abs(best.x) + tolerance / 2
    const half = (opposite.x - best.x) / 2
    if (Math.abs(half) <= enough || best.y === 0) return best.x
    const promising = Math.abs(previousStep) >= enough && Math.abs(before.y) > Math.abs(best.y)
    const wanted = promising ? interpolatedStep(before, best, opposite, previousStep, enough) : half
    const step = Math.abs(wanted) < enough ? Math.sign(wanted || -1) * enough : wanted
    before = best
    best = { x: best.x + step, y: evaluate(best.x + step) }
    if (Math.sign(best.y) === Math.sign(opposite.y)) opposite = before
  }
  return best.x
}

/** The step to where a line (or, of three points, an inverse parabola) crosses zero; halving where that would lead astray. */
function interpolatedStep(before: Point, best: Point, opposite: Point, previousStep: number, enough: number): number {
  const span = opposite.x - best.x
  let [p, q] = before.x === opposite.x ? secant(before, best, span) : inverseParabola(before, best, opposite, span)
  if (p > 0) q = -q
  else p = -p
  const inside = p < 0.75 * span * q - Math.abs(enough * q) / 2
  return inside && p < Math.abs((previousStep * q) / 2) ? p / q : span / 2
}

function secant(before: Point, best: Point, span: number): [number, number] {
  const ratio = best.y / before.y
  return [span * ratio, 1 - ratio]
}

function inverseParabola(before: Point, best: Point, opposite: Point, span: number): [number, number] {
  const a = before.y / opposite.y
  const b = best.y / opposite.y
  const c = best.y / before.y
  return [c * (span * a * (a - b) - (best.x - before.x) * (b - 1)), (a - 1) * (b - 1) * (c - 1)]
}
