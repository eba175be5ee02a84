// Round numbers for axes.

const TIME_STEPS_S = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
]

/** A scale that holds both extremes, with two to seven ticks at 1, 2 or 5 times a power of ten. */
export function niceScale({ min, max }: { min: number; max: number }): { min: number; max: number; ticks: number[] } {
  const span = max - min || 1
  const power = 10 ** Math.floor(Math.log10(span / 4))
  const step = power * ([1, 2, 5].find((factor) => span / (power * factor) <= 5) ?? 10)
  const first = Math.floor(min / step)
  const last = Math.ceil((min + span) / step)
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)))
  return { min: ticks[0] ?? 0, max: ticks.at(-1) ?? 1, ticks }
}

/** Milliseconds since the start at which the time axis has ticks: at most `countMax` and the zero. */
export function timeTicks(spanMs: number, countMax: number): number[] {
  const weeks = Math.ceil(spanMs / countMax / 604_800_000) * 604_800
  const stepMs = 1000 * (TIME_STEPS_S.find((seconds) => spanMs / (seconds * 1000) <= countMax) ?? weeks)
  return Array.from({ length: Math.floor(spanMs / stepMs) + 1 }, (_, index) => index * stepMs)
}
