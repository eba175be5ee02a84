// One WebSocket connection: handshake, what is said, and what comes back until all that was waited for is there. Node's own client
// does not say with which status a handshake was refused, which is what one has to know.
import { createHash, randomBytes } from 'node:crypto'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { messageOf } from '../../../lib/errors.ts'
import { encodeFrame, OPCODE, takeFrame } from './frames.ts'

const MESSAGE_BYTES_MAX = 1 << 20
const MESSAGES_MAX = 500
/** Of a server that talks and talks the first are kept. */
const KEPT_MAX = 10
/** Of RFC 6455. */
const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

export interface Conversation {
  opened: boolean
  /** Of the handshake; null where there was no answer. */
  status: number | null
  protocol: string | null
  /** The first that came, and the one that was waited for. */
  messages: string[]
  answered: boolean
  ponged: boolean
  problem: string | null
  ended: 'done' | 'late' | 'broken'
  timeMs: number
}

export interface Opening {
  /** ws or wss. */
  url: string
  headers: Readonly<Record<string, string>>
  protocols: readonly string[]
  message?: string
  ping: boolean
  ca?: string[]
}

type IsAnswer = ((text: string) => Promise<boolean>) | null

/** Opens, says, listens until `isAnswer` holds of a message and a ping was answered, and closes. */
export async function converse(opening: Opening, isAnswer: IsAnswer, signal: AbortSignal): Promise<Conversation> {
  const startedAt = performance.now()
  const seen: Conversation = {
    opened: false,
    status: null,
    protocol: null,
    messages: [],
    answered: false,
    ponged: false,
    problem: null,
    ended: 'broken',
    timeMs: 0,
  }
  try {
    const opened = await open(opening, seen, signal)
    if (opened) seen.ended = await talk(opened, opening, isAnswer, seen, signal)
  } catch (error) {
    seen.problem = messageOf(error)
  }
  if (signal.aborted && seen.ended !== 'done') seen.ended = 'late'
  return { ...seen, timeMs: performance.now() - startedAt }
}

interface Opened {
  socket: Duplex
  head: Buffer
}

/** Shakes hands; null where the server does not, with the reason in `seen`. */
async function open(opening: Opening, seen: Conversation, signal: AbortSignal): Promise<Opened | null> {
  const key = randomBytes(16).toString('base64')
  const request = await requested(opening, key, signal)
  return new Promise((done, reject) => {
    request.once('error', reject)
    request.once('response', (response: IncomingMessage) => {
      seen.status = response.statusCode ?? null
      response.destroy()
      done(null)
    })
    request.once('upgrade', (response: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => {})
      seen.status = response.statusCode ?? null
      seen.protocol = String(response.headers['sec-websocket-protocol'] ?? '').slice(0, 200) || null
      seen.problem = objection(response, opening, key)
      seen.opened = seen.problem === null
      if (!seen.opened) {
        // Status 101 alone is no WebSocket.
        seen.status = null
        socket.destroy()
      }
      done(seen.opened ? { socket, head } : null)
    })
    request.end()
  })
}

