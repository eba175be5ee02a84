// Links to the evidence behind the items of a returned document, and the document without them.
//
// They are links rather than comments because the document is read rendered: the word says how it went, the link leads to the item
// in the report, the fact stands where people look for it. Their title makes them recognisable, so that they can be taken off again.
import type { ByteRange, Checklist } from '../../plan/plan.ts'
import { fencedBlocks } from './places.ts'

/** How an item ended, as it may be noted behind it. */
export const VERDICTS = ['passed', 'failed', 'not verified', 'skipped', 'waived', 'happened', 'did not happen'] as const

/** What is noted behind an item. */
export interface Annotation {
  verdict: (typeof VERDICTS)[number]
  /** Where the evidence is: an address or a path, `report.html#item-...`. */
  href: string
  /** A few words, or empty. */
  fact: string
}

const TITLE = '"gonogo"'
const FACT_CHARACTERS_MAX = 120
const ANNOTATION = new RegExp(
  String.raw` \(\[(?:${VERDICTS.join('|')})\]\([^\s()<>]{1,2000} ${TITLE}\)(?:: [^()\r\n]{1,1000})?\)(?=[ \t]*\r?$)`,
  'gm',
)

/** The note as it is written: ` ([passed](report.html#item-a "gonogo"): free 82.1 GB)`. */
export function annotationText({ verdict, href, fact }: Annotation): string {
  const words = Array.from(fact.replace(/[\p{Cf}\p{Cs}]/gu, '').replace(/[\p{Cc}\s]+/gu, ' '))
    .slice(0, FACT_CHARACTERS_MAX)
    .join('')
    .replace(/ \(/g, ', ')
    .replace(/[()]/g, '')
    .replace(/[[\]`|\\☐□⬜☑]/gu, ' ')
    .replace(/_{2,}/g, '_')
    .replace(/[*~]/g, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/&(?=#?\w+;)/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/ {2,}/g, ' ')
    .trim()
  const address = href.toWellFormed().replace(/[^!-~]|[()<>"\\`[\]]/gu, percentEncoded)
  return ` ([${verdict}](${address} ${TITLE})${words === '' ? '' : `: ${words}`})`
}

function percentEncoded(sign: string): string {
  return encodeURIComponent(sign).replace(/[()]/g, (bracket) => `%${bracket.charCodeAt(0).toString(16)}`)
}

/** Where such notes stand in a document, first to last. */
export function annotationsIn(bytes: Uint8Array): ByteRange[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (!text.includes(`${TITLE})`)) return []
  return Array.from(text.toString('latin1').matchAll(ANNOTATION), ({ index, 0: note }) => ({
    start: index,
    end: index + note.length,
  }))
}

/** The document without its notes; the very same bytes where there are none. */
export function withoutAnnotations(bytes: Uint8Array): Uint8Array {
  const notes = annotationsIn(bytes)
  if (notes.length === 0) return bytes
  const kept = notes.map(({ start }, index) => bytes.subarray(notes[index - 1]?.end ?? 0, start))
  return Buffer.concat([...kept, bytes.subarray(notes.at(-1)?.end)])
}

/**
 * Where a note may stand behind each item, by item id: the end of its line before trailing white space. Items in tables, fences and
 * headings get none (addresses of headings are made of their words), nor those whose line ends amid code, a comment or a link.
 */
export function annotationPlaces(original: Uint8Array, checklist: Checklist): Map<string, number> {
  const text = Buffer.from(original.buffer, original.byteOffset, original.length).toString('latin1')
  const lines = text.split(/\r\n|\r|\n/)
  const places = new Map<string, number>()
  const taken = new Set<number>()
  const fences = fencedLines(original, text)
  const offsets = lineOffsets(text)
  for (const { id, line, table } of checklist.items) {
    // In Latin-1 the second byte of a letter may look like white space.
    const words = lines[line - 1]?.replace(/[ \t]+$/, '')
    if (words === undefined || table || fences.has(line) || taken.has(line)) continue
    if (!endsInPlainText(words) || /^[=-]+\s*$/.test(lines[line] ?? '')) continue
    taken.add(line)
    places.set(id, (offsets[line - 1] ?? 0) + words.length)
  }
  return places
}

function endsInPlainText(line: string): boolean {
  const count = (sign: string): number => line.split(sign).length
  const plain = !/^[ \t>]*(?:#{1,6}\s|\|)|[\\|]$|^\s*$/.test(line)
  const closed = count('[') === count(']') && count('(') === count(')') && count('`') % 2 === 1
  return plain && closed && count('<!--') === count('-->') && !/<[a-zA-Z/!?][^>]*$/.test(line)
}

function lineOffsets(text: string): number[] {
  return [0, ...Array.from(text.matchAll(/\r\n|\r|\n/g), ({ index, 0: end }) => index + end.length)]
}

/** Numbers of the lines that stand in fenced blocks. */
function fencedLines(original: Uint8Array, text: string): Set<number> {
  const offsets = lineOffsets(text)
  const blocks: ByteRange[] = fencedBlocks(original)
  const inside = new Set<number>()
  let block = 0
  for (const [index, offset] of offsets.entries()) {
    while (block < blocks.length && (blocks[block]?.end ?? 0) <= offset) block++
    if ((blocks[block]?.start ?? Number.POSITIVE_INFINITY) <= offset) inside.add(index + 1)
  }
  return inside
}
