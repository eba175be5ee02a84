// Shell text as a syntax tree: its statements with their places, the comments between them, and whether it is shell at all.
import { createRequire } from 'node:module'
import type { ParsedScript, Statement, SyntaxNode } from 'unbash'

type Unbash = typeof import('unbash')

export interface ShellStatement {
  /** Offsets in the text; `end` includes heredocs and a `&`. */
  start: number
  end: number
  node: Statement
}

export interface ShellComment {
  start: number
  end: number
  /** With its `#`. */
  text: string
  /** Nothing else on its line. */
  own: boolean
}

export interface ShellText {
  statements: ShellStatement[]
  comments: ShellComment[]
  /** Why it is no shell text, or null. */
  problem: string | null
}

/** Blocks longer than this are programs, not commands of a checklist. */
const CHARACTERS_MAX = 50_000

/** Substitutions, groups and brackets within each other: reading costs their product with the length. */
const NESTING_MAX = 25
/** White space is what parts words. */
const WORD_CHARACTERS_MAX = 400

/** Why a text would take unreasonably long to read, or null. Nobody writes such commands into a checklist. */
export function hardToRead(text: string): string | null {
  if (text.length > CHARACTERS_MAX) return 'is too long to be read'
  let depth = 0
  let word = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    word = code <= 0x20 ? 0 : word + 1
    if (word > WORD_CHARACTERS_MAX) return 'holds a word that is too long to be read'
    if (OPENS.has(code)) depth++
    else if (CLOSES.has(code)) depth = Math.max(0, depth - 1)
    if (depth > NESTING_MAX) return 'is nested too deep to be read'
  }
  return null
}

const OPENS = new Set(Array.from('({[', (sign) => sign.charCodeAt(0)))
const CLOSES = new Set(Array.from(')}]', (sign) => sign.charCodeAt(0)))

let loaded: Unbash | null = null

/** The parser, loaded with the first command that is read: documents without one do not pay for it. */
function unbash(): Unbash {
  loaded ??= createRequire(import.meta.url)('unbash') as Unbash
  return loaded
}

/** Parses shell text. Never throws: what is wrong with it is its `problem`. */
export function readShell(text: string): ShellText {
  const hard = hardToRead(text)
  if (hard) return { statements: [], comments: [], problem: hard }
  const script = unbash().parse(text)
  const statements: ShellStatement[] = []
  const heredocs = text.includes('<<')
  for (const node of script.commands) {
    const end = heredocs ? Math.max(node.end, lastHeredoc(node)) : node.end
    const before = statements.at(-1)
    // `cat <<A; ls`: the body of the first stands behind the second.
    if (before && node.pos < before.end) before.end = Math.max(before.end, end)
    statements.push({ start: node.pos, end, node })
  }
  return { statements, comments: commentsBetween(text, statements), problem: problemOf(script, HOLDS_INNER.test(text)) }
}

/** Calls `visit` for the node's direct children, those inside of words and substitutions too. */
export function eachChild(node: SyntaxNode, visit: (child: SyntaxNode) => void): void {
  unbash().forEachChild(node, visit)
}

function lastHeredoc(node: SyntaxNode): number {
  let end = 0
  eachChild(node, (child) => {
    const own = child.type === 'HereDoc' ? (child.closing?.end ?? child.body.end) : 0
    end = Math.max(end, own, lastHeredoc(child))
  })
  return end
}

/** Substitutions and heredocs hold text that is parsed for itself. */
const HOLDS_INNER = /[$<>]\(|`|<<|\$\{/

function problemOf(script: ParsedScript, inner = true): string | null {
  const [error] = script.errors ?? []
  if (error) return `is no shell: ${error.message}`
  if (!inner) return null
  return script.commands.map(problemIn).find((problem) => problem !== null) ?? null
}

function problemIn(node: SyntaxNode): string | null {
  let problem: string | null = null
  if (node.type === 'HereDoc' && !node.closing) return 'is no shell: a heredoc without its end'
  eachChild(node, (child) => {
    problem ??= child.type === 'Script' ? problemOf(child) : problemIn(child)
  })
  return problem
}

/** Comments stand where no statement does. */
function commentsBetween(text: string, statements: readonly ShellStatement[]): ShellComment[] {
  const comments: ShellComment[] = []
  let from = 0
  for (const { start, end } of [...statements, { start: text.length, end: text.length }]) {
    if (start > from || from === 0)
      for (const match of text.slice(from, start).matchAll(/(?<![^\s;&)])#[^\n]*/g)) {
        const at = from + match.index
        if (text.startsWith('#!', at) && at === 0) continue
        const lineStart = text.lastIndexOf('\n', at - 1) + 1
        const own = text.slice(lineStart, at).trim() === ''
        comments.push({ start: at, end: at + match[0].length, text: match[0].trimEnd(), own })
      }
    from = Math.max(from, end)
  }
  return comments
}
