// The contacts that stand under a heading of a Markdown document: rows of its tables, points of its lists, lines with a bold name.

export interface ListedContact {
  name: string
  /** What is said of it: the row's other cells, what stands behind the colon. */
  text: string
  line: number
}

/** Entries beyond these are not read. */
const CONTACTS_MAX = 500
const LINE_CHARS_MAX = 2000

/** The contacts under the first heading that has these words; null where there is no such heading. */
export function contactsUnder(document: string, heading: string): ListedContact[] | null {
  const lines = sectionOf(document.split(/\r\n?|\n/), heading)
  if (!lines) return null
  const contacts: ListedContact[] = []
  for (const [index, { text, number }] of lines.entries()) {
    if (contacts.length >= CONTACTS_MAX) break
    const isHeader = isTableRule(lines[index + 1]?.text ?? '')
    const found = isHeader ? null : contactIn(text, lines[index + 1]?.text ?? '')
    if (found) contacts.push({ ...found, line: number })
  }
  return contacts
}

interface Line {
  text: string
  number: number
}

/** Lines of the section, code left out. */
function sectionOf(lines: readonly string[], heading: string): Line[] | null {
  const words = heading.toLowerCase()
  let level: number | null = null
  let fence: string | null = null
  const section: Line[] = []
  for (const [index, line] of lines.entries()) {
    const text = line.slice(0, LINE_CHARS_MAX)
    const mark = /^ {0,3}(```|~~~)/.exec(text)?.[1]
    if (mark && (fence === null || fence === mark)) fence = fence === null ? mark : null
    if (mark || fence !== null) continue
    const [, signs, title = ''] = /^ {0,3}(#{1,6})\s+(.*)$/.exec(text) ?? []
    if (signs) {
      if (level !== null && signs.length <= level) break
      if (level === null && title.toLowerCase().includes(words)) level = signs.length
    } else if (level !== null) section.push({ text, number: index + 1 })
  }
  return level === null ? null : section
}

const POINT = /^(\s*)(?:[-*+]|\d+[.)])\s+(?:\[[ xX]\]\s+)?(.*)$/
const BOLD_LINE = /^\s*(\*\*.+?\*\*.*)$/

/** `|---|:--|` */
function isTableRule(text: string): boolean {
  return /^[\s|:-]+$/.test(text) && text.includes('|') && text.includes('-')
}

function contactIn(text: string, next: string): Pick<ListedContact, 'name' | 'text'> | null {
  if (/^\s*\|/.test(text)) return isTableRule(text) ? null : contactOfRow(text)
  const [, indent = '', point] = POINT.exec(text) ?? []
  const said = point ?? BOLD_LINE.exec(text)?.[1]
  if (said === undefined) return null
  const [, name = '', rest = ''] = /^(.{1,80}?)(?::(?!\/\/)\**|\s[–—-])\s*(.*)$/.exec(said.replaceAll('**', '')) ?? []
  const deeper = POINT.exec(next)?.[1] ?? ''
  // "Payments team:" gathers the points under it.
  if (name !== '' && rest.trim() === '' && deeper.length > indent.length) return null
  return name === '' ? { name: plain(said), text: plain(said) } : { name: plain(name), text: plain(rest) }
}

function contactOfRow(row: string): Pick<ListedContact, 'name' | 'text'> | null {
  const cells = row
    .trim()
    .replace(/^\|/, '')
    .replace(/\|$/, '')
    .split(/(?<!\\)\|/)
    .map(plain)
  const [name = '', ...others] = cells
  return cells.every((cell) => cell === '') ? null : { name, text: others.join(' ; ') }
}

function plain(text: string): string {
  return text.replaceAll(/\*\*|`/g, '').trim()
}
