// Headings of Markdown and what stands below them; what is in a fence is text.

export interface Heading {
  /** 1 to 6. */
  level: number
  text: string
  /** 0-based line of the heading, and of the first line below it. */
  line: number
  below: number
}

/** The lines of a document without HTML comments; lines keep their numbers. */
export function linesOf(text: string): string[] {
  return text
    .replace(/<!--[^]*?(?:-->|$)/g, (comment) => comment.replace(/[^\n]/g, ''))
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
}

/** Whether each line is in a fence, or marks one. */
export function fencedLines(lines: readonly string[]): boolean[] {
  let fence = ''
  return lines.map((line) => {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? ''
    if (fence === '') {
      fence = mark
      return mark !== ''
    }
    if (mark.startsWith(fence) && line.trim() === mark) fence = ''
    return true
  })
}

/** Headings with number signs, and those underlined. */
export function headingsOf(lines: readonly string[]): Heading[] {
  const fenced = fencedLines(lines)
  return lines.flatMap((text, line) => {
    if (fenced[line]) return []
    const [, signs, title = ''] = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/.exec(text) ?? []
    if (signs) return [{ level: signs.length, text: title.replace(/[ \t]#+[ \t]*$/, '').trim(), line, below: line + 1 }]
    const under = /^ {0,3}(=+|-+)[ \t]*$/.exec(fenced[line + 1] ? '' : (lines[line + 1] ?? ''))?.[1]
    if (!under || text.trim() === '' || /^\s*(?:[-*+]\s|[>|#]|\d+[.)]\s)/.test(text)) return []
    return [{ level: under.startsWith('=') ? 1 : 2, text: text.trim(), line, below: line + 2 }]
  })
}
