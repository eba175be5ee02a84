// The condition of each item: what its own words say, or the entry, the lead-in, the heading or the way it is part of.
import { branchesOf, branchesWithin } from './branches.ts'
import { readCondition, readHeadingCondition } from './conditions.ts'
import { statesTrigger } from './contexts.ts'
import type { Draft } from './draft.ts'
import type { Section } from '../phases/sections.ts'

/** The condition of a draft, or null. */
export type ConditionOf = (draft: Draft) => string | null

/** Conditions over a whole document; the nearest words that state one decide. */
export function conditionsOf(drafts: readonly Draft[], sections: readonly Section[]): ConditionOf {
  const ways = branchesOf(sections)
  const within = branchesWithin(drafts)
  const headings = headingConditions(sections)
  const known = new Map<Draft, string | null>()
  const of = (draft: Draft): string | null => {
    const found = known.get(draft)
    if (found !== undefined) return found
    const own = within.get(draft) ?? readCondition(draft.text)
    const above = draft.parent ? of(draft.parent) : draft.lead === null ? null : readHeadingCondition(draft.lead)
    const read = own ?? above ?? ways.get(draft.section) ?? headings.get(draft.section) ?? null
    if (draft.group) known.set(draft, read)
    return read
  }
  return of
}

/** What each section's heading, or the nearest above it, states. The document's own title is no part of what stands in it. */
function headingConditions(sections: readonly Section[]): Map<Section, string> {
  const found = new Map<Section, string>()
  const open: { level: number; condition: string | null }[] = []
  for (const section of sections) {
    const { level, title } = section.phase
    while (open.length > 0 && (open.at(-1)?.level ?? 0) >= level) open.pop()
    const own = level <= 1 || statesTrigger(title) ? null : readHeadingCondition(title)
    const condition = own ?? open.at(-1)?.condition ?? null
    if (condition !== null) found.set(section, condition)
    open.push({ level, condition })
  }
  return found
}
