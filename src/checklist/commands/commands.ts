// Which text is a command: fenced blocks by their language and words, inline code by its first word.
import { readShell } from './shell-syntax.ts'
import { maskPlaceholders } from './placeholders.ts'
import { isKnownProgram, isProgramOrPath } from './programs.ts'
import { takeOffPrompts } from './prompts.ts'

export { readCommandBlock, toCommand, type BlockStep } from './command-block.ts'

const SHELLS = new Set(
  'bash sh shell zsh ksh console shell-session terminal shellscript powershell pwsh ps1 cmd bat batch dos fish'.split(
    ' ',
  ),
)
/** Quick look before the parser is asked: a word and another one, or a path. */
const CANDIDATE = /^(?:\$\s+)?(?:[A-Za-z_][A-Za-z0-9_]*=\S*\s+)*([\w./~[-][\w./~+-]*)(?:\s+(\S)|$)/
/** Names that are a command without a further word. */
const ALONE = /^(?:pg_isready|pytest|make|uptime|whoami|\.{1,2}\/[\w./-]+|(?:scripts?|bin)\/[\w./-]+\.(?:sh|py|js|ts))$/
/** "make sure", "find out", "test the restore": English that begins like a command. */
const ENGLISH =
  /^(?:make (?:sure|a|an|the|it)|find (?:out|a|an|the)|test (?:the|that|a|all)|watch (?:the|for|out)|time (?:to|is)|date (?:of|and)|host (?:is|name)|read (?:the|more|and)|sort (?:the|by|out)|cut (?:the|off|over)|go (?:to|live|ahead|no-go|no go|\/)|set (?:up|the)|kill (?:the|switch)|export (?:the|all)|source (?:of|code)|service (?:is|level|desk|account)|ping (?:the|me)|service:|helm (?:chart|charts)|docker (?:image|images|hub|compose)$|node (?:\d|version|js)|git (?:tag|commit|branch|repository|flow)$|if\b|for\b|while\b|case\b|until\b|function\b|render (?:the|time))/i

/** Languages' first word: `bash title="x"` is bash. */
function languageOf(lang: string): string {
  return lang.toLowerCase().replace(/[^a-z0-9-].*$/, '')
}

/** Whether a block is shell: its language says so; without one it parses and every statement begins with a program or a path. */
export function isShell(lang: string | null | undefined, value: string): boolean {
  if (lang) return SHELLS.has(languageOf(lang)) && !isSettings(value)
  // `[ ] Backup taken` is a box of a form, open or ticked; to a shell `[` is a program.
  if (/^[ \t]*\[[ xX~]\][ \t]/m.test(value)) return false
  const { text } = takeOffPrompts(value, false)
  if (text !== value) return true
  // The parser is asked only where the first line could be a command.
  const first = text.split('\n').find((line) => line.trim() !== '' && !line.trim().startsWith('#'))
  const word = first === undefined ? undefined : /^(?:[A-Za-z_]\w*=\S*\s+)*([^\s;&|]+)/.exec(first.trim())?.[1]
  if (word === undefined || !isProgramOrPath(word)) return false
  const { statements, problem } = readShell(maskPlaceholders(text))
  if (problem) return false
  return statements.every(({ node: { command } }) => {
    const simple = command.type === 'Pipeline' || command.type === 'AndOr' ? command.commands[0] : command
    if (simple?.type !== 'Command') return true
    return simple.name === undefined || isProgramOrPath(simple.name.value)
  })
}

/** Nothing but `KEY=value`: the contents of a file of settings, whatever the block says it is. */
function isSettings(value: string): boolean {
  const lines = value.split('\n').filter((line) => line.trim() !== '' && !/^\s*#/.test(line))
  return (
    lines.length > 0 &&
    lines.every((line) => /^\s*[A-Za-z_][\w.]*=(?:"[^"]*"|'[^']*'|[^\s;&|$`]*)\s*(?:#.*)?$/.test(line))
  )
}

/** Whether inline code is a command and not a name, a path or a value. */
export function isInlineCommand(code: string): boolean {
  const text = code.trim()
  if (text.length > 500 || text.includes('\n') || ENGLISH.test(text)) return false
  const [, word = '', next] = CANDIDATE.exec(text) ?? []
  if (next === undefined)
    return ALONE.test(word) && (!/^\.{1,2}\//.test(word) || /\/[\w-]+(?:\.(?:sh|py|js|mjs|ts|rb))?$/.test(word))
  if (!(isKnownProgram(word) || /^(?:\.{1,2}|~)\/|^(?:scripts?|bin)\//.test(word)) || /^[:=|/]$/.test(next))
    return false
  return readShell(maskPlaceholders(text.replace(/^\$\s+/, ''))).problem === null
}
