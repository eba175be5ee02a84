// Every program that a shell text would start: in pipes, loops and substitutions, behind sudo, xargs, ssh, `sh -c`.
import type { Command, Redirection, SyntaxNode, Word } from 'unbash'
import { eachChild, readShell, type ShellStatement } from './shell-syntax.ts'
import { unwrap } from './shell-wrappers.ts'

export interface Call {
  /** Name without its folder: `psql`; empty where there are only assignments. */
  program: string
  /** Arguments without their quotes; expansions as written. */
  args: string[]
  /** Files written to or read from. */
  redirects: { operator: string; target: string }[]
  /** Text that a heredoc or `<<<` gives it, or null. */
  text: string | null
  /** Its input is a pipe, a file or a heredoc, not the terminal. */
  fed: boolean
  /** What its output is piped into, or null. */
  feeds: string | null
  /** Started by this one, which runs nothing else itself: `sudo`, `ssh host`, `xargs`. */
  wraps: boolean
  /** Which program it is, only the shell that runs it knows: `$CMD`. */
  opaque: boolean
}

/** What a text starts, and what its form says besides. */
export interface Calls {
  calls: Call[]
  /** Holds `$(...)`, backticks or `<(...)`. */
  substitutes: boolean
  /** Holds a loop that ends only by a `break`, and none is there. */
  loopsForever: boolean
  /** `select` asks. */
  asks: boolean
  /** Defines functions: what they do depends on who calls them. */
  defines: boolean
}

const DEPTH_MAX = 6

interface Where {
  fed: boolean
  feeds: string | null
  depth: number
}

/** The calls of some statements, outer before inner. */
export function callsOf(statements: readonly ShellStatement[]): Calls {
  const found: Calls = { calls: [], substitutes: false, loopsForever: false, asks: false, defines: false }
  for (const { node } of statements) visit(node, { fed: false, feeds: null, depth: 0 }, found)
  return found
}

function visit(node: SyntaxNode, where: Where, found: Calls): void {
  switch (node.type) {
    case 'Pipeline':
      for (const [index, command] of node.commands.entries()) {
        const next = node.commands[index + 1]
        visit(command, { ...where, fed: where.fed || index > 0, feeds: next ? nameOf(next) : where.feeds }, found)
      }
      return
    case 'Command':
      addCommand(node, where, found)
      // Plain words hold no program.
      if (!holdsInner(node)) return
      break
    case 'Redirected':
      if (node.redirects.some(readsInput)) where = { ...where, fed: true }
      break
    case 'CommandExpansion':
    case 'ProcessSubstitution':
      found.substitutes = true
      break
    case 'While':
      if (isForever(node) && !holdsBreak(node.body)) found.loopsForever = true
      break
    case 'Select':
      found.asks = true
      break
    case 'Function':
      found.defines = true
      break
    default:
  }
  eachChild(node, (child) => visit(child, where, found))
}

function holdsInner({ name, prefix, suffix }: Command): boolean {
  const inner = (piece: { text?: string; type: string }) =>
    piece.text === undefined || /[$<>]\(|`|\$\{/.test(piece.text)
  return (name !== undefined && inner(name)) || prefix.some(inner) || suffix.some(inner)
}

function addCommand(node: Command, where: Where, found: Calls): void {
  const words = [node.name, ...node.args.map((arg) => (arg.type === 'Word' ? arg : null))]
  const values = [node.name?.value ?? '', ...node.args.map((arg) => (arg.type === 'Word' ? arg.value : arg.text))]
  const opaque = words[0] ? holdsExpansion(words[0]) : false
  addWords(values, node.redirects, { ...where, opaque }, found)
}

function addWords(
  words: readonly string[],
  redirections: readonly Redirection[],
  where: Where & { opaque: boolean },
  found: Calls,
): void {
  const [name = '', ...args] = words
  const call: Call = {
    program: name.replace(/^.*\//, ''),
    args,
    redirects: redirections.flatMap((redirect) =>
      redirect.type === 'Redirect' ? [{ operator: redirect.operator, target: redirect.target?.value ?? '' }] : [],
    ),
    text: textGiven(redirections),
    fed: where.fed || redirections.some(readsInput),
    feeds: where.feeds,
    wraps: false,
    opaque: where.opaque,
  }
  found.calls.push(call)
  if (where.depth >= DEPTH_MAX) return
  const inner = unwrap(call)
  if (!inner) return
  call.wraps = true
  const below = { fed: call.fed || inner.fed, feeds: call.feeds, depth: where.depth + 1, opaque: false }
  if (inner.words) addWords(inner.words, [], below, found)
  if (inner.script !== undefined) addScript(inner.script, below, found)
}

/** A program text within the text: it counts as opaque where it cannot be read. */
function addScript(script: string, where: Where, found: Calls): void {
  const { statements, problem } = readShell(script)
  if (problem) {
    const nothing = { args: [], redirects: [], text: null, fed: true, feeds: null, wraps: false }
    found.calls.push({ ...nothing, program: '', opaque: true })
  }
  for (const { node } of statements) visit(node, where, found)
}

function nameOf(node: SyntaxNode): string | null {
  if (node.type !== 'Command') return null
  const words = [node.name?.value ?? '', ...node.args.map((arg) => (arg.type === 'Word' ? arg.value : ''))]
  return (words.find((word) => word !== 'sudo') ?? '').replace(/^.*\//, '')
}

function readsInput(redirect: Redirection): boolean {
  return redirect.type !== 'Redirect' || redirect.operator.startsWith('<')
}

function textGiven(redirections: readonly Redirection[]): string | null {
  for (const redirect of redirections) {
    if (redirect.type === 'HereDoc') return redirect.body.text
    if (redirect.type === 'HereString') return redirect.target?.value ?? ''
  }
  return null
}

function holdsExpansion(word: Word): boolean {
  let found = false
  eachChild(word, (part) => {
    if (part.type.endsWith('Expansion') && part.type !== 'BraceExpansion') found = true
    if (part.type === 'DoubleQuoted') found ||= part.parts.some(({ type }) => type !== 'Literal')
  })
  return found
}

function isForever(node: Extract<SyntaxNode, { type: 'While' }>): boolean {
  const [only, ...others] = node.clause.commands
  if (!only || others.length > 0 || only.command.type !== 'Command') return false
  const name = only.command.name?.value
  return node.kind === 'while' ? name === 'true' || name === ':' : name === 'false'
}

function holdsBreak(node: SyntaxNode): boolean {
  let found = node.type === 'Command' && /^(?:break|exit|return)$/.test(node.name?.value ?? '')
  eachChild(node, (child) => {
    found ||= holdsBreak(child)
  })
  return found
}
