// Version ranges as checklists write them: `>=18`, `18 || 20`, `v18+ or v20+`, `^20.1`, `>=18.17 <21`, `20.x`.

type Version = readonly [major: number, minor: number, patch: number]

interface Comparator {
  operator: '>=' | '>' | '<' | '<=' | '=' | '^' | '~'
  /** One to three parts: `18` stands for every 18. */
  parts: readonly number[]
}

/** Alternatives, each a conjunction. */
export type VersionRange = readonly (readonly Comparator[])[]

/** The range, or null where the text is not one. */
export function parseVersionRange(text: string): VersionRange | null {
  const alternatives = text.split(/\s*\|\|\s*|\s+or\s+/i).map((alternative) => {
    // `>= 18` and `>=18` are the same.
    const words = alternative
      .trim()
      .replace(/(>=|<=|[<>=^~])\s+/g, '$1')
      .split(/\s+/)
    return words.map(parseComparator)
  })
  return alternatives.every((alternative) => alternative.every((comparator) => comparator !== null))
    ? (alternatives as Comparator[][])
    : null
}

/** Major, minor and patch of `v20.11.1`, or null where the text is not a version. Pre-release tags are ignored. */
export function parseVersion(text: string): Version | null {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(text.trim())
  return match && [Number(match[1]), Number(match[2]), Number(match[3])]
}

/**
 * The first version in what a program prints (`Python 3.12.1`, `go version go1.24 linux`, `openjdk 21`), or null. A word of figures
 * alone counts only where there is none with a point; Java 8 called itself 1.8.
 */
export function findVersion(text: string): Version | null {
  const match =
    /(?<![\w.])[a-z_]{0,12}(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?/i.exec(text) ??
    /(?<![\w.-])v?(\d{1,4})(?![\w.]|-\d)/i.exec(text)
  if (!match) return null
  const version = [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)] as const
  return version[0] === 1 && /\b(?:java|openjdk|jdk)\b/i.test(text) ? [version[1], version[2], 0] : version
}

export function isInRange(version: Version, range: VersionRange): boolean {
  return range.some((alternative) => alternative.every((comparator) => matches(version, comparator)))
}

function parseComparator(word: string): Comparator | null {
  const match = /^(>=|<=|[<>=^~])?v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.[x*])*(\+)?$/i.exec(word)
  if (!match) return null
  const [, operator, major, minor, patch, plus] = match
  if (operator && plus) return null
  const parts = [major, minor, patch].filter((part) => part !== undefined).map(Number)
  return { operator: plus ? '>=' : ((operator ?? '=') as Comparator['operator']), parts }
}

function matches(version: Version, { operator, parts }: Comparator): boolean {
  // `<=18` and `>18` are about every 18, as `=18` is: what is not named is not compared.
  const order = compare(version, parts)
  const atLeast = order >= 0
  switch (operator) {
    case '=':
      return order === 0
    case '>=':
      return atLeast
    case '>':
      return order > 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '^':
      return atLeast && compare(version, fixedByCaret(parts)) === 0
    case '~':
      return atLeast && compare(version, parts.slice(0, 2)) === 0
  }
}

/** Up to and including the first part that is not zero: `^0.3.1` stays in 0.3. */
function fixedByCaret(parts: readonly number[]): readonly number[] {
  const first = parts.findIndex((part) => part > 0)
  return first < 0 ? parts : parts.slice(0, first + 1)
}

function compare(version: Version, parts: readonly number[]): number {
  for (const [index, part] of parts.entries()) {
    const difference = (version[index] ?? 0) - part
    if (difference !== 0) return difference
  }
  return 0
}
