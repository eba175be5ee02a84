// A sign-off and the role that gives it: "**QA Lead**: Quality assurance approved" is asked of `qa`.
import type { Config } from '../config/schema.ts'
import type { Item } from '../plan/plan.ts'
import type { ProposedEntry } from './propose.ts'

/** Words that many titles share: a role of nothing else is less sure, and yields to one that says more. */
const GENERIC = new Set(
  'administrator approval chief developer director engineer head lead manager officer owner review team'.split(' '),
)

const SHORT: Record<string, string> = {
  'database administrator': 'dba',
  'quality assurance': 'qa',
  'site reliability': 'sre',
  'chief technology officer': 'cto',
  operations: 'ops',
  'product owner': 'po',
}

/** A proposal where one role, and only one, is named by the item's label; null where the addressee is right already. */
export function proposePoll(item: Item, config: Config | null): ProposedEntry | null {
  const title = item.label ?? /^[^:]{1,60}(?=:)/.exec(item.text)?.[0] ?? null
  if (!config || title === null) return null
  const matches = matchingRoles(wordsOf(title), Object.keys(config.people))
  const [best, second] = matches
  if (!best || (second && second.weight === best.weight)) return null
  if (best.role === config.defaults.ask) return null
  return { entry: { poll: best.role }, confidence: best.confidence, why: `"${title.trim()}" is the role ${best.role}` }
}

interface Match {
  role: string
  /** Words of the role that the title has; generic ones count for little. */
  weight: number
  confidence: number
}

/** Roles all of whose words stand in the title, the most telling first. */
function matchingRoles(title: ReadonlySet<string>, roles: readonly string[]): Match[] {
  return roles
    .flatMap((role): Match[] => {
      const words = [...wordsOf(role)]
      if (words.length === 0 || !words.every((word) => title.has(word))) return []
      const telling = words.filter((word) => !GENERIC.has(word)).length
      const unsaid = [...title].filter((word) => !words.includes(word))
      const sure = telling > 0 && unsaid.every((word) => GENERIC.has(word))
      const confidence = unsaid.length === 0 ? 0.95 : sure ? 0.85 : 0.6
      return [{ role, weight: 10 * telling + words.length, confidence }]
    })
    .toSorted((a, b) => b.weight - a.weight)
}

/** Words of a title or a role, in their short forms. */
function wordsOf(text: string): Set<string> {
  let plain = text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
  for (const [long, short] of Object.entries(SHORT)) plain = plain.replace(new RegExp(`\\b${long}\\b`), short)
  return new Set(plain.split(' ').filter(Boolean))
}
