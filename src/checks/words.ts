// Reading an item's words for a proposal. A proposal quotes what it rests on, so that a person can judge it at a glance.
import type { Item, Proposal } from '../plan/plan.ts'
import type { Recognise } from './check.ts'

type Words = Parameters<Recognise>[0]

/** Label and text as one sentence. */
export function sentenceOf(item: Words): string {
  return item.label && !item.text.includes(item.label) ? `${item.label}: ${item.text}` : item.text
}

/** A proposal with its reason: the words quoted, then the remark if there is one. */
export function propose(
  confidence: number,
  options: Record<string, unknown>,
  quotes: readonly string[],
  remark?: string,
): Omit<Proposal, 'check'> {
  const quoted = quotes.map((quote) => `"${quote}"`).join(' and ')
  return { options, confidence, why: remark ? `says ${quoted}; ${remark}` : `says ${quoted}` }
}

/** The first match of a pattern, trimmed, or null. */
export function find(sentence: string, pattern: RegExp): string | null {
  return pattern.exec(sentence)?.[0].trim() ?? null
}

/** Names that stand for something else: `your-api.com`, `<HOST>`, `example.com`, `[domain]`. */
export function isPlaceholder(text: string): boolean {
  return /your[-_.]?|example\.(com|org|net)|[<>[\]{}$]|x\.y\.z|\bxxx/i.test(text)
}

/** The only step of an item that can run by itself from start to end and is named in its text, or null. */
export function onlyInlineCommand(item: Words): Item['commands'][number] | null {
  const [step, ...others] = item.commands
  if (!step || others.length > 0 || !item.text.includes(step.script.trim())) return null
  const runs = !step.background && !step.endless && !step.interactive && !step.destructive
  return runs && step.placeholders.length === 0 ? step : null
}
