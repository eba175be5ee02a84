// Ids that stay what they are when something elsewhere in the document is edited.
import { hash } from 'node:crypto'

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const SLUG_CHARACTERS_MAX = 40
const ITEM_WORDS = 6
/** What stands behind cannot be part of the slug any more. */
const SLUGGED_CHARACTERS_MAX = 160

/** Lower-case words of any script joined by hyphens; `item` where there are none. */
export function slug(text: string, wordsMax: number = Number.POSITIVE_INFINITY): string {
  const start = text.slice(0, SLUGGED_CHARACTERS_MAX)
  const words = ASCII.test(start)
    ? (start.toLowerCase().match(/[a-z\d]+/g) ?? [])
    : (start
        .normalize('NFKC')
        .toLowerCase()
        .match(/[\p{L}\p{N}]+/gu) ?? [])
  const joined = words.slice(0, wordsMax).join('-')
  const cut = joined.length <= SLUG_CHARACTERS_MAX ? joined : Array.from(joined).slice(0, SLUG_CHARACTERS_MAX).join('')
  return cut.replace(/-+$/, '') || 'item'
}

/** Most titles and items are; for these the general way, which takes longer, gives the same. */
const ASCII = /^[ -~]*$/

/** First characters of the base32 SHA-256 of the parts. */
function shortHash(parts: readonly (string | number)[], characters: number): string {
  const digest = hash('sha256', JSON.stringify(parts), 'buffer')
  let text = ''
  for (let bit = 0; text.length < characters; bit += 5) {
    const pair = ((digest[bit >> 3] ?? 0) << 8) | (digest[(bit >> 3) + 1] ?? 0)
    text += BASE32[(pair >> (11 - (bit & 7))) & 31]
  }
  return text
}

/** Slug of the title plus a short hash of the heading path; `ordinal` counts equal paths. */
export function phaseId(title: string, path: readonly string[], ordinal: number): string {
  return `${slug(title)}-${shortHash([...path, ordinal], 4)}`
}

/** Gives items their ids in document order: equal texts under equal headings are told apart by their ordinal. */
export class ItemIds {
  readonly #ordinals = new Map<string, number>()
  readonly #taken = new Set<string>()
  readonly #phaseSlugs = new Map<string, string>()

  /** `<phase>/<label or first words>-<hash>`: four characters of hash, more only where two would be equal. */
  next(phase: { title: string; path: readonly string[] }, text: string, label: string | null): string {
    const parts = [...phase.path, text]
    const key = parts.join('\n')
    const ordinal = this.#ordinals.get(key) ?? 0
    this.#ordinals.set(key, ordinal + 1)
    const name = `${this.#phaseSlug(phase.title)}/${slug(label ?? text, ITEM_WORDS)}`
    for (let characters = 4; ; characters++) {
      const id = `${name}-${shortHash([...parts, ordinal], characters)}`
      if (this.#taken.has(id) && characters < 40) continue
      this.#taken.add(id)
      return id
    }
  }

  #phaseSlug(title: string): string {
    const known = this.#phaseSlugs.get(title) ?? slug(title)
    this.#phaseSlugs.set(title, known)
    return known
  }
}
