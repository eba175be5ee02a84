// HTML by tagged template: whatever is put in is text and is escaped, unless it was made by the same tag.
import { plainText } from '../format.ts'

/** Markup made by `html`; nothing else counts as markup. */
export class Markup {
  readonly #text: string

  /** Only for `html` itself and for text of ours that holds no data, like the style sheet. */
  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

type Content = Markup | string | number | null | false | readonly Content[]

/** Markup with every value escaped; `null` and `false` are nothing, arrays are joined. */
export function html(strings: TemplateStringsArray, ...values: Content[]): Markup {
  let text = strings[0] ?? ''
  for (const [index, value] of values.entries()) text += render(value) + (strings[index + 1] ?? '')
  return new Markup(text)
}

function render(value: Content): string {
  if (value === null || value === false) return ''
  if (value instanceof Markup) return value.toString()
  if (Array.isArray(value)) return value.map(render).join('')
  return escapeText(String(value))
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Safe as content of an element and inside a quoted attribute. */
function escapeText(text: string): string {
  return plainText(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}
