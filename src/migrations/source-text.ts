// Whether a migration file's way down does anything, told from its text. In doubt it does not: such a migration is one-way.

/** Whether a Knex migration exports a `down` with a body that is neither empty nor only an error. */
export function hasJavaScriptDown(source: string): boolean {
  const text = withoutComments(source)
  const declared =
    /(?:exports\.down\s*=|export\s+(?:const|let|var)\s+down\b[^=]*=|export\s+(?:async\s+)?function\s+down\b|\b(?:async\s+)?function\s+down\b|\bdown\s*:|[{,]\s*(?:async\s+)?down\s*\()/.exec(
      text,
    )
  if (!declared) return false
  const rest = text.slice(declared.index + declared[0].length)
  // `down: up` or `down = notPossible` name something else: what that does is not told.
  const body = /^[^{;]*?=>\s*([^{\s][^;]*)/.exec(rest)?.[1] ?? braced(rest)
  if (body === null) return false
  const statements = body
    .replace(/[\s;]+/g, ' ')
    .replace(/\breturn\b(?: (?:null|undefined|true|false|Promise\.resolve\(\)))?/g, (match) =>
      match === 'return' ? match : '',
    )
    .trim()
  return (
    statements !== '' &&
    statements !== 'return' &&
    !/^(?:throw\b|Promise\.(?:resolve\(\)|reject\()|null\b|undefined\b)/.test(statements)
  )
}

/** Whether an Alembic revision has a `downgrade` with a body other than `pass`, `...`, a docstring or an error. */
export function hasPythonDowngrade(source: string): boolean {
  const lines = source.split('\n')
  const start = lines.findIndex((line) => /^def\s+downgrade\s*\(/.test(line))
  if (start < 0) return false
  const inline = /:\s*(\S.*)$/.exec(lines[start]?.replace(/->\s*[^:]+/, '').replace(/#.*$/, '') ?? '')?.[1]
  const body: string[] = inline ? [inline] : []
  for (const line of lines.slice(start + 1)) {
    if (/^\S/.test(line) && !line.startsWith('#') && !line.startsWith(')')) break
    body.push(line.replace(/^\s*#.*$/, ''))
  }
  const doing = body
    .join('\n')
    .replace(/"""[^]*?"""|'''[^]*?'''/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(?:pass|\.\.\.|return(?: None)?|\)?\s*(?:->.*)?:)\s*;?\s*(?:#.*)?$/.test(line))
  return doing.length > 0 && !/^raise\b/.test(doing[0] ?? '')
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[^]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1')
}

/** The text between the first brace that opens a body and its own end; null without one. */
function braced(text: string): string | null {
  const from = text.search(/\)\s*(?::[^{=]*)?(?:=>\s*)?\{/)
  const open = from < 0 ? -1 : text.indexOf('{', from)
  if (open < 0 || /[;]/.test(text.slice(0, open))) return null
  let depth = 0
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth++
    else if (text[at] === '}' && --depth === 0) return text.slice(open + 1, at)
  }
  return null
}
