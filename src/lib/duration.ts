// Durations as people write and read them.

const UNIT_MS: Record<string, number> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  second: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
}

/** Milliseconds of `250ms`, `5 min`, `1h30m`, `7 days`; null where it is not a duration. */
export function parseDurationMs(text: string): number | null {
  const trimmed = text.trim().toLowerCase()
  const part = /(\d+(?:\.\d+)?)\s*([a-z]+)\s*/gy
  let totalMs = 0
  let read = 0
  for (let match = part.exec(trimmed); match; match = part.exec(trimmed)) {
    const unit = match[2] ?? ''
    const unitMs = UNIT_MS[unit] ?? UNIT_MS[unit.replace(/s$/, '')]
    if (unitMs === undefined) return null
    totalMs += Number(match[1]) * unitMs
    read = part.lastIndex
  }
  return read > 0 && read === trimmed.length ? totalMs : null
}

/** `850 ms`, `4.2 s`, `5 min`, `1 h 30 min`, `7 days`: two units at the most. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`
  if (durationMs < 60_000) return `${trimZero((durationMs / 1000).toFixed(durationMs < 10_000 ? 1 : 0))} s`
  const units: [string, number][] = [
    ['day', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ]
  const parts: string[] = []
  let restMs = Math.round(durationMs / 1000) * 1000
  for (const [unit, unitMs] of units) {
    const count = Math.floor(restMs / unitMs)
    restMs -= count * unitMs
    if (count > 0) parts.push(unit === 'day' ? `${count} ${count === 1 ? 'day' : 'days'}` : `${count} ${unit}`)
    if (parts.length === 2) break
  }
  return parts.join(' ')
}

function trimZero(text: string): string {
  return text.replace(/\.0$/, '')
}
