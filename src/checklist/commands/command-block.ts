// A fenced block of shell to its steps: what its comments name, what they expect, what of it is no command.
import type { CommandStep } from '../../plan/plan.ts'
import { markAlternatives } from './alternatives.ts'
import { findHazards } from './command-hazards.ts'
import { announcesOutput, expectationOfOutput, readExpectation } from './expectations.ts'
import { maskPlaceholders } from './placeholders.ts'
import { couldBeProgram } from './programs.ts'
import { takeOffPrompts } from './prompts.ts'
import { readShell, type ShellComment, type ShellStatement } from './shell-syntax.ts'

/** A block's commands; `numbered` where comments count them ("# 2. Tag images"), each a step of its own. */
export interface CommandBlock {
  numbered: boolean
  steps: BlockStep[]
}

export interface BlockStep {
  title: string | null
  /** Line of its title, or of its first command. */
  line: number
  /** Empty where there are only comments: for a person to read, nothing to run. */
  commands: CommandStep[]
  /** Comments behind the title. */
  notes: string[]
}

const NUMBERED = /^#+\s*(?:step\s+)?(\d{1,2})[.):]\s+(\S.*)$/i
/** Shells that no parser of ours reads. */
const FOREIGN = /^(?:powershell|pwsh|ps1|cmd|bat|batch|dos|fish)$/i

/** Prepares what is looked at next. */
const STATE_ONLY = /^(?:cd|export|source|\.|sleep)\s/

/** Something at the top of the block, in document order. */
type Piece =
  | { type: 'comment'; line: number; text: string; opens: boolean; own: boolean }
  | { type: 'code'; line: number; lineEnd: number; script: string; problem: string | null; background: boolean }
  | { type: 'output'; line: number; text: string }

/** Commands of a shell block whose first line stands on `line` of the document. */
export function readCommandBlock(value: string, line: number, lang: string | null = null): CommandBlock {
  if (lang !== null && FOREIGN.test(lang)) return unreadable(value, line, `is ${lang}, which is not run`)
  const typed = takeOffPrompts(value, lang !== null && /^(?:console|shell-session|terminal)$/i.test(lang))
  if (typed.inside) return unreadable(value, line, `is typed into another program (${typed.inside})`)
  const pieces = readPieces(typed.text)
  const numbered = pieces.some((piece) => piece.type === 'comment' && piece.own && NUMBERED.test(piece.text))
  const groups = split(pieces, numbered)
  const above = expectsAbove(pieces)
  const steps = groups.flatMap((group) => toStep(group, line, numbered, above) ?? [])
  return { numbered, steps: markAlternatives(steps) }
}

/** A command with what makes it unfit to run unattended. */
export function toCommand(script: string, title: string | null, line: number): CommandStep {
  const none = { alternative: null, expects: null, setup: [] }
  return { script, title, line, language: 'shell', ...none, ...findHazards(script) }
}

function unreadable(value: string, line: number, problem: string): CommandBlock {
  const script = value.trim()
  if (script === '') return { numbered: false, steps: [] }
  const command = { ...toCommand('', null, line), script, problem, looksOnly: false }
  return { numbered: false, steps: [{ title: null, line, commands: [command], notes: [] }] }
}

/** Top-level statements and the comments between them; a part that does not parse keeps its text and the reason. */
function readPieces(text: string): Piece[] {
  const whole = readShell(maskPlaceholders(text))
  if (!whole.problem) return toPieces(text, whole.statements, whole.comments, 0)
  // One wrong paragraph does not spoil the others.
  const pieces: Piece[] = []
  let line = 0
  for (const [index, part] of text.split(/(\n[ \t]*\n(?:[ \t]*\n)*)/).entries()) {
    if (index % 2 === 0 && part.trim() !== '') {
      const { statements, comments, problem } = readShell(maskPlaceholders(part))
      if (problem) pieces.push(...spoilt(part, line, problem))
      else pieces.push(...toPieces(part, statements, comments, line))
    }
    line += part.split('\n').length - 1
  }
  return pieces
}

