// Where one SQL statement ends and the next begins, with the line of each: for naming the line that failed, and for refusing what would end
// the transaction a migration runs in. Linear in the length of the text.

export interface Statement {
  sql: string
  /** 1-based line of its first word. */
  line: number
}

const DOLLAR_QUOTE = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y
const BLANK = /\s/
const WORD = /[A-Za-z_][\w$]*/y

/** The statements of a script; text without a word between two semicolons is none. `line` is the line of the text's beginning. */
export function splitStatements(text: string, line = 1): Statement[] {
  const statements: Statement[] = []
  let begin = -1
  let words: string[] = []
  let depth = 0
  let at = 0
  let counted = 0
  const lineAt = (offset: number): number => {
    for (; counted < offset; counted++) if (text[counted] === '\n') line++
    return line
  }
  const close = (end: number): void => {
    if (begin >= 0) statements.push({ sql: text.slice(begin, end), line: lineAt(begin) })
    begin = -1
    words = []
    depth = 0
  }
  while (at < text.length) {
    const after = skipComment(text, at)
    if (after > at || BLANK.test(text[at] as string)) {
      at = Math.max(after, at + 1)
      continue
    }
    if (text[at] === ';' && depth === 0) {
      close(at)
      at++
      continue
    }
    if (begin < 0) begin = at
    const quoted = skipQuoted(text, at)
    if (quoted > at) {
      at = quoted
      continue
    }
    WORD.lastIndex = at
    const word = WORD.exec(text)?.[0].toUpperCase()
    if (word === undefined) {
      at++
      continue
    }
    at += word.length
    if (words.length < 6) words.push(word)
    depth = depthAfter(word, words, depth)
  }
  close(text.length)
  return statements
}

/** Bodies of triggers (SQLite) and of `BEGIN ATOMIC` functions (Postgres) hold semicolons of their own. */
function depthAfter(word: string, words: readonly string[], depth: number): number {
  const holdsBody =
    words[0] === 'CREATE' && words.some((one) => one === 'TRIGGER' || one === 'FUNCTION' || one === 'PROCEDURE')
  if (!holdsBody) return 0
  if (word === 'BEGIN') return depth + 1
  if (word === 'CASE' && depth > 0) return depth + 1
  return word === 'END' && depth > 0 ? depth - 1 : depth
}

/** The offset behind a comment that begins here, or the same offset. */
function skipComment(text: string, at: number): number {
  if (text.startsWith('--', at)) {
    const end = text.indexOf('\n', at)
    return end < 0 ? text.length : end + 1
  }
  if (!text.startsWith('/*', at)) return at
  const end = text.indexOf('*/', at + 2)
  return end < 0 ? text.length : end + 2
}

/** The offset behind a quoted text or name that begins here, or the same offset. */
function skipQuoted(text: string, at: number): number {
  const mark = text[at] as string
  if (mark === "'" && /e/i.test(text[at - 1] ?? '') && !/\w/.test(text[at - 2] ?? '')) return skipEscaped(text, at)
  if (mark === "'" || mark === '"' || mark === '`') return behind(text, mark, at + 1)
  if (mark !== '$') return at
  DOLLAR_QUOTE.lastIndex = at
  const quote = DOLLAR_QUOTE.exec(text)?.[0]
  return quote === undefined ? at : behind(text, quote, at + quote.length)
}

/** A doubled mark is two quoted texts in a row: it comes out the same. */
function behind(text: string, mark: string, from: number): number {
  const end = text.indexOf(mark, from)
  return end < 0 ? text.length : end + mark.length
}

/** Postgres' E'...' knows backslashes. */
function skipEscaped(text: string, at: number): number {
  for (let next = at + 1; next < text.length; next++) {
    if (text[next] === '\\') next++
    else if (text[next] === "'") return next + 1
  }
  return text.length
}

/** First words that begin or end a transaction. SAVEPOINT, RELEASE and ROLLBACK TO stay inside of it. */
const CONTROL =
  /^(?:BEGIN|START\s+TRANSACTION|COMMIT|END|ABORT|PREPARE\s+TRANSACTION|ROLLBACK(?!\s+(?:WORK\s+|TRANSACTION\s+)?TO\b))\b/i

/** The first statement that begins or ends a transaction, or null. */
export function findTransactionControl(statements: readonly Statement[]): Statement | null {
  return statements.find(({ sql }) => CONTROL.test(sql)) ?? null
}
