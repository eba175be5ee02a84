// Durations inside running text: "2 hours", "30-minute", "24h".

const UNIT_MS: [RegExp, number][] = [
  [/^(?:ms|msec|milliseconds?)$/i, 1],
  [/^(?:s|secs?|seconds?)$/i, 1000],
  [/^(?:m|mins?|minutes?)$/i, 60_000],
  [/^(?:h|hrs?|hours?)$/i, 3_600_000],
  [/^(?:d|days?)$/i, 86_400_000],
  [/^(?:w|wks?|weeks?)$/i, 604_800_000],
  [/^months?$/i, 30 * 86_400_000],
]

/** Alternatives for a regular expression, longest first. */
export const DURATION_UNIT =
  '(?:milliseconds?|msec|ms|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|wks?|months?|[smhdw])(?![a-zA-Z])'

/** Milliseconds of `amount` units, or null when it is no unit of time. A month counts 30 days. */
export function durationMs(amount: number, unit: string): number | null {
  const known = UNIT_MS.find(([pattern]) => pattern.test(unit))
  return known ? amount * known[1] : null
}
