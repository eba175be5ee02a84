// What a command leaves open: placeholders that a person fills in before it can run, and variables that nobody sets.
import type { SyntaxNode } from 'unbash'
import { eachChild, hardToRead, type ShellStatement } from './shell-syntax.ts'

/** Forms of placeholders in shell text; `<in>out`, `[ -f x ]`, `${a[0]}`, JSON, globs and date formats are none. */
const FORMS = [
  // <PREVIOUS_TAG>, <your token>, backup-<timestamp>.sql, user@<host>:5432
  /(?<![<\w)&])<[A-Za-z][\w.-]*(?:[ /|][\w.-]+){0,4}>(?![=>&\w(])|(?<=[\w])<[A-Za-z][\w.-]*>(?=[\s"'.:/@-]|$)/g,
  // [backup-timestamp], [your version]; [VERSION], [timestamp] as words of their own; [--force]
  /(?<![\w$[\\"'])\[[A-Za-z]{2,}(?:[-_ ][A-Za-z]{2,})+\](?![*+?{])/g,
  /(?<![\w$[\\"'!?*])\[(?:[A-Z][A-Z_]{2,}|[a-z]{3,})\](?![*+?{\w])/g,
  /(?<!\S)\[-{1,2}[a-z][\w-]*(?:[= ]\S+)?\](?!\S)/g,
  // {version}, {{ version }}; not ${version}, %{http_code}, stash@{0}, {a,b}, {{.Names}}
  /(?<![$%@{\\])\{\{\s*(?!end\b|else\b)[A-Za-z_]\w*(?:[.-]\w+)*\s*\}\}(?!\})/g,
  /(?<![$%@{\\\w#(])\{(?!print\})[A-Za-z][\w-]*\}(?![}'])/g,
  // your-api.com, YOUR_TOKEN, yourdomain.com, my-app
  /(?<![A-Za-z])(?:your|my)-[\w.-]*\w|(?<![A-Za-z])your_?[a-z]\w*(?:[.-][\w.-]*\w)?|(?<![A-Za-z])YOUR_?[A-Z]\w*/g,
  // example.com and its hosts, domain.com
  /(?<![\w.-])(?:[\w-]+\.)*(?:example\.(?:com|org|net)|(?:domain|company|mysite|yoursite|somewhere)\.(?:com|org|net|io))(?![\w-])/gi,
  // vX.Y.Z, x.x.x, 1.x.x, 192.168.x.x
  /(?<![\w.])v?(?:\d{1,3}\.){0,3}[xX](?:\.[xXyYzZ])+(?![\w])|(?<![\w.])v?\d{1,3}\.[xX](?![\w])/g,
  /(?<![\w.])v?X\.Y(?:\.Z)?(?:-rc\.?N)?(?!\w)|(?<!\w)v?N\.N\.N(?!\w)/g,
  /(?<![A-Za-z%+])(?:YYYY[-_./]?MM[-_./]?DD(?:[-_T]?HH[-_:]?MM(?:[-_:]?SS)?)?|yyyy[-_./]?mm[-_./]?dd)(?![A-Za-z])/g,
  /(?<![A-Za-z0-9])(?:X{3,}|x{3,})(?![A-Za-z0-9])/g,
  /(?<![A-Za-z])(?:\w*CHANGE[-_]?ME\w*|REPLACE[-_]?(?:ME|WITH)\w*|INSERT[-_]\w+[-_]HERE|PLACEHOLDER|T[O]DO|TBD|FIX[M]E)(?![A-Za-z])/g,
  /(?<![\w.-])\/?(?:path\/to|path-to)\/[\w./-]*/g,
  // An ellipsis for what is left out, not `./...` of Go.
  /(?<![\w./"'…])(?:\.\.\.|…)(?![\w./])/g,
]

/** One of these is in every form; most commands have none. */
const SIGN =
  /[<[{…]|\.\.\.|your|my-|example|domain|company|mysite|somewhere|x\.|\.x|y\.|n\.n|yyyy|xxx|change|replace|insert|placeholder|to[d]o|tbd|fix[m]e|path.to/i

/** A place of a placeholder in a text. */
interface Found {
  start: number
  text: string
}

/** Placeholders of a shell text in their order, each once. */
export function findPlaceholders(script: string): string[] {
  return [...new Set(locate(script).map(({ text }) => text))]
}

/** The text with placeholders replaced by letters, of the same length, so that it can be parsed. */
export function maskPlaceholders(script: string): string {
  const parts: string[] = []
  let from = 0
  for (const { start, text } of locate(script)) {
    if (!/[<>[\]{}|… ]/.test(text)) continue
    parts.push(script.slice(from, start), 'p'.repeat(text.length))
    from = start + text.length
  }
  return parts.join('') + script.slice(from)
}

/** More of them in one block make it a template, whatever they are. */
const FOUND_MAX = 200

function locate(script: string): Found[] {
  if (!SIGN.test(script) || hardToRead(script) !== null) return []
  const found: Found[] = []
  for (const form of FORMS)
    for (const match of script.matchAll(form)) {
      if (found.length >= FOUND_MAX) break
      const start = match.index
      const end = start + match[0].length
      if (found.some((other) => start < other.start + other.text.length && end > other.start)) continue
      if (isOrdinary(script, start, match[0])) continue
      found.push({ start, text: match[0].trim() })
    }
  return found.toSorted((a, b) => a.start - b.start)
}

/** The template of `mktemp`, the packages of Go. */
function isOrdinary(script: string, start: number, text: string): boolean {
  const line = script.slice(script.lastIndexOf('\n', start - 1) + 1, start)
  if (/^[xX]+$/.test(text) && /\bmktemp\b[^|;&]*$/.test(line)) return true
  if (text === '...' && /\bgo\s+\w+\b[^|;&]*$/.test(line)) return true
  return false
}

/** Variables that every shell or session has. */
const GIVEN = new Set(
  'HOME USER LOGNAME PATH PWD OLDPWD SHELL HOSTNAME LANG LC_ALL TERM TMPDIR UID EUID RANDOM SECONDS LINENO PPID IFS EDITOR BASH BASH_SOURCE BASH_VERSION PIPESTATUS REPLY OSTYPE HOSTTYPE MACHTYPE FUNCNAME NODE'.split(
    ' ',
  ),
)

/** Variables that the statements read; `sets` those they set before or anywhere. */
export interface Variables {
  reads: string[]
  sets: string[]
  /** A file of settings is read: what it sets is not known. */
  sourced: boolean
}

const HOLDS_VARIABLES = /[$=]|\b(?:read|readarray|mapfile|source|eval|for|select|getopts)\b|(?:^|[\s;&|])\.\s/

/** Which variables the statements of `text` read and set. Defaults (`${A:-b}`) read nothing that must be there. */
export function readVariables(statements: readonly ShellStatement[], text: string): Variables {
  if (!HOLDS_VARIABLES.test(text)) return { reads: [], sets: [], sourced: false }
  const reads = new Set<string>()
  const sets = new Set<string>()
  const found = { sourced: false }
  const visit = (node: SyntaxNode): void => {
    noteSet(node, sets)
    if (node.type === 'Command' && /^(?:source|\.|eval)$/.test(node.name?.value ?? '')) found.sourced = true
    // An assignment's value is read before its name is set, as in `A=${A}x`.
    eachChild(node, visit)
    const name = nameRead(node)
    if (name !== null && !sets.has(name) && !GIVEN.has(name)) reads.add(name)
  }
  for (const { node } of statements) visit(node)
  return { reads: [...reads], sets: [...sets], sourced: found.sourced }
}

function nameRead(node: SyntaxNode): string | null {
  if (node.type === 'SimpleExpansion') return /^\$([A-Za-z_]\w*)$/.exec(node.text)?.[1] ?? null
  if (node.type !== 'ParameterExpansion' || !/^[A-Za-z_]\w*$/.test(node.parameter)) return null
  const { operation } = node
  return operation?.type === 'Default' && !operation.operator.includes('?') ? null : node.parameter
}

function noteSet(node: SyntaxNode, sets: Set<string>): void {
  if (node.type === 'Assignment') sets.add(node.name)
  if ((node.type === 'For' || node.type === 'Select') && node.name.value) sets.add(node.name.value)
  if (node.type !== 'Command') return
  const name = node.name?.value ?? ''
  if (!/^(?:read|mapfile|readarray|local|declare|export|typeset|getopts)$/.test(name)) return
  for (const arg of node.args) if (arg.type === 'Word' && /^[A-Za-z_]\w*$/.test(arg.value)) sets.add(arg.value)
}
