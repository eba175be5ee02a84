// A server that speaks Redis' protocol and answers as a test says: what a real one does only when it is ill, or means harm.
import { createServer, type AddressInfo, type Socket } from 'node:net'

export interface WireRedis {
  port: number
  url: string
  stop(): Promise<void>
}

/** `answer` gives the raw reply to a command (an array of bulk strings); null: it never answers. */
export async function startWireRedis(answer: (command: string[], socket: Socket) => string | null): Promise<WireRedis> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.setNoDelay(true).on('error', () => {}))
    let pending = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      pending += chunk
      for (let command = takeCommand(); command; command = takeCommand()) {
        const said = answer(command, socket)
        if (said !== null) socket.write(said)
      }
    })
    function takeCommand(): string[] | null {
      const lines = pending.split('\r\n')
      const count = Number(lines[0]?.slice(1))
      if (!lines[0]?.startsWith('*') || lines.length < 2 * count + 2) return null
      const words = Array.from({ length: count }, (_, index) => lines[2 * index + 2] as string)
      pending = lines.slice(2 * count + 1).join('\r\n')
      return words
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => server.close(done))
    },
  }
}

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`

/** A reply in RESP: numbers, texts, null and lists of them. */
export function reply(value: unknown): string {
  if (Array.isArray(value)) return `*${value.length}\r\n${value.map(reply).join('')}`
  if (value === null || value === undefined) return '$-1\r\n'
  return typeof value === 'number' ? `:${value}\r\n` : bulk(String(value))
}

/** An INFO answer with these fields. */
export const info = (fields: Readonly<Record<string, string | number>>): string =>
  bulk(
    Object.entries(fields)
      .map(([name, value]) => `${name}:${value}\r\n`)
      .join(''),
  )

/** Begins a text of 10 GB and pours it for as long as it is taken. */
export function pourBulk(socket: Socket): null {
  socket.write('$10000000000\r\n')
  const block = Buffer.alloc(65_536, 'x')
  const write = (): void => {
    while (!socket.destroyed && socket.write(block));
  }
  socket.on('drain', write)
  write()
  return null
}
