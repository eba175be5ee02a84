// Just enough of the DNS wire format (RFC 1035) to learn what the system's library keeps to itself: TTLs, and who answers for a zone.
import { randomInt } from 'node:crypto'

export const RECORD_TYPES = { A: 1, NS: 2, CNAME: 5, MX: 15, TXT: 16, AAAA: 28, SRV: 33, CAA: 257 } as const
export type RecordType = keyof typeof RECORD_TYPES

export interface WireAnswer {
  id: number
  /** 0: all is well; 3: no such name. */
  code: number
  /** Whether it answers for the zone itself, not from a cache. */
  isAuthority: boolean
  isTruncated: boolean
  /** TTLs in seconds of the records of the question, and of the aliases that lead to them. */
  ttls: { type: number; ttlSeconds: number }[]
}

const HEADER_BYTES = 12
const RECORDS_MAX = 500

/** A question for one record type; null where the name cannot be asked for. */
export function encodeQuestion(name: string, type: RecordType): { id: number; message: Buffer } | null {
  const labels = name.replace(/\.$/, '').split('.')
  const parts = labels.map((label) => Buffer.from(label, 'latin1'))
  if (parts.some(({ length }) => length < 1 || length > 63) || name.length > 253) return null
  const id = randomInt(65_536)
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt16BE(id, 0)
  // "Recursion desired"; one question, and one record that says how long an answer may be (EDNS).
  header.writeUInt16BE(0x0100, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(1, 10)
  const question = Buffer.concat(parts.flatMap((part) => [Buffer.from([part.length]), part]))
  const end = Buffer.alloc(5)
  end.writeUInt16BE(RECORD_TYPES[type], 1)
  end.writeUInt16BE(1, 3)
  const edns = Buffer.from([0, 0, 41, 0x10, 0, 0, 0, 0, 0, 0, 0])
  return { id, message: Buffer.concat([header, question, end, edns]) }
}

/** What an answer says; null where it is none. Nothing is read past its end, and names are only skipped. */
export function decodeAnswer(message: Buffer, type: RecordType): WireAnswer | null {
  try {
    const flags = message.readUInt16BE(2)
    if ((flags & 0x8000) === 0) return null
    let at = HEADER_BYTES
    for (let count = Math.min(message.readUInt16BE(4), RECORDS_MAX); count > 0; count--) at = skipName(message, at) + 4
    const ttls: WireAnswer['ttls'] = []
    for (let count = Math.min(message.readUInt16BE(6), RECORDS_MAX); count > 0; count--) {
      at = skipName(message, at)
      const found = message.readUInt16BE(at)
      if (found === RECORD_TYPES[type] || found === RECORD_TYPES.CNAME)
        ttls.push({ type: found, ttlSeconds: message.readUInt32BE(at + 4) & 0x7fff_ffff })
      at += 10 + message.readUInt16BE(at + 8)
    }
    return {
      id: message.readUInt16BE(0),
      code: flags & 15,
      isAuthority: (flags & 0x0400) !== 0,
      isTruncated: (flags & 0x0200) !== 0,
      ttls,
    }
  } catch {
    // Cut short: reading past the end throws.
    return null
  }
}

/** Where what comes after a name begins. A pointer ends it. */
function skipName(message: Buffer, from: number): number {
  let at = from
  for (let length = message.readUInt8(at); length !== 0; length = message.readUInt8(at)) {
    if (length >= 0xc0) return at + 2
    at += length + 1
  }
  return at + 1
}
