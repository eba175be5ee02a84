// UTF-8 that was once read as Windows-1252 or Windows-1254 and encoded again ("â€“" for "–"): put right run by run.
import { codePointAt, push, type MappedText } from './utf8.ts'

/** Characters of Windows-1252/1254 outside Latin-1, in the order of their bytes; a space where none is assigned. */
const BYTES_80_TO_9F = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ'
const TURKISH: [string, number][] = [
  ['Ğ', 0xd0],
  ['İ', 0xdd],
  ['Ş', 0xde],
  ['ğ', 0xf0],
  ['ı', 0xfd],
  ['ş', 0xfe],
]
const BYTE_OF = new Map<number, number>([
  ...[...BYTES_80_TO_9F].flatMap((char, index): [number, number][] =>
    char === ' ' ? [] : [[char.charCodeAt(0), 0x80 + index]],
  ),
  ...TURKISH.map(([char, byte]): [number, number] => [char.charCodeAt(0), byte]),
])

/** The byte a character stood for in the wrong reading, or -1. Unassigned bytes survive as C1 controls in Windows-1252. */
function wrongByte(unit: number): number {
  if (unit >= 0x80 && unit <= 0xff) return unit
  return unit < 0x80 ? -1 : (BYTE_OF.get(unit) ?? -1)
}

interface Repair {
  mapped: MappedText
  /** Runs that were put right whole. */
  repaired: number
  /** Runs of which bytes are gone for good. */
  lost: number
}

/**
 * Gives the text as it was before it was encoded twice. Nothing is touched unless the document holds a
 * sequence that cannot be ordinary text (an emoji or a typographic sign, encoded twice): "é…»" is French.
 */
export function repairDoubleEncoding(mapped: MappedText): Repair {
  const runs = findRuns(mapped)
  if (!runs.some(({ bytes }) => isProof(bytes))) return { mapped, repaired: 0, lost: 0 }
  const out: MappedText = {
    units: new Uint16Array(mapped.length),
    byteAt: new Uint32Array(mapped.length + 1),
    length: 0,
  }
  let copied = 0
  let repaired = 0
  let lost = 0
  for (const run of runs) {
    copy(mapped, out, copied, run.start)
    const result = repairRun(mapped, out, run)
    if (result.lost) lost++
    else if (result.repaired) repaired++
    copied = run.start + run.bytes.length
  }
  copy(mapped, out, copied, mapped.length)
  out.byteAt[out.length] = mapped.byteAt[mapped.length] ?? 0
  return { mapped: out, repaired, lost }
}

interface Run {
  start: number
  bytes: number[]
}

/** Stretches of two or more characters that stand for bytes above 0x7f, beginning with a lead byte. */
function findRuns({ units, length }: MappedText): Run[] {
  const runs: Run[] = []
  for (let at = 0; at < length; at++) {
    if ((units[at] ?? 0) < 0x80) continue
    const bytes: number[] = []
    for (let byte = wrongByte(units[at] ?? 0); byte >= 0; byte = wrongByte(units[at + bytes.length] ?? 0))
      bytes.push(byte)
    if (bytes.length >= 2 && bytes.some((byte) => byte >= 0xc2)) runs.push({ start: at, bytes })
    at += bytes.length
  }
  return runs
}

/** An emoji (F0 9F ..) or a sign of the blocks U+2000-27BF (E2 80-9E ..). */
function isProof(bytes: number[]): boolean {
  return bytes.some((byte, at) => {
    const next = bytes[at + 1] ?? 0
    const special = (byte === 0xf0 && next === 0x9f) || (byte === 0xe2 && next >= 0x80 && next <= 0x9f)
    return special && codePointAt(bytes, at).codePoint > 0
  })
}

function repairRun(mapped: MappedText, out: MappedText, run: Run): { repaired: boolean; lost: boolean } {
  let repaired = false
  let lost = false
  for (let at = 0; at < run.bytes.length;) {
    const { codePoint, size } = codePointAt(run.bytes, at)
    const from = mapped.byteAt[run.start + at] ?? 0
    if (codePoint >= 0x80) {
      push(out, codePoint, from)
      repaired = true
      at += size
      continue
    }
    const stump = stumpSize(run.bytes, at)
    if (stump > 0) {
      push(out, 0xfffd, from)
      lost = true
      at += stump
      continue
    }
    push(out, mapped.units[run.start + at] ?? 0xfffd, from)
    at++
  }
  return { repaired, lost }
}

/** Length of a sequence some bytes of which were dropped (they have no character in Windows-1254), or 0. */
function stumpSize(bytes: number[], at: number): number {
  const lead = bytes[at] ?? 0
  const next = bytes[at + 1] ?? 0
  const stump = (lead === 0xf0 && next === 0x9f) || (lead === 0xe2 && next >= 0x80 && next <= 0x9f) || lead === 0xef
  if (!stump || (next & 0xc0) !== 0x80) return 0
  let size = 1
  while (size < 4 && ((bytes[at + size] ?? 0) & 0xc0) === 0x80) size++
  return size
}

function copy(from: MappedText, to: MappedText, start: number, end: number): void {
  to.units.set(from.units.subarray(start, end), to.length)
  to.byteAt.set(from.byteAt.subarray(start, end), to.length)
  to.length += end - start
}
