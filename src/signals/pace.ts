// How often somebody is heard, learned from the times at which they were. Pure.

export interface Pace {
  /** `who` was heard at these times, ascending, later than the times before. */
  hear(who: string, times: readonly number[]): void
  /** Time from word to word of whoever speaks least often, of those heard lately; null before anybody spoke twice. */
  intervalMs(): number | null
}

interface Speaker {
  lastMs: number
  gapsMs: number[]
}

const GAPS_MAX = 9
const SPEAKERS_MAX = 2000
/** Who was not heard for longer has left. */
const LATELY_MS = 300_000

/** A pace of which nothing is known yet. */
export function createPace(): Pace {
  const speakers = new Map<string, Speaker>()

  function hear(who: string, times: readonly number[]): void {
    const lastMs = times.at(-1)
    if (lastMs === undefined) return
    const known = speakers.get(who)
    const all = known ? [known.lastMs, ...times] : times
    const gapsMs = all.slice(1).map((atMs, index) => atMs - (all[index] ?? 0))
    speakers.delete(who)
    speakers.set(who, { lastMs, gapsMs: [...(known?.gapsMs ?? []), ...gapsMs].slice(-GAPS_MAX) })
    for (const oldest of speakers.keys()) {
      if (speakers.size <= SPEAKERS_MAX) break
      speakers.delete(oldest)
    }
  }

  function intervalMs(): number | null {
    const latestMs = Math.max(...[...speakers.values()].map(({ lastMs }) => lastMs))
    const intervals = [...speakers.values()]
      .filter(({ lastMs, gapsMs }) => gapsMs.length > 0 && latestMs - lastMs <= LATELY_MS)
      .map(({ gapsMs }) => medianOf(gapsMs))
    return intervals.length > 0 ? Math.max(...intervals) : null
  }

  return { hear, intervalMs }
}

/** One word that was missed, or came out of turn, does not change the pace. */
function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0
}
