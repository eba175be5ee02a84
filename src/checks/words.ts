// Reading an item's words for a proposal. A proposal quotes what it rests on, so that a person can judge it at a glance.
import type { Item, Proposal } from '../plan/plan.ts'
import type { Recognise } from './check.ts'

type Words = Parameters<Recognise>[0]

/** How sure a proposal is. From `said` on, nearly all are right; `assumed` leaves something for a person to fill in. */
export const SURE = { named: 0.9, said: 0.85, likely: 0.7, assumed: 0.6 } as const

/** What is proposed for a text stands at its beginning. */
const LENGTH_MAX = 1000

/** Label and text as one sentence. */
export function sentenceOf(item: Words): string {
  const text = item.text.slice(0, LENGTH_MAX)
  return item.label && !text.includes(item.label) ? `${item.label.slice(0, LENGTH_MAX)}: ${text}` : text
}

/** The sentence, then its commands, one a line: where an address or a path may stand. */
export function allWordsOf(item: Words): string {
  return [sentenceOf(item), ...item.commands.map((step) => step.script)].join('\n').slice(0, 4 * LENGTH_MAX)
}

/** A proposal with its reason: the words quoted, then the remark if there is one. */
export function propose(
  confidence: number,
  options: Record<string, unknown>,
  quotes: readonly string[],
  remark?: string,
): Omit<Proposal, 'check'> {
  const quoted = [...new Set(quotes)].map((quote) => `"${quote}"`).join(' and ')
  return { options, confidence, why: remark ? `says ${quoted}; ${remark}` : `says ${quoted}` }
}

/** The first match of a pattern, trimmed, or null. */
export function find(sentence: string, pattern: RegExp): string | null {
  return pattern.exec(sentence)?.[0].trim() ?? null
}

/** Names that stand for something else: `your-api.com`, `<HOST>`, `example.com`, `[domain]`. */
export function isPlaceholder(text: string): boolean {
  return /your[-_.]?|example\.(?:com|org|net)|[<>[\]{}$*]|x\.y\.z|\bxxx|^(?:my|some)[-_]|\b(?:my-?(?:app|site|domain|server|host)|domain\.(?:com|tld)|hostname|placeholder|company\.com)\b|\.\.\.|…/i.test(
    text,
  )
}

const HOST = /(?<![\w./@:-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z-]{1,20}(?![\w(-]|\.\w)/gi
/** Endings of file names, not of hosts. */
const FILE =
  /\.(?:md|js|ts|tsx|jsx|json|ya?ml|sh|db|sql|sqlite3?|py|conf|cfg|ini|env|txt|log|html?|css|xml|toml|lock|rb|go|rs|java|php|pem|crt|key|csv|zip|gz|tar|service|local|js\b)$/i

/** Host names written in the words, of addresses too; placeholders, file names and product names (Node.js) left out. */
export function hostsOf(item: Words): string[] {
  const words = allWordsOf(item)
  const ofAddresses = [...words.matchAll(/https?:\/\/([a-z0-9.-]+)/gi)].map((match) => match[1] ?? '')
  const plain = words.replace(/https?:\/\/\S+/gi, ' ').match(HOST) ?? []
  return [...new Set([...ofAddresses, ...plain])].filter(
    (host) =>
      host.includes('.') &&
      !isPlaceholder(host) &&
      !FILE.test(host) &&
      !/^(?:node|vue|next|socket|e\.g|i\.e)\./i.test(host),
  )
}

/** The only step of an item that can run by itself from start to end and is named in its text, or null. */
export function onlyInlineCommand(item: Words): Item['commands'][number] | null {
  const [step, ...others] = item.commands
  if (!step || others.length > 0 || !item.text.includes(step.script.trim())) return null
  const runs = !step.background && !step.endless && !step.interactive && !step.destructive && step.problem === null
  return runs && step.placeholders.length === 0 && step.variables.length === 0 ? step : null
}
