// UTF-8 decoding that remembers the byte of every character; no decoder of the platform does.

/** UTF-16 code units and, for each and for the end, the byte it starts at. */
export interface MappedText {
  units: Uint16Array
  byteAt: Uint32Array
  length: number
}

const CR = 0x0d
const LF = 0x0a

/** Decodes from byte `start`; an invalid byte becomes U+FFFD and is counted. Line endings become one `\n` each. */
export function decodeUtf8(bytes: Uint8Array, start: number): { mapped: MappedText; invalid: number } {
  const mapped: MappedText = {
    units: new Uint16Array(bytes.length),
    byteAt: new Uint32Array(bytes.length + 1),
    length: 0,
  }
  let invalid = 0
  for (let at = start; at < bytes.length;) {
    const byte = bytes[at] ?? 0
    if (byte < 0x80) {
      const crlf = byte === CR && bytes[at + 1] === LF
      mapped.byteAt[mapped.length] = at
      mapped.units[mapped.length++] = byte === CR ? LF : byte
      at += crlf ? 2 : 1
      continue
    }
    const { codePoint, size } = codePointAt(bytes, at)
    push(mapped, codePoint < 0 ? 0xfffd : codePoint, at)
    if (codePoint < 0) invalid++
    at += size
  }
  mapped.byteAt[mapped.length] = bytes.length
  return { mapped, invalid }
}

/** The code point at byte `at` (-1: invalid) and how many bytes it takes. */
export function codePointAt(bytes: ArrayLike<number>, at: number): { codePoint: number; size: number } {
  const lead = bytes[at] ?? 0
  if (lead < 0x80) return { codePoint: lead, size: 1 }
  const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2
  if (lead < 0xc2 || lead > 0xf4) return { codePoint: -1, size: 1 }
  let codePoint = lead & (0xff >> (size + 1))
  for (let index = 1; index < size; index++) {
    const next = bytes[at + index] ?? 0
    if ((next & 0xc0) !== 0x80) return { codePoint: -1, size: 1 }
    codePoint = (codePoint << 6) | (next & 0x3f)
  }
  const tooShort = codePoint < (size === 4 ? 0x10000 : size === 3 ? 0x800 : 0x80)
  const surrogate = codePoint >= 0xd800 && codePoint <= 0xdfff
  return tooShort || surrogate || codePoint > 0x10ffff ? { codePoint: -1, size: 1 } : { codePoint, size }
}

/** The text as a string. */
export function toText({ units, length }: MappedText): string {
  return Buffer.from(units.buffer, units.byteOffset, length * 2).toString('utf16le')
}

/** Appends a code point that was read from byte `from`. */
export function push(out: MappedText, codePoint: number, from: number): void {
  out.byteAt[out.length] = from
  if (codePoint > 0xffff) {
    out.byteAt[out.length + 1] = from
    out.units[out.length++] = 0xd800 + ((codePoint - 0x10000) >> 10)
    out.units[out.length++] = 0xdc00 + ((codePoint - 0x10000) & 0x3ff)
  } else out.units[out.length++] = codePoint
}
