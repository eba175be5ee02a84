// Asking a time server what time it is: SNTP as in RFC 4330, a few questions of which the quickest answer counts.
import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { withDeadline } from '../../lib/deadline.ts'

export interface Offset {
  /** What has to be added to this clock. */
  offsetMs: number
  /** How far that may be off, either way. */
  errorMs: number
}

const PORT = 123
const QUESTIONS = 3
const PACKET_BYTES = 48
/** From the first day of 1900, where NTP begins to count, to that of 1970. */
const EPOCH_MS = 2_208_988_800_000
/** NTP starts over in 2036: what has its first bit clear is of the next era. */
const ERA_MS = 2 ** 32 * 1000
const STRATUM_MAX = 15

/**
 * Asks `host` or `host:port`.
 * @returns the offset, or in words why the answer is of no use.
 * @throws when none comes in time
 */
export async function askNtp(server: string, timeoutMs: number, parent: AbortSignal): Promise<Offset | string> {
  const [, host = '', port] = /^(?:\[(?=.*\]))?(.*?)\]?(?::(\d+))?$/.exec(server) ?? []
  const signal = withDeadline(timeoutMs, parent)
  const { address, family } = await lookup(host)
  signal.throwIfAborted()
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  try {
    const answers: Offset[] = []
    for (let question = 0; question < QUESTIONS; question++) {
      const answer = await ask(socket, address, Number(port ?? PORT), signal)
      if (typeof answer === 'string') return answer
      answers.push(answer)
    }
    // The quicker the answer, the less it can be off.
    return answers.reduce((best, answer) => (answer.errorMs < best.errorMs ? answer : best))
  } finally {
    socket.close()
  }
}

function ask(socket: Socket, address: string, port: number, signal: AbortSignal): Promise<Offset | string> {
  const request = Buffer.alloc(PACKET_BYTES)
  // Version 4, client. The time sent is a number nobody can guess: an answer without it is somebody else's.
  request[0] = 0x23
  const cookie = randomBytes(8)
  cookie.copy(request, 40)
  const { promise, resolve, reject } = Promise.withResolvers<Offset | string>()
  let sentAt = 0
  let sentTick = 0
  const onMessage = (packet: Buffer): void => {
    // Elapsed time is measured by the clock that nobody sets.
    const heardAt = sentAt + (performance.now() - sentTick)
    if (packet.length >= PACKET_BYTES && packet.subarray(24, 32).equals(cookie)) resolve(read(packet, sentAt, heardAt))
  }
  const onError = (error: Error): void => reject(error)
  const onAbort = (): void => reject(signal.reason as Error)
  socket.on('message', onMessage).on('error', onError)
  signal.addEventListener('abort', onAbort, { once: true })
  sentAt = Date.now()
  sentTick = performance.now()
  socket.send(request, port, address, (error) => error && reject(error))
  return promise.finally(() => {
    socket.off('message', onMessage).off('error', onError)
    signal.removeEventListener('abort', onAbort)
  })
}

function read(packet: Buffer, sentAt: number, heardAt: number): Offset | string {
  const [leap, mode, stratum] = [(packet[0] ?? 0) >> 6, (packet[0] ?? 0) & 7, packet[1] ?? 0]
  if (mode !== 4) return 'its answer is not that of a server'
  if (stratum === 0)
    return `it does not want to be asked (${packet.toString('latin1', 12, 16).replaceAll(/[^A-Z]/g, '')})`
  if (leap === 3 || stratum > STRATUM_MAX) return 'it does not know the time itself'
  const [received, transmitted] = [timeAt(packet, 32), timeAt(packet, 40)]
  if (received === null || transmitted === null) return 'its answer holds no time'
  const delayMs = Math.max(0, heardAt - sentAt - (transmitted - received))
  const rootMs = (packet.readUInt32BE(4) / 65_536 / 2 + packet.readUInt32BE(8) / 65_536) * 1000
  // A millisecond is what our own clock tells at the best.
  return { offsetMs: (received - sentAt + (transmitted - heardAt)) / 2, errorMs: delayMs / 2 + rootMs + 1 }
}

/** Milliseconds since 1970 of a time stamp; null for none. */
function timeAt(packet: Buffer, at: number): number | null {
  const [seconds, fraction] = [packet.readUInt32BE(at), packet.readUInt32BE(at + 4)]
  if (seconds === 0 && fraction === 0) return null
  const ms = seconds * 1000 + (fraction / 2 ** 32) * 1000 - EPOCH_MS
  return seconds < 2 ** 31 ? ms + ERA_MS : ms
}
