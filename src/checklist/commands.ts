// Fenced blocks and inline code to command steps: scripts with the comments that name them, in order.
import type { CommandStep } from '../plan/plan.ts'
import { findHazards } from './command-hazards.ts'
import { readShellLines, type ShellLine } from './shell-lines.ts'

/** A block's commands; `numbered` where comments count them ("# 2. Tag images"), each a step of its own. */
export interface CommandBlock {
  numbered: boolean
  steps: BlockStep[]
}

export interface BlockStep {
  title: string | null
  /** Line of its title, or of its first command. */
  line: number
  /** Null where there are only comments: for a person to read, nothing to run. */
  command: CommandStep | null
  /** Comments behind the title. */
  notes: string[]
}

const SHELLS = new Set([
  'bash',
  'sh',
  'shell',
  'zsh',
  'console',
  'shell-session',
  'terminal',
  'powershell',
  'cmd',
  'bat',
])
const NUMBERED = /^\s*#+\s*(?:step\s+)?(\d{1,2})[.):]\s+(\S.*)$/i
const PROGRAM =
  '(?:npm|npx|yarn|pnpm|node|deno|bun|git|gh|glab|docker|docker-compose|podman|kubectl|helm|argocd|curl|wget|psql|pg_dump|pg_restore|pg_isready|createdb|mysql|mysqldump|sqlite3|mongosh?|redis-cli|python\\d?|pip\\d?|pytest|poetry|uv|alembic|go|cargo|make|mvn|gradle|java|dotnet|php|composer|artisan|ruby|bundle|rake|rails|terraform|ansible(?:-playbook)?|aws|gcloud|az|vercel|netlify|fly|heroku|railway|supabase|prisma|systemctl|journalctl|service|sudo|ssh|scp|rsync|cp|mv|rm|mkdir|chmod|chown|ls|cat|tail|head|grep|find|sed|df|du|free|dig|nslookup|nc|openssl|promtool|nginx|pm2|wget|bash|sh|echo|cd|export|source)'
const INLINE = new RegExp(
  `^(?:\\$\\s+)?(?:[A-Z_][A-Z0-9_]*=\\S+\\s+)*(?:${PROGRAM}\\s+\\S|\\.{1,2}/(?:[\\w-]+/)*(?:[\\w-]+|[\\w-]+\\.(?:sh|py|js|mjs|ts|rb))(?=\\s|$)|(?:scripts?|bin)/\\S+\\.(?:sh|py|js|ts)\\b|(?:pg_isready|pytest)$)`,
)

/** Whether a block's language, or without one its first line, says shell. */
export function isShell(lang: string | null | undefined, value: string): boolean {
  if (lang) return SHELLS.has(lang.toLowerCase().replace(/[^a-z-].*$/, ''))
  const first = value.split('\n').find((line) => line.trim() !== '' && !line.trim().startsWith('#'))
  return first !== undefined && INLINE.test(first.trim())
}

/** Commands of a shell block whose first line stands on `line` of the document. */
export function readCommandBlock(value: string, line: number): CommandBlock {
  const lines = readShellLines(value)
  const numbered = lines.some(({ comment, text }) => comment && NUMBERED.test(text))
  const groups = split(lines, numbered)
  return { numbered, steps: groups.map((group) => toStep(group, line, numbered)).filter((step) => step !== null) }
}

/** At numbered comments, or else at comments that open a paragraph. What precedes the first is a group of its own. */
function split(lines: ShellLine[], numbered: boolean): ShellLine[][] {
  const groups: ShellLine[][] = [[]]
  for (const [index, line] of lines.entries()) {
    const before = lines[index - 1]
    const opens = numbered
      ? line.comment && NUMBERED.test(line.text)
      : line.comment && (before === undefined || (before.first && before.text.trim() === ''))
    if (opens && groups.at(-1)?.some(({ text }) => text.trim() !== '')) groups.push([])
    groups.at(-1)?.push(line)
  }
  return groups
}

function toStep(lines: ShellLine[], blockLine: number, numbered: boolean): BlockStep | null {
  const comments = lines.filter(({ comment }) => comment)
  const code = lines.filter(({ comment, text }) => !comment && !isOutput(text))
  const titled = numbered ? comments.find(({ text }) => NUMBERED.test(text)) : leadingComment(lines)
  const script = trimLines(code.map(({ text }) => text.replace(/^\$ /, '')))
  const title = titled ? titleOf(titled.text) : null
  if (script === '' && title === null) return null
  const start = titled ?? code.find(({ text }) => text.trim() !== '') ?? lines[0]
  const line = blockLine + (start?.index ?? 0)
  const first = code.find(({ text }) => text.trim() !== '')
  return {
    title,
    line,
    command: script === '' ? null : toCommand(script, title, blockLine + (first?.index ?? 0)),
    notes: comments.filter((comment) => comment !== titled).map(({ text }) => titleOf(text)),
  }
}

function leadingComment(lines: ShellLine[]): ShellLine | undefined {
  const first = lines.find(({ text }) => text.trim() !== '')
  return first?.comment ? first : undefined
}

/** A line no shell would take: pasted output such as "✅ ci.yml - valid". */
function isOutput(text: string): boolean {
  return /^\s*\p{Extended_Pictographic}/u.test(text)
}

function titleOf(comment: string): string {
  return comment
    .replace(/^\s*#+\s*/, '')
    .replace(/^(?:step\s+)?\d{1,2}[.):]\s+/i, '')
    .replace(/^-\s+/, '')
    .trim()
}

function trimLines(lines: string[]): string {
  return lines
    .join('\n')
    .replace(/^(?:[ \t]*\n)+/, '')
    .trimEnd()
}

/** A command with what makes it unfit to run unattended. */
export function toCommand(script: string, title: string | null, line: number): CommandStep {
  return { script, title, line, ...findHazards(script) }
}

/** Whether inline code is a command and not a name, a path or a value. */
export function isInlineCommand(code: string): boolean {
  return code.length <= 500 && !code.includes('\n') && INLINE.test(code.trim())
}
