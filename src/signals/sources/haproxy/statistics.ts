// What HAProxy says of itself: its statistics as CSV, from the runtime API or from the statistics page.
import { connect } from 'node:net'
import { resolve } from 'node:path'
import { httpRequest } from '../../../lib/http-request.ts'

/** Exactly one of the three. */
export interface Place {
  socket?: string | undefined
  tcp?: string | undefined
  url?: string | undefined
}

/** One line of the statistics: a server, or a whole backend (`server` null). Counters are cumulative. */
export interface Row {
  backend: string
  server: string | null
  isHttp: boolean
  /** `UP`, `UP 1/3`, `DOWN`, `MAINT`, `DRAIN`, `NOLB`, `no check`, ... */
  status: string
  /** Any column by its name in the CSV; null where it is empty or missing. */
  number(column: string): number | null
}

export interface Statistics {
  /** Which process answered; null where that is not told. Another one counts from zero. */
  process: string | null
  rows: Row[]
}

const BYTES_MAX = 16 << 20

/** @throws Error when HAProxy cannot be reached or what it says are no statistics. */
export async function readStatistics(place: Place, directory: string, signal: AbortSignal): Promise<Statistics> {
  if (place.url === undefined) return parseStatistics(await askRuntime(place, directory, signal))
  const url = place.url.includes(';csv') ? place.url : `${place.url};csv`
  const { status, text } = await httpRequest({ url, bytesMax: BYTES_MAX }, signal)
  if (status !== 200) throw new Error(`the statistics page answered ${status}`)
  return parseStatistics(text)
}

function askRuntime({ socket, tcp = '' }: Place, directory: string, signal: AbortSignal): Promise<string> {
  const colon = tcp.lastIndexOf(':')
  const host = tcp.slice(0, colon).replace(/^\[(.*)\]$/, '$1')
  const connection =
    socket === undefined
      ? connect({ host, port: Number(tcp.slice(colon + 1)) })
      : connect({ path: resolve(directory, socket) })
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
    if (signal.aborted) return cancel()
    signal.addEventListener('abort', cancel, { once: true })
    connection.on('error', end)
    connection.on('data', (chunk) => {
      bytes += chunk.length
      if (bytes > BYTES_MAX) end(new Error(`HAProxy answered with more than ${BYTES_MAX} bytes`))
      else chunks.push(chunk)
    })
    connection.on('end', () => end(null))
    // Both in one connection, so that the counters are those of the process that is named.
    connection.write('show info;show stat\n')
  })
}

/** @throws Error when there are no statistics in the text. */
export function parseStatistics(text: string): Statistics {
  const start = text.indexOf('# pxname,')
  if (start === -1) throw new Error(firstLine(text) || 'HAProxy answered nothing')
  const [header = [], ...lines] = parseCsv(text.slice(start + 2))
  const columns = new Map(header.map((name, index) => [name, index]))
  const field = (line: string[], column: string): string => line[columns.get(column) ?? -1] ?? ''
  const rows = lines
    .filter((line) => field(line, 'svname') !== '' && !['FRONTEND', ''].includes(field(line, 'svname')))
    .map((line): Row => {
      const number = (column: string): number | null => {
        const written = field(line, column)
        return /^-?\d{1,20}$/.test(written) ? Number(written) : null
      }
      const server = field(line, 'svname')
      return {
        backend: field(line, 'pxname'),
        server: server === 'BACKEND' ? null : server,
        // Old versions do not tell the mode; they count answers by status only where it is HTTP.
        isHttp: field(line, 'mode') === '' ? number('hrsp_2xx') !== null : field(line, 'mode') === 'http',
        status: field(line, 'status'),
        number,
      }
    })
  const info = text.slice(0, start)
  const pid = /^Pid: (\d+)$/m.exec(info)?.[1]
  return { process: pid ?? null, rows }
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
