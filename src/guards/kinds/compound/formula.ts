// All, any, not of conditions, in Kleene's three-valued logic: something unknown decides nothing. Pure.
import type { Truth } from './part.ts'

/** Conditions by their place in the list of parts, each as it stands or negated; groups are one level deep. */
export type Formula = { type: 'part'; index: number; negated: boolean } | { type: 'all' | 'any'; members: Formula[] }

/** What a formula comes to. Of several that are not known, `unknown` outweighs `idle`. */
export function evaluated(formula: Formula, truths: readonly Truth[]): Truth {
  if (formula.type === 'part') {
    const truth = truths[formula.index] ?? 'unknown'
    if (!formula.negated || truth === 'idle' || truth === 'unknown') return truth
    return truth === 'holds' ? 'fails' : 'holds'
  }
  const members = formula.members.map((member) => evaluated(member, truths))
  const [deciding, otherwise] = formula.type === 'all' ? (['fails', 'holds'] as const) : (['holds', 'fails'] as const)
  if (members.includes(deciding)) return deciding
  if (members.includes('unknown')) return 'unknown'
  return members.includes('idle') ? 'idle' : otherwise
}

/** The parts that make a formula hold, in order. */
export function supporting(formula: Formula, truths: readonly Truth[]): { index: number; negated: boolean }[] {
  if (evaluated(formula, truths) !== 'holds') return []
  return formula.type === 'part' ? [formula] : formula.members.flatMap((member) => supporting(member, truths))
}

/** Parts that stand in the formula negated. */
export function negatedIn(formula: Formula): Set<number> {
  if (formula.type === 'part') return new Set(formula.negated ? [formula.index] : [])
  return new Set(formula.members.flatMap((member) => [...negatedIn(member)]))
}

/** In words, from the words of its parts. */
export function inWords(formula: Formula, words: readonly string[]): string {
  if (formula.type === 'part') return formula.negated ? `not (${words[formula.index]})` : (words[formula.index] ?? '')
  const members = formula.members.map((member) =>
    member.type === 'part' ? inWords(member, words) : `(${inWords(member, words)})`,
  )
  return members.join(formula.type === 'all' ? ' and ' : ' or ')
}
