// Items about the data: the rules that are declared for it, named in the item's words, and how old a backup may be.
import { formatDuration } from '../lib/duration.ts'
import type { Item } from '../plan/plan.ts'
import type { Threshold } from '../plan/threshold.ts'
import type { Config } from '../config/schema.ts'
import type { ProposalContext, ProposedEntry } from './propose.ts'

const CONSISTENCY =
  /\b(?:data(?:base)? (?:consistency|integrity rules)|consistency (?:check|rule|validation|limit)s?|validation success)\b/i
const BACKUP_AGE =
  /\b(?:RPO|recovery point|(?:latest|newest|last|recent) (?:verified )?back-?up|back-?up (?:age|is|not older|no older))\b/i
/** How the check itself is made, when and by whom: not what it finds. */
const ABOUT_CHECKS =
  /\b(?:schedul\w+|cron|alert\w*|monitor\w*|document\w*|scripts?|job|tool|report\w*|restor\w+|retention|polic\w+)\b|\?/i

/** A proposal where rules are declared, or a backup is configured, and the words mean them. */
export function proposeData(item: Item, context: ProposalContext): ProposedEntry | null {
  if (!context.config || item.commands.length > 0 || ABOUT_CHECKS.test(item.text)) return null
  return proposeRule(item, context.config) ?? proposeAllRules(item, context.config) ?? proposeAge(item, context)
}

/** The rule all of whose words stand in the item: `orphaned-relationships` in "Orphaned relationships = 0". */
function proposeRule(item: Item, { rules, databases }: Config): ProposedEntry | null {
  const said = new Set(wordsOf(item.text))
  const matching = Object.keys(rules).filter((name) => {
    const words = wordsOf(name)
    return words.length > 1 && words.every((word) => said.has(word))
  })
  const [name, ...others] = matching.toSorted((a, b) => wordsOf(b).length - wordsOf(a).length)
  if (name === undefined || others.some((other) => wordsOf(other).length === wordsOf(name).length)) return null
  const { max, database } = rules[name] as Config['rules'][string]
  const stated = item.thresholds.map(countMax).find((count) => count !== null) ?? null
  const differs = stated !== null && stated !== max
  return {
    entry: entryFor({ rules: [name], ...inDatabase(databases, database) }),
    confidence: differs ? 0.5 : 0.9,
    why: `names the rule "${name}"${differs ? `, which accepts ${max} where the document accepts ${stated}` : ''}`,
  }
}

/** Largest whole number that a bound accepts; null where it is no bound from above on a count. */
function countMax({ operator, value, unit }: Threshold): number | null {
  if (value === null || (unit !== null && unit !== 'count')) return null
  if (operator === '<') return Math.ceil(value) - 1
  return operator === '<=' || operator === '==' ? Math.floor(value) : null
}

function proposeAllRules(item: Item, { rules, databases }: Config): ProposedEntry | null {
  const said = CONSISTENCY.exec(item.text)
  const names = Object.keys(databases)
  if (!said || names.length !== 1 || Object.keys(rules).length === 0) return null
  const least =
    item.thresholds.find(({ operator, unit }) => /^>=?$/.test(operator) && unit === 'percent')?.value ?? null
  return {
    entry: entryFor(least === null ? {} : { successPercentMin: least }),
    confidence: 0.8,
    why: `"${said[0]}", and ${Object.keys(rules).length} rules are declared`,
  }
}

function proposeAge(item: Item, { backups }: ProposalContext): ProposedEntry | null {
  const [only] = backups.keys()
  const said = BACKUP_AGE.exec(item.text)
  const bound = item.thresholds.find(
    ({ operator, unit, value }) => /^<=?$/.test(operator) && unit === 'ms' && value !== null,
  )
  if (!said || !bound || only === undefined || backups.size > 1) return null
  return {
    entry: { check: 'backup-age', with: { backup: only, ageMax: formatDuration(bound.value as number) } },
    confidence: 0.85,
    why: `"${said[0]}" ${bound.text}, and "${only}" is the only backup`,
  }
}

function entryFor(options: Record<string, unknown>): Record<string, unknown> {
  return { check: 'consistency', ...(Object.keys(options).length > 0 ? { with: options } : {}) }
}

function inDatabase(databases: Config['databases'], database: string | undefined): { database?: string } {
  return database === undefined || Object.keys(databases).length === 1 ? {} : { database }
}

/** Lower case, singular as far as an "s" goes. */
function wordsOf(text: string): string[] {
  return (text.toLowerCase().match(/[a-z]{2,}/g) ?? []).map((word) => word.replace(/(?<=..)s$/, ''))
}
