// Values as they may stand in somebody's document: one line, and nothing that Markdown would take for structure.

/** Where in the document a value goes. */
export interface AnswerPlace {
  /** Between code marks. */
  code: boolean
  /** In a fenced block. */
  fence: boolean
  /** In a row of a table. */
  table: boolean
  /** Nothing but white space, quote marks and bullets stand before it on its line. */
  lineStart: boolean
}

const CHARACTERS_MAX = 500

/** The value on one line, without control or text-direction characters, escaped for its place. Empty stays empty. */
export function encodeAnswer(value: string, place: AnswerPlace): string {
  // Characters that the text loses further on may each be several bytes; far more than is kept need not be looked at.
  const line = Array.from(
    value
      .slice(0, CHARACTERS_MAX * 10)
      .replace(/[\p{Cf}\p{Cs}]/gu, '')
      .replace(/[\p{Cc}\s]+/gu, ' ')
      .trim(),
  )
    .slice(0, CHARACTERS_MAX)
    .join('')
    .trim()
  // A box would count as one more item, underscores as one more blank, a link's end as one more note, wherever they stand.
  const plain = line
    .replaceAll('`', "'")
    .replace(/\[([ xX~/-]?)\]/g, '($1)')
    .replace(/\](?=\()/g, '] ')
    .replace(/_{2,}/g, '_')
    .replace(/[☐□⬜☑]/gu, '')
    .trim()
  if (place.code) return place.table ? plain.replace(/\\*\|/g, '\\|') : plain
  // A fence may end sooner than it seems, with the list it stands in: also there no value begins a block.
  if (place.fence) return atStart(plain.replace(/~{3,}/g, '~'), place)
  const escaped = plain
    .replaceAll('\\', '\\\\')
    .replace(/[*[\]|~]/g, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/&(?=#?\w+;)/g, '&amp;')
    .replace(/<(?=[a-zA-Z/!?])/g, '&lt;')
  return atStart(escaped, place)
}

/** A value that would begin a heading, a list, a quote or the like has that sign escaped. */
function atStart(value: string, { lineStart }: AnswerPlace): string {
  return lineStart ? value.replace(/^(\d{1,9}(?=[.)]))?(?=[-+=#>:*|<~.)])/, '$1\\') : value
}

/** What was meant by a value as it stands in a document: escapes taken off. */
export function decodeAnswer(text: string, place: AnswerPlace): string {
  const words = text.trim()
  if (place.code) return place.table ? words.replaceAll('\\|', '|') : words
  if (place.fence) return place.lineStart ? words.replace(/^(\d{0,9})\\(?=[!-/:-@[-`{-~])/, '$1') : words
  return words.replace(
    /\\([!-/:-@[-`{-~])|&(?:(lt)|(amp));/g,
    (_, sign?: string, lt?: string) => sign ?? (lt ? '<' : '&'),
  )
}
