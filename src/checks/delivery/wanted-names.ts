// Names that must be there, where `*` stands for any text. Pure.

/** The wanted names, as they were given, that none of the names there is. */
export function missingNames(wanted: readonly string[], there: readonly string[]): string[] {
  return wanted.filter((pattern) => !there.some((name) => isNamed(name, pattern)))
}

/** Whether the parts between the stars stand in the name, in order: no regular expression, so nothing can backtrack. */
function isNamed(name: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return name === pattern
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false
  let from = first.length
  for (const part of rest) {
    const at = name.indexOf(part, from)
    if (at === -1 || at + part.length > name.length - last.length) return false
    from = at + part.length
  }
  return true
}
