// Bytes to text with the way back: every character knows the byte it came from, so that only those bytes are edited.
import { PlanError } from '../../lib/errors.ts'
import type { ByteRange } from '../../plan/plan.ts'
import { repairDoubleEncoding } from './double-encoding.ts'
import { decodeUtf8, toText } from './utf8.ts'

/** A document as text, positions leading back to the original bytes. */
export interface Source {
  path: string
  /** Line endings are `\n`, whatever they are in the document. */
  text: string
  /** Runs of double-encoded characters put right, and those (with invalid bytes) that could not be. */
  encoding: { repaired: number; lost: number }
  /** Byte range of the characters `start` (inclusive) to `end` (exclusive). */
  range(start: number, end: number): ByteRange
}

export interface DecodeLimits {
  /** @default 20,000,000 */
  documentBytesMax: number
}

const LIMITS: DecodeLimits = { documentBytesMax: 20_000_000 }
/** Above this share of invalid bytes it is some other encoding, and guessing would do harm. */
const INVALID_SHARE_MAX = 0.02

/**
 * Text of a UTF-8 document, with or without BOM; double encoding is put right run by run.
 *
 * @throws PlanError when it is empty, too large, binary or in another encoding.
 */
export function decode(path: string, bytes: Uint8Array, limits: DecodeLimits = LIMITS): Source {
  refuseUnreadable(path, bytes, limits)
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  const { mapped, invalid } = decodeUtf8(bytes, start)
  if (invalid > Math.max(2, (bytes.length - start) * INVALID_SHARE_MAX))
    throw new PlanError('is not UTF-8 text', {
      file: path,
      expected: 'a Markdown document in UTF-8',
      hint: 'save it as UTF-8, for example with `iconv -f WINDOWS-1252 -t UTF-8`',
    })
  const { mapped: repairedText, repaired, lost } = repairDoubleEncoding(mapped)
  const text = toText(repairedText)
  if (text.trim() === '') throw emptyDocument(path)
  const { byteAt } = repairedText
  return {
    path,
    text,
    encoding: { repaired, lost: lost + invalid },
    range: (from, to) => ({ start: byteAt[from] ?? bytes.length, end: byteAt[to] ?? bytes.length }),
  }
}

function refuseUnreadable(path: string, bytes: Uint8Array, limits: DecodeLimits): void {
  if (bytes.length === 0) throw emptyDocument(path)
  if (bytes.length > limits.documentBytesMax)
    throw new PlanError(`has ${bytes.length} bytes`, {
      file: path,
      expected: `at most ${limits.documentBytesMax} bytes`,
      hint: 'split the checklist, or name the part that is one',
    })
  const wide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  const nul = bytes.indexOf(0)
  if (!wide && nul === -1) return
  throw new PlanError(wide ? 'is UTF-16 text' : `is not text: byte ${nul} is NUL`, {
    file: path,
    line: wide ? 1 : bytes.subarray(0, nul).filter((byte) => byte === 0x0a).length + 1,
    expected: 'a Markdown document in UTF-8',
    hint: wide ? 'save it as UTF-8, for example with `iconv -f UTF-16 -t UTF-8`' : 'name the Markdown file itself',
  })
}

function emptyDocument(path: string): PlanError {
  return new PlanError('is empty', { file: path, hint: 'name a Markdown file that holds a checklist' })
}
