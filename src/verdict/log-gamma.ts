// ln of the gamma function.

const HALF_LOG_TWO_PI = 0.9189385332046727
/** Below it the series is not yet exact. */
const STIRLING_FROM = 10

/** ln Gamma(x) for x > 0, by Stirling's series (Abramowitz & Stegun 6.1.41), relative error below 1e-14. */
export function logGamma(x: number): number {
  let shift = 0
  let at = x
  for (; at < STIRLING_FROM; at++) shift += Math.log(at)
  const inverse = 1 / at
  const square = inverse * inverse
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188))))
  return (at - 0.5) * Math.log(at) - at + HALF_LOG_TWO_PI + series - shift
}