function toPieces(text: string, statements: ShellStatement[], comments: ShellComment[], firstLine: number): Piece[] {
  const lineAt = lineCounter(text, firstLine)
  const lines = text.split('\n')
  const pieces: Piece[] = comments.map(({ start, end, own }) => {
    const line = lineAt(start)
    // The parser was given the text with its placeholders masked.
    const words = text.slice(start, end).trimEnd()
    return {
      type: 'comment',
      line,
      text: words,
      own,
      opens: own && (line === firstLine || lines[line - firstLine - 1]?.trim() === ''),
    }
  })
  for (const { start, end, node } of statements) {
    const line = lineAt(start)
    const lineEnd = lineAt(end - 1)
    const script = text.slice(start, end)
    const before = pieces.at(-1)
    if (isPasted(script)) pieces.push({ type: 'output', line, text: script })
    else if (before?.type === 'code' && before.lineEnd >= line) {
      // `a; b` on one line stay together.
      before.script = text.slice(startOf(text, before, firstLine), end)
      before.lineEnd = Math.max(before.lineEnd, lineEnd)
      before.background = node.background === true
    } else
      pieces.push({
        type: 'code',
        line,
        lineEnd,
        script,
        problem: proseIn(script, node),
        background: node.background === true,
      })
  }
  return pieces.toSorted((a, b) => a.line - b.line || Number(a.type === 'comment') - Number(b.type === 'comment'))
}

function startOf(text: string, piece: { line: number }, firstLine: number): number {
  const lineStart = text.split('\n', piece.line - firstLine).reduce((sum, line) => sum + line.length + 1, 0)
  return lineStart + (/^\s*/.exec(text.slice(lineStart))?.[0].length ?? 0)
}

function spoilt(part: string, line: number, problem: string): Piece[] {
  const lines = part.split('\n')
  const first = lines.findIndex((text) => !/^\s*#/.test(text))
  if (first === -1) return []
  const comments = lines.slice(0, first).map((text, index): Piece => ({
    type: 'comment',
    line: line + index,
    text: text.trim(),
    own: true,
    opens: index === 0,
  }))
  const script = lines.slice(first).join('\n').trim()
  const code: Piece = {
    type: 'code',
    line: line + first,
    lineEnd: line + lines.length - 1,
    script,
    problem,
    background: false,
  }
  return [...comments, code]
}

function lineCounter(text: string, firstLine: number): (offset: number) => number {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (offset) => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return firstLine + low
  }
}

/** A line no shell would take: pasted output such as "✅ ci.yml - valid". */
function isPasted(script: string): boolean {
  return /^\s*\p{Extended_Pictographic}/u.test(script) && !/^\s*\d/.test(script)
}

/** Words where a program should be: a sentence, the head of a table. */
function proseIn(script: string, node: ShellStatement['node']): string | null {
  if (node.command.type !== 'Command' || !node.command.name) return null
  const first = node.command.name.value
  return couldBeProgram(first) ? null : `is no command: \`${script.split('\n')[0]?.slice(0, 60)}\``
}

/** At numbered comments, or else at comments that open a paragraph. What precedes the first is a group of its own. */
function split(pieces: readonly Piece[], numbered: boolean): Piece[][] {
  const groups: Piece[][] = [[]]
  for (const [index, piece] of pieces.entries()) {
    const paragraph = piece.type === 'comment' && piece.opens && !(isLast(pieces, index) && isExpectation(piece.text))
    const opens = numbered ? piece.type === 'comment' && piece.own && NUMBERED.test(piece.text) : paragraph
    if (opens && groups.at(-1)?.length) groups.push([])
    groups.at(-1)?.push(piece)
  }
  return groups
}

/** No command stands in the comment's own paragraph: what it expects is of the one before. */
function isLast(pieces: readonly Piece[], index: number): boolean {
  const next = pieces[index + 1]
  return next === undefined || (next.type === 'comment' && next.opens)
}

/** Whether comments of this block say what to expect before the command, as the first such comment does. */
function expectsAbove(pieces: readonly Piece[]): boolean {
  for (const [index, piece] of pieces.entries()) {
    if (piece.type !== 'comment' || !isExpectation(piece.text)) continue
    return piece.own && pieces[index - 1]?.type !== 'code'
  }
  return false
}

function isExpectation(comment: string): boolean {
  return readExpectation(titleOf(comment), { script: '' }) !== null || announcesOutput(comment)
}

interface Open {
  lines: string[]
  line: number
  lineEnd: number
  problem: string | null
  expects: CommandStep['expects']
}

