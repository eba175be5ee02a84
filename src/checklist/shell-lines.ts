// The lines of a shell block with what they belong to: a comment at the top, or code inside quotes, heredocs, continuations.

export interface ShellLine {
  text: string
  /** 0-based within the block. */
  index: number
  /** A comment of its own, not one inside a heredoc or a quoted string. */
  comment: boolean
  /** Starts a command; false inside what began before. */
  first: boolean
}

/** Splits a block into lines; quotes, heredocs and trailing backslashes carry over. Text marks `$ ` are kept. */
export function readShellLines(script: string): ShellLine[] {
  const state: Carried = { quote: null, heredocs: [], continued: false }
  return script.split(/\r?\n/).map((text, index) => {
    const first = state.quote === null && state.heredocs.length === 0 && !state.continued
    const comment = first && /^\s*#(?!!)/.test(text)
    if (!comment) carry(state, text)
    return { text, index, comment, first }
  })
}

interface Carried {
  quote: string | null
  /** Words that end the heredocs begun, in their order. */
  heredocs: string[]
  continued: boolean
}

/** Brings the state to the end of the line. */
function carry(state: Carried, text: string): void {
  const ending = state.heredocs[0]
  if (ending !== undefined) {
    if (text.trim() === ending) state.heredocs.shift()
    return
  }
  state.continued = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? ''
    if (state.quote === "'") {
      if (char === "'") state.quote = null
    } else if (char === '\\') {
      if (at === text.length - 1) state.continued = true
      at++
    } else if (state.quote === '"') {
      if (char === '"') state.quote = null
    } else if (char === "'" || char === '"') state.quote = char
    else if (char === '#' && (at === 0 || /\s/.test(text[at - 1] ?? ''))) return
    else if (char === '<') at += heredocAt(state, text, at)
  }
}

/** Notes the heredoc that begins at `at`; gives how many characters to skip. */
function heredocAt(state: Carried, text: string, at: number): number {
  const match = /^<<(?!<)-?\s*(["']?)(\w+)\1/.exec(text.slice(at, at + 80))
  if (!match) return text.startsWith('<<<', at) ? 2 : 0
  state.heredocs.push(match[2] ?? '')
  return match[0].length - 1
}
