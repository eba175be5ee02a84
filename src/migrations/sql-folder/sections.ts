// The two halves of one file: `-- migrate:up` and `-- migrate:down`, each with the line it begins at.

export interface Section {
  sql: string
  /** 1-based line of the file at which the text begins. */
  line: number
}

export interface Sections {
  up: Section
  down: Section | null
  /** Why the file cannot be used, or null. */
  problem: string | null
}

const MARK = /^--\s*migrate:(up|down)\b(.*)$/

/** The halves of a file. A file without marks is all up. */
export function readSections(text: string): Sections {
  const lines = text.split('\n')
  const marks = lines.flatMap((content, index) => {
    const [, name, rest = ''] = MARK.exec(content.trim()) ?? []
    return name === undefined ? [] : [{ name, index, rest: rest.trim() }]
  })
  const whole = { up: { sql: text, line: 1 }, down: null }
  if (marks.length === 0) return { ...whole, problem: null }
  const order = marks.map(({ name }) => name).join(' ')
  if (order !== 'up' && order !== 'up down')
    return {
      ...whole,
      problem: `its sections are "${order}", expected one "-- migrate:up", then at most one "-- migrate:down"`,
    }
  if (marks.some(({ rest }) => /transaction:\s*false/.test(rest)))
    return { ...whole, problem: 'it asks to run outside of a transaction, where it could be left half applied' }
  const [up, down] = marks as [(typeof marks)[number], (typeof marks)[number]?]
  if (hasStatement(lines.slice(0, up.index).join('\n')))
    return { ...whole, problem: 'statements stand above "-- migrate:up"' }
  const section = (from: number, to: number): Section => ({ sql: lines.slice(from, to).join('\n'), line: from + 1 })
  return {
    up: section(up.index + 1, down?.index ?? lines.length),
    down: down === undefined ? null : section(down.index + 1, lines.length),
    problem: null,
  }
}

/** Whether anything but comments and blanks stands there. */
export function hasStatement(sql: string): boolean {
  return sql
    .replace(/\/\*[^]*?\*\//g, '')
    .split('\n')
    .some((line) => line.replace(/--.*$/, '').replaceAll(';', '').trim() !== '')
}
