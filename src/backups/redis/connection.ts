// As much of the Redis protocol as a backup needs: a command and its answer, and the stream that a replica would get.
import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { codeOf, messageOf, OutsideError } from '../../lib/errors.ts'

const LINE_MAX = 64 << 10
const CONNECT_TIMEOUT_MS = 10_000

export interface Connection {
  /** The answer as text; null where there is none. @throws OutsideError also for an error that the server answers. */
  ask(...words: string[]): Promise<string | null>
  /** Sends a command that is answered by a stream. */
  send(...words: string[]): void
  /** One line of a stream, without its end. */
  line(): Promise<string>
  /** The next bytes of a stream, at most `max`. */
  some(max: number): Promise<Buffer>
  close(): void
}

/** Opens `redis://user:password@host:port` (`rediss` with TLS), or a Unix socket, and logs in. @throws OutsideError */
export async function openRedis(where: string, signal: AbortSignal): Promise<Connection> {
  const url = where.startsWith('/') ? null : new URL(where)
  const name = url ? `${url.hostname}:${url.port || 6379}` : where
  const connection = over(await connected(where, url, name, signal), name)
  try {
    const password = decodeURIComponent(url?.password ?? '')
    const user = decodeURIComponent(url?.username ?? '')
    if (password) await connection.ask('AUTH', ...(user ? [user] : []), password)
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

async function connected(where: string, url: URL | null, name: string, signal: AbortSignal): Promise<Socket> {
  const target = { host: url?.hostname.replaceAll(/^\[|\]$/g, '') ?? '', port: Number(url?.port || 6379) }
  const isTls = url?.protocol === 'rediss:'
  const socket = isTls
    ? connectTls({ ...target, servername: target.host })
    : connectPlain(url ? target : { path: where })
  const stop = (): void => void socket.destroy(new Error('it was cancelled'))
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  socket.once('close', () => signal.removeEventListener('abort', stop))
  socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${CONNECT_TIMEOUT_MS} ms`)))
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => reject(lost(name, error)))
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      // A server that makes its copy says something every few seconds; one that loads may be silent for long.
      socket.setTimeout(0)
      socket.on('error', () => {})
      resolve(socket)
    })
  })
}

function over(socket: Socket, name: string): Connection {
  const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let held: Buffer = Buffer.alloc(0)
  const more = async (): Promise<void> => {
    let next: IteratorResult<Buffer>
    try {
      next = await chunks.next()
    } catch (error) {
      throw lost(name, error)
    }
    if (next.done) throw lost(name, socket.errored ?? new Error('it closed the connection'))
    held = held.length === 0 ? next.value : Buffer.concat([held, next.value])
  }
  const some = async (max: number): Promise<Buffer> => {
    if (held.length === 0) await more()
    const given = held.subarray(0, max)
    held = held.subarray(given.length)
    return given
  }
  const line = async (): Promise<string> => {
    for (;;) {
      const end = held.indexOf('\r\n')
      if (end >= 0) {
        const text = held.toString('latin1', 0, end)
        held = held.subarray(end + 2)
        return text
      }
      if (held.length > LINE_MAX) throw lost(name, new Error('it does not speak the Redis protocol'))
      await more()
    }
  }
  const answer = async (): Promise<string | null> => {
    const text = await line()
    const rest = text.slice(1)
    if (text.startsWith('-')) throw new OutsideError('redis', `${name}: ${rest}`, { hint: hintOf(rest) })
    if (!text.startsWith('$')) return rest
    const bytes = Number(rest)
    if (bytes < 0) return null
    while (held.length < bytes + 2) await more()
    const body = held.toString('utf8', 0, bytes)
    held = held.subarray(bytes + 2)
    return body
  }
  const send = (...words: string[]): void => {
    const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
    socket.write(`*${words.length}\r\n${parts.join('')}`)
  }
  return {
    async ask(...words) {
      send(...words)
      return answer()
    },
    send,
    line,
    some,
    close: () => void socket.destroy(),
  }
}

function lost(name: string, error: unknown): OutsideError {
  return new OutsideError('redis', `${name}: ${codeOf(error) ?? messageOf(error)}`, {
    retryable: true,
    hint: 'see that Redis runs and that this machine may reach it',
    cause: error,
  })
}

function hintOf(answer: string): string {
  if (/^(?:NOAUTH|WRONGPASS)/.test(answer)) return 'correct user and password in the url'
  if (/^NOPERM|unknown command/i.test(answer))
    return 'the copy is made as a replica would get it: allow SYNC and REPLCONF, or copy the snapshots of the provider'
  return 'read what the server says'
}
