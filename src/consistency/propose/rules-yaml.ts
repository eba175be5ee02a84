// Proposed rules as text for gonogo.yaml, each with what it rests on and how many rows break it now.
import { plural } from '../../lib/plural.ts'
import type { ProposedRule } from './proposed-rule.ts'

/**
 * A `rules:` map. What the database keeps to by itself stands there as comments, to be taken in by whoever wants it judged too.
 * @param database name under `databases`; left out of the text where null.
 */
export function rulesYaml(rules: readonly ProposedRule[], database: string | null = null): string {
  const judged = rules.filter(({ isEnforced }) => !isEnforced)
  const enforced = rules.filter(({ isEnforced }) => isEnforced)
  const lines = [judged.length === 0 ? 'rules: {}' : 'rules:', ...judged.flatMap((rule) => entryOf(rule, database))]
  if (enforced.length > 0)
    lines.push(
      '  # The database keeps to these by itself, so they are not judged. Take the # away to have them judged too.',
      ...enforced.map((rule) => `  # ${lineOf(rule, database)}`),
    )
  return `${lines.join('\n')}\n`
}

function entryOf(rule: ProposedRule, database: string | null): string[] {
  const { violations } = rule
  const now =
    violations === null
      ? ''
      : violations === 0
        ? '; none breaks it now'
        : `; broken by ${plural(violations, 'row')} now`
  return [`  # ${oneLine(rule.why)}${now}`, `  ${lineOf(rule, database)}`]
}

function lineOf({ name, kind, options }: ProposedRule, database: string | null): string {
  return `${name}: ${flow({ kind, ...(database === null ? {} : { database }), ...options, max: 0 })}`
}

/** On one line. JSON is YAML; what nobody could take for anything else stands without quotes. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`
  if (typeof value === 'string') return isPlain(value) ? value : JSON.stringify(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const entries = Object.entries(value).map(([key, held]) => `${key}: ${flow(held)}`)
  return `{ ${entries.join(', ')} }`
}

function isPlain(text: string): boolean {
  return /^[A-Za-z_][\w.-]*$/.test(text) && !/^(?:true|false|yes|no|on|off|y|n|null)$/i.test(text)
}

/** Names of tables may hold line breaks. */
function oneLine(text: string): string {
  return text.replace(/\s*[\r\n\u2028\u2029]\s*/g, ' ')
}
