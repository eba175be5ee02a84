// A line with several bounds cut into what is said of each.
import type { Bound } from './bound.ts'
import { leadingAggregate, withoutAggregates, type Span } from './qualifiers.ts'

const PART = /[,;(|/&、，；（。]|\.\s|\s[–—-]\s|\b(?:and|or|with|but|while|y|et|und|oder)\b|\s(?:и|или)\s/i

/** The clause of each bound: from the end of the clause before to where the next one's begins. */
export function clausesOf(text: string, bounds: readonly Bound[]): Span[] {
  const cuts: number[] = []
  for (const [index, next] of bounds.slice(1).entries()) {
    const own = bounds[index]
    if (own) cuts.push(boundaryBetween(text, cuts.at(-1) ?? 0, own, next))
  }
  return bounds.map((_, index) => ({ start: cuts[index - 1] ?? 0, end: cuts[index] ?? text.length }))
}

/** Behind the comma or bracket, before the "and", that parts two bounds; without one behind what belongs to the first. */
function boundaryBetween(text: string, clauseStart: number, own: Bound, next: Bound): number {
  const from = own.end
  const gap = text.slice(from, next.start).replace(/\([^)]*\)/g, (closed) => ' '.repeat(closed.length))
  const part = PART.exec(gap)
  const before = text.slice(clauseStart, own.start)
  // "p95 < 1 s p99 < 2 s": the second name belongs to what follows it.
  if (!part) return from + (withoutAggregates(before) === before ? leadingAggregate(gap) : 0)
  return from + part.index + (/^[,;(|/&.、，；（。\s–—-]/.test(part[0]) ? 1 : 0)
}

const NAMES = /\bp(\d{2}(?:\.\d+)?)(?:\s*(?:\/|,|&|and)\s*p(\d{2}(?:\.\d+)?))+\b/i

/** "p95 and p99 latency": the percentiles a clause names in one breath, of which its bound is said; none where there is one. */
export function percentilesOf(words: string): string[] {
  return (NAMES.exec(words)?.[0].match(/\d{2}(?:\.\d+)?/g) ?? []).map((rank) => `p${rank}`)
}

/** Whether a clause names a thing of its own in front of its bound or in it. */
export function ownWords(text: string, clause: Span, bound: Bound): boolean {
  if (bound.subject !== null) return true
  const before = withoutAggregates(text.slice(clause.start, bound.start))
  return /\p{L}{2}/u.test(before.replace(/\b(?:and|or|for|with|but|while)\b/gi, ''))
}
