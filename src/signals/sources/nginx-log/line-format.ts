// Lines of an access log to the fields in them: nginx's own `log_format` text, or JSON. One pass over a line, no regular expressions.

/** The wanted fields of one line as text, null for one it has not; null for a line that does not have the format. */
export type LineParser = (line: string) => (string | null)[] | null

const COMBINED =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'

type Part = { literal: string } | { variable: string }

/** What is wrong with a format, or null. */
export function formatProblem(format: string, wanted: readonly string[]): string | null {
  if (format === 'json') return null
  const parts = partsOf(format)
  const touching = parts.findIndex((part, index) => 'variable' in part && 'variable' in (parts[index + 1] ?? {}))
  if (touching !== -1) return 'has two variables side by side: what belongs to which cannot be told'
  const missing = wanted.find((name) => !parts.some((part) => 'variable' in part && part.variable === name))
  return missing === undefined ? null : `has no $${missing} in it`
}

/** @param format `json`, or a `log_format` in which a leading `combined` stands for nginx's own. */
export function compileFormat(format: string, wanted: readonly string[]): LineParser {
  return format === 'json' ? (line) => parseJson(line, wanted) : compileParts(partsOf(format), wanted)
}

function partsOf(format: string): Part[] {
  const text = /^combined(?=\s|$)/.test(format) ? COMBINED + format.slice('combined'.length) : format
  const pieces = text.split(/\$(?:\{(\w+)\}|(\w+))/)
  const parts: Part[] = []
  for (let index = 0; index < pieces.length; index += 3) {
    const literal = pieces[index]
    const variable = pieces[index + 1] ?? pieces[index + 2]
    if (literal) parts.push({ literal })
    if (variable) parts.push({ variable })
  }
  return parts
}

function compileParts(parts: readonly Part[], wanted: readonly string[]): LineParser {
  const steps = parts.map((part, index) => {
    const next = parts[index + 1]
    return 'literal' in part
      ? part
      : { ...part, slot: wanted.indexOf(part.variable), until: next && 'literal' in next ? next.literal : null }
  })
  return (line) => {
    const values = wanted.map((): string | null => null)
    let at = 0
    for (const step of steps) {
      if ('literal' in step) {
        if (!line.startsWith(step.literal, at)) return null
        at += step.literal.length
        continue
      }
      const end = endOf(step.variable, step.until, line, at)
      if (end === -1) return null
      if (step.slot !== -1) values[step.slot] = unescaped(line.slice(at, end))
      at = end
    }
    return at === line.length ? values : null
  }
}

/** nginx escapes quotes in values, so a quoted one cannot end early; a list of upstreams holds the blanks that end others. */
function endOf(variable: string, until: string | null, line: string, from: number): number {
  if (!variable.startsWith('upstream_')) return until === null ? line.length : line.indexOf(until, from)
  for (let at = from; ;) {
    while (at < line.length && line[at] !== ' ' && line[at] !== ',' && line[at] !== '"' && line[at] !== '|') at++
    if (line.startsWith(', ', at)) at += 2
    else if (line.startsWith(' : ', at)) at += 3
    else return at
  }
}

/** nginx writes bytes it does not trust as `\x22`; a line is one character a byte until here. */
function unescaped(value: string): string {
  const bytes = value.includes('\\x')
    ? value.replaceAll(/\\x([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : value
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

function parseJson(line: string, wanted: readonly string[]): (string | null)[] | null {
  try {
    const entry: unknown = JSON.parse(Buffer.from(line, 'latin1').toString('utf8'))
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return null
    return wanted.map((name) => {
      const value: unknown = Object.hasOwn(entry, name) ? entry[name as keyof typeof entry] : null
      return typeof value === 'string' || typeof value === 'number' ? String(value) : null
    })
  } catch {
    return null
  }
}
