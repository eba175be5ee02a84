// Text of PromQL queries: values are quoted by its rules wherever they are put into a query, never spliced.

const PLACEHOLDER = /\{\{\s*(\w+)\s*\}\}/g
/** Characters that mean something in RE2. */
const REGEX_META = /[\\^$.|?*+()[\]{}]/g

/** A string literal. */
export function quoted(value: string): string {
  return `"${escaped(value, '"')}"`
}

/** The value as a regular expression that matches it and nothing else. */
function literally(value: string): string {
  return value.replace(REGEX_META, String.raw`\$&`)
}

/** A duration, whole milliseconds. */
export function duration(ms: number): string {
  return `${Math.max(1, Math.ceil(ms))}ms`
}

/** `{a="b",c=~"d|e.*"}`: a text must be equal; a list holds what the label may be, `*` in it standing for any text. */
export function selectorOf(matchers: readonly (readonly [label: string, value: string | readonly string[]])[]): string {
  const parts = matchers.map(([label, value]) =>
    typeof value === 'string' ? `${label}=${quoted(value)}` : `${label}=~${quoted(value.map(patternText).join('|'))}`,
  )
  return `{${parts.join(',')}}`
}

function patternText(pattern: string): string {
  return pattern.split('*').map(literally).join('.*')
}

/**
 * The query with `{{version}}` and `{{window}}` replaced. A version is escaped for the string literal that it stands in,
 * and for the regular expression where that literal is one.
 */
export function fill(query: string, values: { version?: string; windowMs: number }): string {
  return piecesOf(query)
    .map(({ text, quote, isRegex }) =>
      text.replaceAll(PLACEHOLDER, (whole, name: string) => {
        if (name === 'window') return duration(values.windowMs)
        if (name !== 'version' || values.version === undefined || quote === null) return whole
        return escaped(isRegex ? literally(values.version) : values.version, quote)
      }),
    )
    .join('')
}

/** Whether the query is asked once a version. */
export function namesVersion(query: string): boolean {
  return [...query.matchAll(PLACEHOLDER)].some(([, name]) => name === 'version')
}

/** What is wrong with the placeholders of a query, or null. */
export function placeholderProblem(query: string): string | null {
  for (const { text, quote } of piecesOf(query))
    for (const [whole, name] of text.matchAll(PLACEHOLDER)) {
      if (name !== 'version' && name !== 'window') return `${whole} is neither {{version}} nor {{window}}`
      if (name === 'version' && (quote === null || quote === '`'))
        return 'put {{version}} between double or single quotes, as the value of a label'
    }
  return null
}

/** Whether the query is the selector of series and nothing more, so that their raw samples can be asked for. */
export function isPlainSelector(query: string): boolean {
  const outside = piecesOf(query)
    .filter(({ quote }) => quote === null)
    .map(({ text }) => text)
    .join('')
    .trim()
  return /^(?:[a-z_:][\w:]*\s*)?(?:\{[^{}()[\]]*\})$|^[a-z_:][\w:]*$/i.test(outside)
}

interface Piece {
  text: string
  /** The quotation mark around it; null outside of string literals. */
  quote: string | null
  isRegex: boolean
}

/** A query cut at its string literals; the quotation marks belong to the pieces outside. */
function piecesOf(query: string): Piece[] {
  const pieces: Piece[] = []
  let text = ''
  let quote: string | null = null
  const close = (next: string | null): void => {
    const before = pieces.at(-1)
    pieces.push({ text, quote, isRegex: quote !== null && /[=!]~\s*["'`]$/.test(before?.text ?? '') })
    text = ''
    quote = next
  }
  for (let at = 0; at < query.length; at++) {
    const character = query[at] as string
    if (quote === null) {
      text += character
      if (character === '"' || character === "'" || character === '`') close(character)
    } else if (character === '\\' && quote !== '`') {
      text += character + (query[++at] ?? '')
    } else if (character === quote) {
      close(null)
      text = character
    } else text += character
  }
  close(null)
  return pieces
}

function escaped(value: string, quote: string): string {
  return value
    .replaceAll('\\', String.raw`\\`)
    .replaceAll(quote, `\\${quote}`)
    .replaceAll('\n', String.raw`\n`)
}
