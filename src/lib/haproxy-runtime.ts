// HAProxy's runtime API: one line of commands over its socket, a bounded answer; and the statistics it gives as CSV.
import { connect } from 'node:net'
import { resolve } from 'node:path'

/** Where the runtime API is asked: exactly one of the two. */
export interface RuntimePlace {
  /** Unix socket; a relative path is taken from the directory it is asked with. */
  socket?: string | undefined
  /** `host:port`, also `[::1]:port`. */
  tcp?: string | undefined
}

/** One line of the statistics: a server, or a whole backend (`server` null). Counters are cumulative. */
export interface Row {
  backend: string
  server: string | null
  isHttp: boolean
  /** `UP`, `UP 1/3`, `DOWN`, `MAINT`, `DRAIN`, `NOLB`, `no check`, ... */
  status: string
  /** Any column by its name in the CSV; null where it is empty, missing or no number. */
  number(column: string): number | null
  /** Any column by its name in the CSV, as it is written; empty where it is missing. */
  text(column: string): string
}

export interface Statistics {
  /** Which process answered; null where that is not told. Another one counts from zero. */
  process: string | null
  rows: Row[]
}

/** Asks for both in one connection, so that the counters are those of the process that is named. */
export const STATISTICS = 'show info;show stat'
/** An answer is cut off here. */
export const RUNTIME_BYTES_MAX = 16 << 20

/** Host and port of `host:port`. */
export function hostAndPort(tcp: string): { host: string; port: number } {
  const colon = tcp.lastIndexOf(':')
  return { host: tcp.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(tcp.slice(colon + 1)) }
}

/**
 * What HAProxy answers to a line of commands, separated by `;`; each answer ends with an empty line.
 * @throws the system's error where it cannot be reached; Error when it is late or says too much.
 */
export function askRuntime(
  place: RuntimePlace,
  directory: string,
  commands: string,
  signal: AbortSignal,
): Promise<string> {
  const { socket, tcp = '' } = place
  const connection = socket === undefined ? connect(hostAndPort(tcp)) : connect({ path: resolve(directory, socket) })
  return new Promise((fulfil, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const end = (error: Error | null): void => {
      signal.removeEventListener('abort', cancel)
      connection.destroy()
      if (error) reject(error)
      else fulfil(Buffer.concat(chunks).toString('utf8'))
    }
    const cancel = (): void => end(new Error('HAProxy did not answer in time'))
    connection.on('error', end)
    if (signal.aborted) return cancel()
    signal.addEventListener('abort', cancel, { once: true })
    connection.on('data', (chunk) => {
      bytes += chunk.length
      if (bytes > RUNTIME_BYTES_MAX) end(new Error(`HAProxy answered with more than ${RUNTIME_BYTES_MAX} bytes`))
      else chunks.push(chunk)
    })
    connection.on('end', () => end(null))
    connection.write(`${commands}\n`)
  })
}

/** @throws Error when there are no statistics in the text. */
export function parseStatistics(text: string): Statistics {
  const start = text.indexOf('# pxname,')
  if (start === -1) throw new Error(firstLine(text) || 'HAProxy answered nothing')
  const [header = [], ...lines] = parseCsv(text.slice(start + 2))
  const columns = new Map(header.map((name, index) => [name, index]))
  const rows = lines
    .map((line) => rowOf((column) => line[columns.get(column) ?? -1] ?? ''))
    .filter((row): row is Row => row !== null)
  const pid = /^Pid: (\d+)$/m.exec(text.slice(0, start))?.[1]
  return { process: pid ?? null, rows }
}

function rowOf(text: Row['text']): Row | null {
  const server = text('svname')
  if (server === '' || server === 'FRONTEND') return null
  const number = (column: string): number | null => {
    const written = text(column)
    return /^-?\d{1,20}$/.test(written) ? Number(written) : null
  }
  return {
    backend: text('pxname'),
    server: server === 'BACKEND' ? null : server,
    // Old versions do not tell the mode; they count answers by status only where it is HTTP.
    isHttp: text('mode') === '' ? number('hrsp_2xx') !== null : text('mode') === 'http',
    status: text('status'),
    number,
    text,
  }
}

/** Lines of fields; a quoted field may hold commas and doubled quotes. Reading stops at the first empty line. */
function parseCsv(text: string): string[][] {
  const lines: string[][] = []
  for (const line of text.split('\n')) {
    if (line === '') break
    lines.push(line.includes('"') ? splitQuoted(line) : line.split(','))
  }
  return lines
}

function splitQuoted(line: string): string[] {
  const fields: string[] = []
  for (let at = 0; at <= line.length;) {
    if (line[at] !== '"') {
      const comma = line.indexOf(',', at)
      const end = comma === -1 ? line.length : comma
      fields.push(line.slice(at, end))
      at = end + 1
      continue
    }
    let end = line.indexOf('"', at + 1)
    while (end !== -1 && line[end + 1] === '"') end = line.indexOf('"', end + 2)
    if (end === -1) end = line.length
    fields.push(line.slice(at + 1, end).replaceAll('""', '"'))
    at = end + 2
  }
  return fields
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0]?.slice(0, 200) ?? ''
}
