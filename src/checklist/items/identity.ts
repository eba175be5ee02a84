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

/** First characters of the base32 SHA-256 of a text. */
function shortHash(text: string, characters: number): string {
  // Hexadecimal digits cost less than the bytes themselves, which take a buffer of their own.
  const digest = hash('sha256', text, 'hex')
  let short = ''
  for (let bit = 0; short.length < characters; bit += 5) {
    const digits = bit >> 2
    const pair = Number.parseInt(digest.slice(digits, digits + 3), 16)
    short += BASE32[(pair >> (7 - (bit & 3))) & 31]
  }
  return short
}

/** Slug of the title plus a short hash of the heading path; `ordinal` counts equal paths. */
export function phaseId(title: string, path: readonly string[], ordinal: number): string {
  return `${slug(title)}-${shortHash(JSON.stringify([...path, ordinal]), 4)}`
}

/** What the ids of items below one heading path have in common. */
interface Family {
  slug: string
  /** The path as the start of what is hashed. */
  path: string
  ordinals: Map<string, number>
}

/** Gives items their ids in document order: equal texts under equal headings are told apart by their ordinal. */
export class ItemIds {
  readonly #families = new Map<string, Family>()
  readonly #taken = new Set<string>()
  #last: { path: readonly string[]; family: Family } | null = null

  /** `<phase>/<label or first words>-<hash>`: four characters of hash, more only where two would be equal. */
  next(phase: { title: string; path: readonly string[] }, text: string, label: string | null): string {
    const family = this.#familyOf(phase)
    const ordinal = family.ordinals.get(text) ?? 0
    family.ordinals.set(text, ordinal + 1)
    const name = `${family.slug}/${slug(label ?? text, ITEM_WORDS)}`
    const hashed = `${family.path}${JSON.stringify(text)},${ordinal}]`
    for (let characters = 4; ; characters++) {
      const id = `${name}-${shortHash(hashed, characters)}`
      if (this.#taken.has(id) && characters < 40) continue
      this.#taken.add(id)
      return id
    }
  }

  /** Items come phase by phase. */
  #familyOf({ title, path }: { title: string; path: readonly string[] }): Family {
    if (this.#last?.path === path) return this.#last.family
    const start = JSON.stringify(path).slice(0, -1) + (path.length > 0 ? ',' : '')
    const key = `${title}\n${start}`
    const family = this.#families.get(key) ?? { slug: slug(title), path: start, ordinals: new Map<string, number>() }
    this.#families.set(key, family)
    this.#last = { path, family }
    return family
  }
}
