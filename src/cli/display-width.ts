// How many columns of a terminal a text takes: Chinese, Japanese and Korean characters and emoji take two, accents none.

// oxlint-disable-next-line no-control-regex -- what a document must not send to a terminal
const CONTROLS = /[\u0000-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/g
// oxlint-disable-next-line no-control-regex -- plain text needs no measuring
const PLAIN = /^[\u0020-\u007E\u00A0-\u00AC\u00AE-\u02FF]*$/
const WIDE =
  /^(?:[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6]|[\u{1B000}-\u{1B2FF}\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation})/u
/** Text that is to look like an emoji says so: `⚠️` is `⚠` and this. */
const AS_EMOJI = '\uFE0F'
const WIDTHLESS = /^[\p{Mn}\p{Me}\p{Cf}]+$/u

let segmenter: Intl.Segmenter | null = null

/** What people see as one character each. */
function charactersOf(text: string): string[] {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' })
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
}

function characterWidth(character: string): number {
  if (WIDTHLESS.test(character)) return 0
  return WIDE.test(character) || character.includes(AS_EMOJI) ? 2 : 1
}

/** Columns that a text without control characters takes. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  return charactersOf(text).reduce((sum, character) => sum + characterWidth(character), 0)
}

/** Cuts a text to so many columns, with an ellipsis where something was cut. A character is never halved. */
export function cut(text: string, widthMax: number): string {
  if (displayWidth(text) <= widthMax) return text
  let kept = ''
  let width = 0
  for (const character of PLAIN.test(text) ? text.slice(0, widthMax) : charactersOf(text.slice(0, widthMax * 8))) {
    const own = characterWidth(character)
    if (width + own > widthMax - 1) break
    kept += character
    width += own
  }
  return widthMax > 0 ? `${kept.trimEnd()}…` : ''
}

/** Fills a text up with spaces to so many columns. */
export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)))
}

/** One line without what would steer a terminal: a document is somebody else's text. */
export function plainLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(CONTROLS, '').trim()
}

/** Lines of at most so many columns, broken between words where that is possible. */
export function wrap(text: string, widthMax: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of plainLine(text)
    .split(' ')
    .flatMap((whole) => pieces(whole, widthMax))) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && displayWidth(longer) > widthMax) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return [...lines, line]
}

/** A word that is wider than a line (Japanese has no spaces, addresses neither) is broken where the line ends. */
function pieces(word: string, widthMax: number): string[] {
  if (displayWidth(word) <= widthMax) return [word]
  const parts: string[] = []
  let part = ''
  let width = 0
  for (const character of charactersOf(word)) {
    const own = characterWidth(character)
    if (width + own > widthMax && part !== '') {
      parts.push(part)
      part = ''
      width = 0
    }
    part += character
    width += own
  }
  return [...parts, part]
}
