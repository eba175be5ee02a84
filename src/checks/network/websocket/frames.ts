// Frames of RFC 6455 as a client writes and reads them. No extension is offered, so none is understood.
import { randomBytes } from 'node:crypto'

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

export interface Frame {
  opcode: number
  final: boolean
  payload: Buffer
}

/** A frame of a client: whole, and masked, as servers insist. */
export function encodeFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  head[0] = 0x80 | opcode
  head[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  const mask = randomBytes(4)
  const masked = Buffer.from(payload)
  for (let at = 0; at < length; at++) masked[at] = (masked[at] as number) ^ (mask[at % 4] as number)
  return Buffer.concat([head, mask, masked])
}

/**
 * Takes the next whole frame off the beginning of `bytes`.
 * @returns null while it is not whole, a text where it is against the rules or over `bytesMax`.
 */
export function takeFrame(bytes: Buffer, bytesMax: number): { frame: Frame; rest: Buffer } | null | string {
  if (bytes.length < 2) return null
  const [first, second] = [bytes[0] as number, bytes[1] as number]
  const opcode = first & 0x0f
  if ((first & 0x70) !== 0) return 'it sent a frame of an extension that was not offered'
  if ((second & 0x80) !== 0) return 'it sent a masked frame'
  if (!Object.values<number>(OPCODE).includes(opcode)) return `it sent a frame of unknown kind ${opcode}`
  const short = second & 0x7f
  if (opcode >= 8 && (short > 125 || (first & 0x80) === 0))
    return 'it sent a control frame that is too long or not whole'
  const headLength = short === 126 ? 4 : short === 127 ? 10 : 2
  if (bytes.length < headLength) return null
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
  if (length > bytesMax) return `it sent a message of more than ${bytesMax} bytes`
  if (bytes.length < headLength + length) return null
  const payload = bytes.subarray(headLength, headLength + length)
  return { frame: { opcode, final: (first & 0x80) !== 0, payload }, rest: bytes.subarray(headLength + length) }
}