async function requested(opening: Opening, key: string, signal: AbortSignal): Promise<ClientRequest> {
  const address = new URL(opening.url.replace(/^ws/, 'http'))
  const { request } = address.protocol === 'https:' ? await import('node:https') : await import('node:http')
  const { username, password } = address
  return request(address, {
    headers: {
      ...opening.headers,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': key,
      'sec-websocket-version': '13',
      ...(opening.protocols.length > 0 ? { 'sec-websocket-protocol': opening.protocols.join(', ') } : {}),
    },
    ...(username || password ? { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` } : {}),
    ...(opening.ca ? { ca: opening.ca } : {}),
    agent: false,
    signal,
  })
}

function objection({ headers }: IncomingMessage, { protocols }: Opening, key: string): string | null {
  const accept = createHash('sha1')
    .update(key + MAGIC)
    .digest('base64')
  if (headers['upgrade']?.toLowerCase() !== 'websocket' || headers['sec-websocket-accept'] !== accept)
    return 'the handshake is not one of a WebSocket'
  if (headers['sec-websocket-extensions'] !== undefined) return 'it uses an extension that was not offered'
  const chosen = headers['sec-websocket-protocol']
  if (protocols.length > 0 && (chosen === undefined || !protocols.includes(chosen)))
    return `it chose none of the subprotocols ${protocols.join(', ')}`
  return null
}

function talk(
  { socket, head }: Opened,
  { message, ping }: Opening,
  isAnswer: IsAnswer,
  seen: Conversation,
  signal: AbortSignal,
): Promise<Conversation['ended']> {
  return new Promise((done) => {
    const say = (opcode: number, text: string | Buffer): void =>
      void socket.write(encodeFrame(opcode, Buffer.from(text)))
    const end = (how: Conversation['ended'], problem: string | null = null): void => {
      seen.problem ??= problem
      signal.removeEventListener('abort', onAbort)
      if (how === 'done' && !socket.destroyed) {
        // 1000: nothing is wrong.
        say(OPCODE.close, Buffer.from([3, 232]))
        socket.end()
      }
      // Who does not close is left.
      setTimeout(() => socket.destroy(), 50).unref()
      done(how)
    }
    const onAbort = (): void => end('late')
    signal.addEventListener('abort', onAbort, { once: true })
    const isDone = (): boolean => (isAnswer === null || seen.answered) && (!ping || seen.ponged)
    if (ping) say(OPCODE.ping, 'gonogo')
    if (message !== undefined) say(OPCODE.text, message)
    if (isDone()) return end('done')
    void listen(socket, head, { say, isAnswer, seen, isDone }).then(
      (problem) => (problem === null ? end('done') : end('broken', problem)),
      (error: unknown) => end('broken', messageOf(error)),
    )
  })
}

interface Listener {
  say: (opcode: number, text: Buffer) => void
  isAnswer: IsAnswer
  seen: Conversation
  isDone: () => boolean
}

/** Reads until all is there: null; else why it ended before. */
async function listen(socket: Duplex, head: Buffer, listener: Listener): Promise<string | null> {
  let pending = head
  let parts: Buffer[] = []
  let count = 0
  const read = async (): Promise<string | null | 'more'> => {
    for (;;) {
      const taken = takeFrame(pending, MESSAGE_BYTES_MAX)
      if (taken === null) return 'more'
      if (typeof taken === 'string') return taken
      pending = taken.rest
      const { opcode, final, payload } = taken.frame
      if (++count > MESSAGES_MAX) return `what was waited for was not among ${MESSAGES_MAX} frames`
      if (opcode === OPCODE.close) return closed(payload)
      if (opcode === OPCODE.ping) listener.say(OPCODE.pong, payload)
      else if (opcode === OPCODE.pong) listener.seen.ponged = true
      else {
        parts.push(payload)
        if (parts.reduce((sum, { length }) => sum + length, 0) > MESSAGE_BYTES_MAX)
          return `it sent a message of more than ${MESSAGE_BYTES_MAX} bytes`
        if (final) await hear(Buffer.concat(parts).toString('utf8'), listener)
        if (final) parts = []
      }
      if (listener.isDone()) return null
    }
  }
  const first = await read()
  if (first !== 'more') return first
  // Left open where it is left: the goodbye is still to be said.
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    const problem = await read()
    if (problem !== 'more') return problem
  }
  return 'the connection ended'
}

async function hear(text: string, { isAnswer, seen }: Listener): Promise<void> {
  const isWanted = isAnswer !== null && !seen.answered && (await isAnswer(text))
  if (seen.messages.length < KEPT_MAX || isWanted) seen.messages.push(text)
  if (isWanted) seen.answered = true
}

function closed(payload: Buffer): string {
  const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005
  const reason = payload.subarray(2, 125).toString('utf8')
  return `it closed the connection with ${code}${reason === '' ? '' : ` (${reason})`}`
}
