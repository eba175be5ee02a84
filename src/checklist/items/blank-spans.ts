// Where a document leaves room to write: underscores in all forms, dotted lines, date patterns, "[Name]", a field's empty end.

/** A run of underscores, escaped or with the asterisks that a formatter made of some of them. */
const MANGLED = /(?:\\?[_*]){3,}/g
const UNDERSCORES = /(?:\\?_){3,}/
/** Two underscores are a blank where a unit follows: `__%`. */
const SHORT = /(?<![_*\w\\])__(?=\s?(?:%|ms\b|s\b|MB\b|GB\b))/g
/** "___/___/____", "__:__": one date or time, written in parts. */
const PARTED = /(?<![_\w])(?:\\?_){1,4}\s?([/:.-])\s?(?:\\?_){1,4}(?:\s?\1\s?(?:\\?_){1,4}){0,2}(?![_\w])/g
const DOTTED = /(?<=[:：(][*`\s]{0,6})(?:\.{5,200}|…{2,60})(?!\s*\d+\s*$)/gm
/** `[Name]`, `[TBD]` as the whole value behind a colon; not a link, not a box. */
const BRACKETS = /:[\s*]*(\[[A-Z][A-Za-z /_.'-]{1,40}\])(?=\s*(?:$|[,;|]|\bDate\b|\*\*\w))(?![([])/gm
/** Brackets that name what is to be written, wherever they stand: `[Your Name]`, `[DATE]`, `[XX.X]%`, `[ ... ]`. */
const FIELD_BRACKETS =
  /(?<![\]\w!\\])\[(?:(?:your|full|insert|enter|fill in|add)\s[^\]\n]{1,40}|name|date|time|version|signature|initials|tbd|dd\/mm\/yyyy|yyyy-mm-dd|hh:mm|[Xx]{2,4}(?:\.[Xx]{1,2})?|_{2,}|\.{3,}|…)\](?![([:\w])/gi
/** The shape of a date or time as the whole value of a field. */
const SHAPES =
  /:[*`\s]{1,6}((?:YYYY[-/.]MM[-/.]DD|DD[-/.]MM[-/.]YYYY|MM[-/.]DD[-/.]YYYY)(?:[ T]HH:MM(?::SS)?)?|HH:MM(?::SS)?)(?=[*`\s]*(?:$|[,;|]))/gim
/** Fields of sign-offs and logs that are left open by writing nothing behind them. */
const FIELD =
  '(?:(?:start|end|completion|deployment|release|approval|review|rollback|finish)\\s+)?(?:date|time|timestamp|date\\s*\\/\\s*time|signature|signed|initials)|' +
  '(?:full\\s|print(?:ed)?\\s)?name|(?:signed(?: off)?|approved|deployed|verified|reviewed|performed|completed|tested|executed|prepared|checked|validated|authori[sz]ed|released)[ -]by|' +
  'notes|comments|approver|deployer|reviewer|sign[ -]?off|release manager|job title'
const OPEN_FIELD = new RegExp(
  `(?<=^|[\\s*|>-])(?:${FIELD})\\s*(?:\\*\\*|__)?[:：](?:\\*\\*|__)?([ \\t]*)(?=$|(?:\\*\\*|__)?(?:${FIELD})\\s*(?:\\*\\*|__)?[:：])`,
  'gim',
)
const LIST_LINE = /^\s*(?:[-*+]\s|\d{1,9}[.)]\s|\||```|~~~|>)/

/** Where blanks stand in a piece of the text: start and end, in characters of the whole text, in order. */
export function findBlankSpans(text: string, start: number, end: number): [number, number][] {
  const piece = text.slice(start, end)
  const spans: [number, number][] = []
  const taken = new Uint8Array(piece.length + 1)
  const add = (from: number, to: number): void => {
    if (taken[from] === 1 || taken[to - 1] === 1) return
    taken.fill(1, from, to)
    spans.push([from, to])
  }
  if (piece.includes('_')) {
    for (const match of piece.matchAll(PARTED)) add(match.index, match.index + match[0].length)
    for (const [from, to] of underscores(piece)) add(from, to)
    for (const match of piece.matchAll(SHORT)) add(match.index, match.index + 2)
  }
  if (piece.includes('[')) {
    for (const match of [...piece.matchAll(BRACKETS), ...piece.matchAll(FIELD_BRACKETS)]) {
      const at = match.index + match[0].length - (match[1] ?? match[0]).length
      if (!insideCommand(piece, at, match[1] ?? match[0])) add(at, at + (match[1] ?? match[0]).length)
    }
  }
  if (/\.{5}|…/.test(piece)) for (const match of piece.matchAll(DOTTED)) add(match.index, match.index + match[0].length)
  if (/YYYY|HH:MM/i.test(piece))
    for (const match of piece.matchAll(SHAPES))
      add(match.index + match[0].length - (match[1]?.length ?? 0), match.index + match[0].length)
  for (const [from, to] of openFields(text, piece, start)) add(from, to)
  return spans.toSorted(([a], [b]) => a - b).map(([from, to]) => [start + from, start + to])
}

function underscores(piece: string): [number, number][] {
  return Array.from(piece.matchAll(MANGLED)).flatMap((match) => {
    const found = UNDERSCORES.exec(match[0])
    if (!found) return []
    const whole = /\\[*_]/.test(match[0]) && /\*/.test(match[0])
    const from = match.index + (whole ? 0 : found.index)
    return [[from, from + (whole ? match[0].length : found[0].length)]]
  })
}

/** "Deployed by:" with nothing behind it, unless a list goes on with it. */
function openFields(text: string, piece: string, start: number): [number, number][] {
  if (!/[:：]/.test(piece)) return []
  return Array.from(piece.matchAll(OPEN_FIELD)).flatMap((match) => {
    const spaces = match[1]?.length ?? 0
    const to = match.index + match[0].length
    // A heading of a form in capitals, not a field of it.
    if (/SIGN[ -]?OFF\W*$/.test(match[0])) return []
    const next = /^[ \t]*(?:$|\n)/.test(piece.slice(to)) ? nextLine(text, start + to) : ''
    if (/(?:notes|comments)\W*$/i.test(match[0]) && !/^(?:#|---|\*\*\*|$)/.test(next)) return []
    if (LIST_LINE.test(next) && !LIST_LINE.test(lineOf(piece, match.index))) return []
    // Wide room between two fields is the blank; at a line's end two spaces are a break and stay one.
    const from = to - spaces
    return [[from, /^[*_]{0,2}\S/.test(piece.slice(to)) ? to : from + Math.min(spaces, 1)]]
  })
}

function nextLine(text: string, end: number): string {
  return /^\s*\n?([^\n]*)/.exec(text.slice(end, end + 200))?.[1] ?? ''
}

function lineOf(piece: string, at: number): string {
  return piece.slice(piece.lastIndexOf('\n', at) + 1)
}

/** Between code marks with other words around it a bracket is a placeholder of a command. */
function insideCommand(piece: string, at: number, words: string): boolean {
  const line = piece.slice(piece.lastIndexOf('\n', at) + 1)
  const column = at - (piece.lastIndexOf('\n', at) + 1)
  const open = line.slice(0, column).lastIndexOf('`')
  const marks = line.slice(0, column).split('`').length - 1
  if (marks % 2 === 0) return false
  const close = line.indexOf('`', column)
  return line.slice(open + 1, close === -1 ? undefined : close).trim() !== words
}
