// Figures of a verdict for a person.

/** `3.1 %`, `0.02 %`, `100 %`: two figures that say something. */
export function percentText(share: number): string {
  const percent = 100 * share
  if (percent === 0) return '0 %'
  return `${Number(percent.toPrecision(percent >= 99.5 ? 3 : 2))} %`
}

/** `×3.5 (1.8-7)`: a ratio with its interval; what has no end is said to be more than what it is known to be. */
export function ratioText(best: number, low: number, high: number): string {
  if (high === Number.POSITIVE_INFINITY) return low > 0 ? `at least ×${figure(low)}` : 'not known yet'
  if (low === 0) return `at most ×${figure(high)}`
  return `×${figure(Math.min(Math.max(best, low), high))} (${figure(low)}-${figure(high)})`
}

function figure(value: number): string {
  return String(Number(value.toPrecision(2)))
}
