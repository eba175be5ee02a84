// A JavaScript pattern said in Postgres' own language, where both mean the same.

/** What matches the same texts, or the first part of the pattern that has no equal. */
export type Translated = { pattern: string } | { unlike: string }

const WORD = 'A-Za-z0-9_'
/** White space and line ends of ECMAScript, https://tc39.es/ecma262/#sec-white-space. */
const SPACE = '\\t\\n\\v\\f\\r \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff'
const CLASSES: Record<string, string> = { d: '0-9', w: WORD, s: SPACE }
const LINE_ENDS = '\\n\\r\\u2028\\u2029'
/** Most repetitions that Postgres counts. */
const REPEATS_MAX = 255

/** Parts of a pattern outside of brackets, the longest first; each with what it is in Postgres, null where it has no equal. */
const PARTS: [RegExp, (match: RegExpExecArray) => string | null][] = [
  [/\[(\^?)((?:\\.|[^\]\\])*)\]/y, ([, not = '', inside = '']) => bracket(not, inside)],
  [/\(\?[:=!]|\(\?<[=!]/y, ([opening]) => opening],
  [/\(\?/y, () => null],
  [/[()|^$]/y, ([sign]) => sign],
  [/([*+?]|\{(\d+)(?:,(\d*))?\})\??/y, (match) => quantifier(match)],
  [/\./y, () => `[^${LINE_ENDS}]`],
  [/\\([dwsDWS])/y, ([, letter = '']) => `[${letter < 'a' ? '^' : ''}${CLASSES[letter.toLowerCase()]}]`],
  [/\\([nrtfv])/y, ([escape]) => escape],
  [/\\u([0-9a-fA-F]{4})/y, ([escape]) => escape],
  [/\\([\^$\\.*+?()[\]{}|/])/y, ([, sign = '']) => (sign === '/' ? '/' : `\\${sign}`)],
  [/[^\\[\](){}*+?|^$.]/uy, ([letter]) => letter],
]

/** Lookarounds, classes, groups and counted repetitions are translated; named groups, references back, \b and \p are not. */
export function postgresPattern(pattern: string): Translated {
  // Says that what follows is a pattern of this kind, whatever it begins with.
  let translated = '***:'
  let at = 0
  parts: while (at < pattern.length) {
    for (const [part, say] of PARTS) {
      part.lastIndex = at
      const match = part.exec(pattern)
      if (!match) continue
      const said = say(match)
      if (said === null) return { unlike: match[0] }
      translated += said
      at += match[0].length
      continue parts
    }
    return { unlike: pattern.slice(at, at + 4) }
  }
  return { pattern: translated }
}

function quantifier([whole, , least, most]: RegExpExecArray): string | null {
  return Math.max(Number(least ?? 0), Number(most ?? 0)) > REPEATS_MAX ? null : whole
}

/** Ranges are of code points in both. Classes of Postgres, `[:alpha:]`, are plain characters in JavaScript. */
function bracket(not: string, inside: string): string | null {
  if (inside === '' || /\[[:.=]/.test(inside)) return null
  // `[\s\S]`: any character, which is what a point is to Postgres.
  if (/^(?:\\s\\S|\\S\\s|\\d\\D|\\D\\d|\\w\\W|\\W\\w)$/.test(inside)) return not === '' ? '.' : null
  let said = ''
  for (const [part] of inside.matchAll(/\\u[0-9a-fA-F]{4}|\\[^]|[^\\]/gu)) {
    if (/^\\[dws]$/.test(part)) said += CLASSES[part[1] ?? '']
    else if (/^\\(?:[nrtfv]|u.*)$/.test(part)) said += part
    else if (/^\\[^a-zA-Z0-9]$/.test(part)) said += `\\${part[1]}`
    else if (part.length > 1 && part.startsWith('\\')) return null
    else said += part === '[' ? '\\[' : part
  }
  return `[${not}${said}]`
}
