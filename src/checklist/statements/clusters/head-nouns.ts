// Which letters the last word of a noun phrase may begin with, read off the regular expression for it: what an index goes by.

const KEY_LETTERS = 3
/** Any letters. */
const OPEN = '*'
/** More alternatives than this are not told apart. */
const ENDS_MAX = 200
const LAST_WORD = /[^\s/-]*$/

/** The key of a phrase: the first letters of its last word. */
export function keyOf(phrase: string): string {
  return (LAST_WORD.exec(phrase)?.[0] ?? '').slice(0, KEY_LETTERS)
}

/** Most nouns end in a word of letters: "error rates?". */
const PLAIN = /(?:^| )([a-z]{3})[a-z]*(?:[a-z]\?)?$/

/** The keys of all phrases that a noun's pattern may end; null where they cannot be told. */
export function keysOf(noun: string): string[] | null {
  const plain = PLAIN.exec(noun)?.[1]
  if (plain !== undefined) return [plain]
  const ends = new Ends(noun).read()
  if (ends === null) return null
  const keys = new Set<string>()
  for (const end of ends) {
    const letters = (LAST_WORD.exec(end)?.[0] ?? '').slice(0, KEY_LETTERS)
    if (letters.includes(OPEN)) return null
    keys.add(letters)
  }
  return [...keys]
}

/** Reads letters, `?`, `*`, `+`, groups of alternatives, small classes; whatever else is there makes the pattern untold. */
class Ends {
  readonly #pattern: string
  #at = 0

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  read(): string[] | null {
    try {
      const ends = this.#alternatives()
      return this.#at === this.#pattern.length ? ends : null
    } catch (error) {
      if (error instanceof Untold) return null
      throw error
    }
  }

  #alternatives(): string[] {
    const ends = this.#sequence()
    while (this.#take('|')) ends.push(...this.#sequence())
    return ends
  }

  #sequence(): string[] {
    const parts: string[][] = []
    while (this.#at < this.#pattern.length && !'|)'.includes(this.#pattern[this.#at] ?? ''))
      parts.push(this.#repeated())
    let ends = ['']
    for (const part of parts.toReversed()) ends = joined(part, ends)
    return ends
  }

  #repeated(): string[] {
    const once = this.#one()
    if (this.#take('?')) return [...once, '']
    const many = once.map((end) => OPEN + end)
    if (this.#take('*')) return [...once, ...many, '']
    return this.#take('+') ? [...once, ...many] : once
  }

  #one(): string[] {
    if (this.#take('(?:')) {
      const ends = this.#alternatives()
      if (!this.#take(')')) throw new Untold()
      return ends
    }
    if (this.#take('[')) return this.#class()
    if (this.#take('\\')) return /[.+-]/.test(this.#pattern[this.#at] ?? '') ? [this.#next()] : this.#open()
    if (this.#take('.')) return [OPEN]
    if (/[()[\]{}^$*+?]/.test(this.#pattern[this.#at] ?? '')) throw new Untold()
    return [this.#next()]
  }

  /** `[ -]`, `[sz]`; one with a range or a kind of letters stands for any. */
  #class(): string[] {
    const end = this.#pattern.indexOf(']', this.#at)
    const letters = this.#pattern.slice(this.#at, end)
    this.#at = end + 1
    return /[\\^]|.-./.test(letters) ? [OPEN] : [...letters]
  }

  #open(): string[] {
    this.#at++
    return [OPEN]
  }

  #next(): string {
    return this.#pattern[this.#at++] ?? ''
  }

  #take(sign: string): boolean {
    if (!this.#pattern.startsWith(sign, this.#at)) return false
    this.#at += sign.length
    return true
  }
}

/** Every part in front of every end; what stands in front of an end's last word is of no interest. */
function joined(parts: readonly string[], ends: readonly string[]): string[] {
  const all = new Set<string>()
  for (const end of ends)
    if (/[\s/-]/.test(end)) all.add(end)
    else
      for (const part of parts) {
        const whole = part + end
        all.add(whole.slice(Math.max(whole.search(/[\s/-][^\s/-]*$/), 0)))
      }
  if (all.size > ENDS_MAX) throw new Untold()
  return [...all]
}

class Untold extends Error {}
