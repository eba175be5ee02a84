// Sets of words written as running text: to look a word up costs the same however many there are.

/** The words of a template, in any white space between them. */
export function wordsOf(list: TemplateStringsArray): ReadonlySet<string> {
  return new Set((list.raw[0] ?? '').trim().split(/\s+/))
}
