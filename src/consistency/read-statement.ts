// A user's own statement as far as its place in ours asks: that it is one, that it reads, and that it has no parameters.

/** Strings, quoted names, dollar-quoted texts and comments: what stands in them is no SQL. */
const QUOTED = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\$([A-Za-z_]*)\$[^]*?\$\1\$|--[^\n]*|\/\*[^]*?\*\//g

/** The statement without the semicolon at its end, or what is wrong with it. That it changes nothing is seen to by the session. */
export function readStatement(query: string): { body: string } | { problem: string } {
  // Same length, so that places are the same.
  const bare = query.replaceAll(QUOTED, (quoted) => ' '.repeat(quoted.length))
  const end = /;\s*$/.exec(bare)?.index ?? query.length
  const body = query.slice(0, end).trim()
  const code = bare.slice(0, end)
  if (code.includes(';')) return { problem: 'is several statements; one is asked for' }
  if (/['"`]/.test(code)) return { problem: 'has a quote that is not closed' }
  if (/\/\*/.test(code)) return { problem: 'has a comment that is not closed' }
  const first = /^[\s(]*(\w+)/.exec(code)?.[1]?.toUpperCase()
  if (first !== 'SELECT' && first !== 'WITH' && first !== 'VALUES')
    return { problem: 'does not begin with SELECT or WITH' }
  if (!isClosed(code)) return { problem: 'has brackets that do not match' }
  // `?` is an operator of Postgres too, but there `jsonb_exists` says the same.
  const parameter = /\?|(?<![\w:])[:@]\w+|\$\w+/.exec(code)
  return parameter ? { problem: `has a parameter (${parameter[0]}); write the value` } : { body }
}

function isClosed(code: string): boolean {
  let depth = 0
  for (const sign of code) {
    if (sign === '(') depth++
    if (sign === ')' && --depth < 0) return false
  }
  return depth === 0
}
