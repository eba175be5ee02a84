// Values as they may stand in somebody's document: one line, and nothing that Markdown would take for structure.

/** Where in the document a value goes. */
export interface AnswerPlace {
  /** Between code marks. */
  code: boolean
  /** In a fenced block. */
  fence: boolean
  /** In a row of a table. */
  table: boolean
  /** Nothing but white space stands before it on its line. */
  lineStart: boolean
}

const CHARACTERS_MAX = 500

/** The value on one line, without control or text-direction characters, escaped for its place. Empty stays empty. */
export function encodeAnswer(value: string, place: AnswerPlace): string {
  const line = Array.from(
    value
      .replace(/[\p{Cf}\p{Cs}]/gu, '')
      .replace(/[\p{Cc}\s]+/gu, ' ')
      .trim(),
  )
    .slice(0, CHARACTERS_MAX)
    .join('')
    .trim()
  // A box would count as one more item, underscores as one more blank, wherever they stand.
  const plain = line
    .replaceAll('`', "'")
    .replace(/\[([ xX~/-]?)\]/g, '($1)')
    .replace(/_{2,}/g, '_')
    .replace(/[☐□⬜☑]/gu, '')
  if (place.code) return place.table ? plain.replace(/\\*\|/g, '\\|') : plain
  if (place.fence) return plain.replace(/~{3,}/g, '~')
  const escaped = plain
    .replaceAll('\\', '\\\\')
    .replace(/[*[\]|~]/g, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/<(?=[a-zA-Z/!?])/g, '&lt;')
    .replace(/&(?=#?\w+;)(?!lt;)/g, '&amp;')
  return place.lineStart ? escaped.replace(/^(?=[-+=#>:]|\d{1,9}[.)])/, '\\').replace(/^\\(\d+)/, '$1\\') : escaped
}
