// What to do about an item that did not pass: what its check advises, and where the document itself tells the cure.
import type { Checklist } from '../plan/plan.ts'

const TOLD_MAX = 2

/**
 * The check's own advice and the document's troubleshooting for the item, as one sentence or two; null where nobody knows.
 * @param advice what the last outcome said, or null.
 */
export function remedyOf(
  item: string,
  advice: string | null,
  { document, troubleshooting }: Pick<Checklist, 'document'> & Partial<Pick<Checklist, 'troubleshooting'>>,
): string | null {
  // Plans that were locked by an earlier version have no such list.
  const about = (troubleshooting ?? []).filter(({ items }) => items.includes(item)).slice(0, TOLD_MAX)
  const told = about.map(({ symptom, line }) => `"${symptom}" (${document.path}:${line})`)
  const said = told.length > 0 ? `the document tells what to do: ${told.join(', ')}` : null
  return [advice?.replace(/\.\s*$/, '') ?? null, said].filter(Boolean).join('; ') || null
}
