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

/** Finest first: a ratio axis takes the first row that does not crowd it. */
const RATIO_STEPS = [
  [1, 1.05, 1.1, 1.15, 1.2, 1.25, 1.3, 1.4, 1.5, 1.7, 2, 2.5, 3, 4, 5, 6, 7, 8, 8.5, 9, 9.5],
  [1, 1.1, 1.25, 1.5, 2, 3, 4, 5, 6, 7, 8, 9],
  [1, 1.5, 2, 3, 5, 7],
  [1, 2, 5],
  [1],
]
const RATIO_TICKS_MAX = 8

/** Round ratios within both ends (above zero) for a logarithmic axis, at most eight unless the ends are nine decades apart. */
export function ratioTicks({ min, max }: { min: number; max: number }): number[] {
  const decades = Array.from(
    { length: Math.floor(Math.log10(max)) - Math.floor(Math.log10(min)) + 1 },
    (_, index) => Math.floor(Math.log10(min)) + index,
  )
  const rows = RATIO_STEPS.map((steps) =>
    decades.flatMap((power) => steps.map((step) => Number((step * 10 ** power).toPrecision(3)))),
  ).map((ticks) => ticks.filter((tick) => tick >= min && tick <= max))
  return rows.find((ticks) => ticks.length <= RATIO_TICKS_MAX) ?? rows.at(-1) ?? []
}

/** Whole powers of ten from `min` to `max`, which are decimal logarithms: at most seven. */
export function powerTicks({ min, max }: { min: number; max: number }): number[] {
  const first = Math.ceil(min)
  const step = Math.max(1, Math.ceil((Math.floor(max) - first) / 6))
  return Array.from({ length: Math.floor((Math.floor(max) - first) / step) + 1 }, (_, index) => first + index * step)
}

/** Milliseconds since the start at which the time axis has ticks: at most `countMax` and the zero. */
export function timeTicks(spanMs: number, countMax: number): number[] {
  const weeks = Math.ceil(spanMs / countMax / 604_800_000) * 604_800
  const stepMs = 1000 * (TIME_STEPS_S.find((seconds) => spanMs / (seconds * 1000) <= countMax) ?? weeks)
  return Array.from({ length: Math.floor(spanMs / stepMs) + 1 }, (_, index) => index * stepMs)
}
