// CHECK constraints of a CREATE TABLE text: SQLite has no pragma for them.

/** What can hide a word of SQL: strings, quoted names, comments. */
const OPAQUE = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\//g

/** The conditions in their order, without the outer parentheses. */
export function checksOf(sql: string): string[] {
  // Of the same length, so that places in it are places in the text.
  const bare = sql.replace(OPAQUE, (hidden) => ' '.repeat(hidden.length))
  return [...bare.matchAll(/\bCHECK\s*\(/gi)].flatMap((match) => {
    const start = match.index + match[0].length
    const end = closingOf(bare, start)
    return end === null ? [] : [sql.slice(start, end).trim()]
  })
}

/** Place of the parenthesis that closes the one before `start`; null where none does. */
function closingOf(bare: string, start: number): number | null {
  let depth = 1
  for (let at = start; at < bare.length; at++) {
    if (bare[at] === '(') depth++
    if (bare[at] === ')' && --depth === 0) return at
  }
  return null
}
