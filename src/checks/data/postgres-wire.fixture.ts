// A server that speaks Postgres' protocol and answers as a test says: what a real one does only when it is ill, or means harm.
import { createServer, type AddressInfo, type Socket } from 'node:net'

export type WireRow = Readonly<Record<string, string | null>>
/** Rows, an error of the server, or nothing at all: it never answers. */
export type WireAnswer = readonly WireRow[] | { code: string; message: string } | 'silence'

export interface WirePostgres {
  url: string
  stop(): Promise<void>
}

export async function startWirePostgres(
  answer: (sql: string, values: readonly string[]) => WireAnswer,
  options: { refuses?: { code: string; message: string }; onReady?: (socket: Socket) => void } = {},
): Promise<WirePostgres> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.setNoDelay(true).on('error', () => {}))
    speak(socket, answer, options)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `postgres://app@127.0.0.1:${(server.address() as AddressInfo).port}/app`,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => server.close(done))
    },
  }
}

function speak(
  socket: Socket,
  answer: Parameters<typeof startWirePostgres>[0],
  { refuses, onReady }: NonNullable<Parameters<typeof startWirePostgres>[1]>,
): void {
  let pending = Buffer.alloc(0)
  let isStarted = false
  let sql = ''
  let values: string[] = []
  let rows: readonly WireRow[] = []
  let isFailing = false
  let isMute = false
  const ready = (): boolean => socket.write(message('Z', 'I'))
  const fail = ({ code, message: words }: { code: string; message: string }): void => {
    isFailing = true
    socket.write(message('E', `SERROR\0VERROR\0C${code}\0M${words}\0\0`))
  }
  const handle = (type: string, body: Buffer): void => {
    if (isMute) return
    if (type === 'Q') return void (socket.write(message('C', 'SET\0')) && ready())
    if (type === 'S') {
      isFailing = false
      return void ready()
    }
    if (isFailing) return
    if (type === 'P') {
      sql = body.toString('utf8').split('\0')[1] ?? ''
      socket.write(message('1', ''))
    }
    if (type === 'B') {
      values = valuesOf(body)
      const said = answer(sql, values)
      if (said === 'silence') return void (isMute = true)
      if ('code' in said) return fail(said)
      rows = said
      socket.write(message('2', ''))
    }
    if (type === 'D') socket.write(rows[0] ? describe(Object.keys(rows[0])) : message('n', ''))
    if (type === 'E') {
      for (const row of rows) socket.write(dataRow(Object.values(row)))
      socket.write(message('C', `SELECT ${rows.length}\0`))
    }
  }
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    if (!isStarted) {
      if (pending.length < 4 || pending.length < pending.readInt32BE(0)) return
      pending = pending.subarray(pending.readInt32BE(0))
      isStarted = true
      if (refuses) return fail(refuses)
      socket.write(message('R', '\0\0\0\0'))
      ready()
      onReady?.(socket)
    }
    while (pending.length >= 5 && pending.length > pending.readInt32BE(1)) {
      const end = 1 + pending.readInt32BE(1)
      const [type, body] = [String.fromCharCode(pending[0] ?? 0), pending.subarray(5, end)]
      pending = pending.subarray(end)
      handle(type, body)
    }
  })
}

function message(type: string, body: string | Buffer): Buffer {
  const bytes = Buffer.from(body)
  const head = Buffer.alloc(5, type)
  head.writeInt32BE(bytes.length + 4, 1)
  return Buffer.concat([head, bytes])
}

function describe(names: readonly string[]): Buffer {
  const count = Buffer.alloc(2)
  count.writeInt16BE(names.length)
  const fields = names.map((name) => {
    const rest = Buffer.alloc(18)
    // Type 25: text.
    rest.writeInt32BE(25, 6)
    return Buffer.concat([Buffer.from(`${name}\0`), rest])
  })
  return message('T', Buffer.concat([count, ...fields]))
}

function dataRow(cells: readonly (string | null)[]): Buffer {
  const count = Buffer.alloc(2)
  count.writeInt16BE(cells.length)
  const parts = cells.map((cell) => {
    const bytes = Buffer.from(cell ?? '')
    const length = Buffer.alloc(4)
    length.writeInt32BE(cell === null ? -1 : bytes.length)
    return cell === null ? length : Buffer.concat([length, bytes])
  })
  return message('D', Buffer.concat([count, ...parts]))
}

/** The values of a Bind message, as text. */
function valuesOf(body: Buffer): string[] {
  let at = body.indexOf(0) + 1
  at = body.indexOf(0, at) + 1
  at += 2 + 2 * body.readInt16BE(at)
  const count = body.readInt16BE(at)
  at += 2
  return Array.from({ length: count }, () => {
    const length = body.readInt32BE(at)
    const text = body.toString('utf8', at + 4, at + 4 + Math.max(0, length))
    at += 4 + Math.max(0, length)
    return text
  })
}

/** Pours `x` into a socket for as long as it is taken: what a client keeps while it waits for the end of a message. */
export function pourInto(socket: Socket): void {
  const block = Buffer.alloc(65_536, 'x')
  const write = (): void => {
    while (!socket.destroyed && socket.write(block));
  }
  socket.on('drain', write)
  write()
}
