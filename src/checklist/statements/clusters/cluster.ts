// A cluster: what many checklists ask for, known by the noun a statement is about and by what is said of it.

export interface Cluster {
  /** As people would call it: "alerts configured". */
  name: string
  /** The nouns it is known by, see `nouns`. */
  subject: readonly string[]
  /** What must be said of it; without this any state of things a machine can see, or nothing at all. */
  states?: RegExp
  /** Said of it, it is for a person after all. */
  not?: RegExp
  /** Whether the noun alone, with nothing said of it, is enough: "Security headers". */
  bare?: false
  /** To test it is to see it, though the noun alone is not enough: "Test failover". */
  tested?: true
}

/**
 * Ends of a noun phrase: the nouns between the commas, each a regular expression, whole words.
 * A noun behind `^` is no end but the whole phrase: "keys" are secrets, "arrow keys" are not.
 */
export function nouns(list: TemplateStringsArray): string[] {
  return partsOf(list)
}

/** A pattern for any of the words between the commas, whole, wherever they stand. */
export const whole = (list: TemplateStringsArray): RegExp => new RegExp(String.raw`\b(?:${partsOf(list).join('|')})\b`)

/** A pattern for a predicate that begins with one of them, behind "is", "has been", "successfully" and the like. */
export const begins = (list: TemplateStringsArray): RegExp =>
  new RegExp(
    `^(?:(?:is|are|was|were|has been|have been|all|up and|successfully|correctly|properly|currently|still|now|completely|fully) )*(?:${partsOf(list).join('|')})`,
  )

/** A pattern for one of them as the last word, with the space in front of it. */
export const last = (list: TemplateStringsArray): RegExp => new RegExp(String.raw`\s(?:${partsOf(list).join('|')})$`)

function partsOf(list: TemplateStringsArray): string[] {
  return (list.raw[0] ?? '').split(',').map((part) => part.trim())
}
