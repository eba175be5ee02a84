// Evidence is bounded: of a long text the beginning and the end are kept, and it says how much is missing.

/** The text, or its first and last halves of `charsMax` with a note of what was left out between them. */
export function excerpt(text: string, charsMax = 16_384): string {
  if (text.length <= charsMax) return text
  const half = Math.floor(charsMax / 2)
  const left = text.length - 2 * half
  return `${text.slice(0, half)}\n[... ${left} characters left out ...]\n${text.slice(-half)}`
}

/** The last line that says something, cut to `charsMax`: what a failing program usually has to say. */
export function lastLine(text: string, charsMax = 200): string {
  const line = text.trimEnd().split('\n').at(-1)?.trim() ?? ''
  return line.length <= charsMax ? line : `${line.slice(0, charsMax)}...`
}

/** `what: its last line`, or only `what` where nothing was printed. */
export function withLastLine(what: string, text: string, charsMax = 200): string {
  const line = lastLine(text, charsMax)
  return line === '' ? what : `${what}: ${line}`
}