function toStep(group: readonly Piece[], blockLine: number, numbered: boolean, above: boolean): BlockStep | null {
  const comments = group.filter((piece) => piece.type === 'comment')
  const [first] = group
  const titled = numbered
    ? comments.find(({ own, text }) => own && NUMBERED.test(text))
    : first?.type === 'comment' && first.own
      ? first
      : undefined
  const title = titled ? titleOf(titled.text) : null
  const { codes, used } = toCodes(group, title, above)
  if (codes.length === 0 && title === null) return null
  const start = titled?.line ?? codes[0]?.line ?? first?.line ?? 0
  return {
    title,
    line: blockLine + start,
    commands: codes.map((code, index) => toStepCommand(code, index === 0 ? title : null, blockLine)),
    notes: comments.filter((comment) => comment !== titled && !used.has(comment)).map(({ text }) => titleOf(text)),
  }
}

function toStepCommand({ lines, line, problem, expects }: Open, title: string | null, blockLine: number): CommandStep {
  const command = toCommand(lines.join('\n').trimEnd(), title, blockLine + line)
  if (problem) return { ...command, problem, looksOnly: false }
  return { ...command, expects }
}

/** The group's statements, cut behind those that have an expectation or stay in the background. */
function toCodes(group: readonly Piece[], title: string | null, above: boolean): { codes: Open[]; used: Set<Piece> } {
  const codes: Open[] = []
  const used = new Set<Piece>()
  let open: Open | null = null
  // "Check the queue (should be 0)" as a title is about what follows.
  let awaited = title !== null && readExpectation(title, { script: '' }) ? title : null
  for (const [index, piece] of group.entries()) {
    if (used.has(piece) || piece.type === 'output') continue
    const last = codes.at(-1)
    if (piece.type === 'comment') {
      const words = titleOf(piece.text)
      if (words === title || !isExpectation(piece.text)) continue
      used.add(piece)
      open = null
      if (last && announcesOutput(piece.text)) last.expects ??= outputBelow(group.slice(index + 1), piece, last, used)
      else if (last && followsCode(piece, above))
        last.expects ??= readExpectation(words, { script: last.lines.join('\n') })
      else awaited = words
      continue
    }
    const next = group[index + 1]
    const judged = next?.type === 'comment' && isExpectation(next.text) && followsCode(next, above)
    if (open && !judged && awaited === null && (open.problem === null) === (piece.problem === null)) append(open, piece)
    else {
      open = { lines: [piece.script], line: piece.line, lineEnd: piece.lineEnd, problem: piece.problem, expects: null }
      codes.push(open)
    }
    if (awaited !== null && !STATE_ONLY.test(piece.script)) {
      open.expects = readExpectation(awaited, { script: piece.script })
      awaited = null
      open = null
    }
    if (piece.background) open = null
  }
  const last = codes.at(-1)
  if (awaited !== null && last) last.expects ??= readExpectation(awaited, { script: last.lines.join('\n') })
  return { codes, used }
}

/** A comment behind a command, or below it unless this block's comments stand above. */
function followsCode(comment: Piece & { type: 'comment' }, above: boolean): boolean {
  return !comment.own || !above
}

function append(open: Open, piece: Extract<Piece, { type: 'code' }>): void {
  // Blank lines between statements stay: the script is shown as written.
  if (piece.line > open.lineEnd + 1) open.lines.push('')
  open.lines.push(piece.script)
  open.lineEnd = piece.lineEnd
}

/** What stands below "# Expected output:": comment lines, or lines that were printed. They are no commands. */
function outputBelow(
  rest: readonly Piece[],
  announcement: Piece & { type: 'comment' },
  last: Open,
  used: Set<Piece>,
): CommandStep['expects'] {
  used.add(announcement)
  const output: string[] = []
  let line = announcement.line
  for (const piece of rest) {
    if (piece.line > line + 1) break
    output.push(
      piece.type === 'comment' ? piece.text.replace(/^#+ ?/, '') : piece.type === 'code' ? piece.script : piece.text,
    )
    line = piece.type === 'code' ? piece.lineEnd : piece.line
    used.add(piece)
  }
  return expectationOfOutput(output.join('\n'), announcement.text, { script: last.lines.join('\n') })
}

function titleOf(comment: string): string {
  return comment
    .replace(/^\s*#+\s*/, '')
    .replace(/^(?:step\s+)?\d{1,2}[.):]\s+/i, '')
    .replace(/^-\s+/, '')
    .trim()
}
