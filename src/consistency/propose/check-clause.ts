// What the text of a CHECK constraint says where it is about values of single columns; anything else is left alone.

type Clause =
  | { type: 'range'; column: string; bounds: Partial<Record<'from' | 'to' | 'above' | 'below', number>> }
  | { type: 'enum'; column: string; values: (string | number)[] }

type Token =
  | { type: 'name' | 'word' | 'operator'; text: string }
  | { type: 'value'; text: string; value: string | number }

const TOKEN =
  /\s*(?:'((?:[^']|'')*)'|"((?:[^"]|"")*)"|`([^`]*)`|(\d+(?:\.\d+)?)|([A-Za-z_][\w$]*)|(<=|>=|<>|!=|::|[-+<>=(),[\].*/|%~!]))/y

/** A type after `::`, in any of its spellings. */
const CAST_WORDS = /^(?:character|varying|double|precision|timestamp|time|with|without|zone)$/i

/** The clauses that all must hold; empty where the text says something else. */
export function clausesOf(check: string): Clause[] {
  const tokens = withoutCasts(tokensOf(check))
  // What is alternative, negated or computed is no bound of a column.
  if (tokens === null || tokens.some(({ text, type }) => type === 'word' && /^(?:or|not|case|like|glob)$/i.test(text)))
    return []
  const parts = split(tokens)
  const clauses = parts.map(clauseOf)
  return clauses.every((clause) => clause !== null) ? merged(clauses) : []
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const match = TOKEN.exec(text)
    if (!match) return []
    const [, string, quoted, ticked, number, word, operator] = match
    if (string !== undefined) tokens.push({ type: 'value', text: string, value: string.replaceAll("''", "'") })
    else if (number !== undefined) tokens.push({ type: 'value', text: number, value: Number(number) })
    else if (quoted !== undefined || ticked !== undefined)
      tokens.push({ type: 'name', text: (quoted ?? ticked ?? '').replaceAll('""', '"') })
    else if (word !== undefined) tokens.push({ type: 'word', text: word })
    else tokens.push({ type: 'operator', text: operator ?? '' })
  }
  return tokens
}

/** Casts as Postgres adds them, its arrays and all parentheses fall away; null where a function is called. */
function withoutCasts(tokens: readonly Token[]): Token[] | null {
  const kept: Token[] = []
  for (let at = 0; at < tokens.length; at++) {
    const [token, next] = [tokens[at], tokens[at + 1]]
    if (!token) continue
    if (token.text === '::') {
      at++
      while (CAST_WORDS.test(tokens[at + 1]?.text ?? '') || /^[[\]]$/.test(tokens[at + 1]?.text ?? '')) at++
      continue
    }
    if (token.type === 'operator' && /^[()[\]]$/.test(token.text)) continue
    if (token.type === 'word' && next?.text === '(' && !/^(?:in|any|and|between|array)$/i.test(token.text)) return null
    if (token.type === 'word' && /^(?:array|any)$/i.test(token.text)) continue
    kept.push(token)
  }
  return withSigns(kept)
}

/** A minus before a number that no operand precedes. */
function withSigns(tokens: readonly Token[]): Token[] {
  return tokens.flatMap((token, at): Token[] => {
    const before = tokens[at - 1]
    const isOperand = before?.type === 'value' || before?.type === 'name'
    if (token.text === '-' && !isOperand && tokens[at + 1]?.type === 'value') return []
    if (token.type !== 'value' || typeof token.value !== 'number' || before?.text !== '-') return [token]
    return [{ ...token, value: -token.value }]
  })
}

/** At AND, except that of BETWEEN. */
function split(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]]
  let isBetween = false
  for (const token of tokens) {
    const word = token.type === 'word' ? token.text.toLowerCase() : ''
    if (word === 'between') isBetween = true
    if (word === 'and' && !isBetween) parts.push([])
    else parts.at(-1)?.push(token)
    if (word === 'and') isBetween = false
  }
  return parts
}

const BOUNDS = { '>=': 'from', '<=': 'to', '>': 'above', '<': 'below' } as const
const MIRRORED: Record<string, string> = { '>=': '<=', '<=': '>=', '>': '<', '<': '>' }

function clauseOf(tokens: readonly Token[]): Clause | null {
  const [first, second, ...rest] = tokens
  if (!first || !second) return null
  if (first.type === 'value') {
    const mirrored: Token = { type: 'operator', text: MIRRORED[second.text] ?? '' }
    const [column, ...more] = rest
    return column && column.type !== 'value' && more.length === 0 ? clauseOf([column, mirrored, first]) : null
  }
  if (first.type === 'operator') return null
  const column = first.text
  const values = rest.flatMap((token) => (token.type === 'value' ? [token.value] : []))
  const operator = second.text.toLowerCase()
  if (operator in BOUNDS && rest.length === 1 && typeof values[0] === 'number')
    return { type: 'range', column, bounds: { [BOUNDS[operator as keyof typeof BOUNDS]]: values[0] } }
  const [from, to] = values
  if (operator === 'between' && rest.length === 3 && typeof from === 'number' && typeof to === 'number')
    return { type: 'range', column, bounds: { from, to } }
  const isList = rest.every((token, at) => (at % 2 === 0 ? token.type === 'value' : token.text === ','))
  return (operator === 'in' || (operator === '=' && values.length > 1)) && isList && values.length > 0
    ? { type: 'enum', column, values }
    : null
}

/** Bounds of one column are one clause. */
function merged(clauses: readonly Clause[]): Clause[] {
  const found: Clause[] = []
  for (const clause of clauses) {
    const same = found.find(
      (other) => other.type === 'range' && clause.type === 'range' && other.column === clause.column,
    )
    if (same?.type === 'range' && clause.type === 'range') Object.assign(same.bounds, clause.bounds)
    else found.push(clause)
  }
  return found
}
