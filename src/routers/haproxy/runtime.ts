// Asking a router's HAProxy: every dialogue with a deadline, and what goes wrong said with what to do about it.
import { withDeadline } from '../../lib/deadline.ts'
import { codeOf, messageOf, OutsideError } from '../../lib/errors.ts'
import { askRuntime, hostAndPort, parseStatistics, STATISTICS } from '../../lib/haproxy-runtime.ts'
import type { RuntimePlace, Statistics } from '../../lib/haproxy-runtime.ts'
import { lastLine } from '../../lib/excerpt.ts'
import { quoteWord } from '../../lib/shell.ts'

const ASK_TIMEOUT_MS = 5000
/** HAProxy takes one line into a buffer of 16 KiB. */
const LINE_BYTES_MAX = 8000
const SHOWN_CHARS_MAX = 120
/** The last two: it ended at this moment. */
const NOBODY_THERE: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'])

/** A server as it is at this moment. */
export interface ServerState {
  backend: string
  server: string
  host: string
  port: number
  weight: number
  /** Nobody took it out, neither for maintenance nor to drain it. */
  isReady: boolean
  /** Its health is good, or not looked at. */
  isUp: boolean
}

export interface Runtime {
  /** What it answers to the commands, which are sent in as few lines as possible. @throws OutsideError */
  ask(commands: readonly string[], signal?: AbortSignal): Promise<string>
  /** As `ask`; null where nobody listens. */
  askIfRunning(commands: readonly string[]): Promise<string | null>
  /** Every server of a backend. @throws OutsideError */
  servers(backend: string): Promise<ServerState[]>
  statistics(signal?: AbortSignal): Promise<Statistics>
}

export function createRuntime(system: string, place: RuntimePlace, directory: string): Runtime {
  const where = place.socket ?? place.tcp ?? ''
  const explained = (error: unknown): OutsideError =>
    new OutsideError(system, `HAProxy cannot be asked at ${where}: ${messageOf(error)}`, {
      retryable: true,
      hint: hintFor(codeOf(error)),
      cause: error,
    })

  async function send(commands: readonly string[], signal?: AbortSignal): Promise<string> {
    let said = ''
    for (const line of inLines(commands))
      said += accepted(system, line, await askRuntime(place, directory, line, withDeadline(ASK_TIMEOUT_MS, signal)))
    return said
  }
  async function ask(commands: readonly string[], signal?: AbortSignal): Promise<string> {
    try {
      return await send(commands, signal)
    } catch (error) {
      throw error instanceof OutsideError ? error : explained(error)
    }
  }
  return {
    ask,
    async askIfRunning(commands) {
      try {
        return await send(commands)
      } catch (error) {
        if (NOBODY_THERE.has(codeOf(error) ?? '')) return null
        throw error instanceof OutsideError ? error : explained(error)
      }
    },
    servers: async (backend) => parseServers(await ask([`${SERVERS} ${backend}`])),
    async statistics(signal) {
      const text = await ask([STATISTICS], signal)
      try {
        return parseStatistics(text)
      } catch (error) {
        throw explained(error)
      }
    },
  }
}

function hintFor(code: string | undefined): string {
  if (code === 'ENOENT') return 'is HAProxy running, and is this its `stats socket`?'
  if (code === 'ECONNREFUSED') return 'HAProxy does not run, or listens elsewhere'
  if (code === 'EACCES' || code === 'EPERM')
    return 'this user may not use the socket: give it `group` and `mode 660` on the `stats socket` line'
  return 'is it the runtime API (`stats socket`) of a running HAProxy?'
}

/** @throws OutsideError where the socket is not allowed to do what was asked, or what it is about is not there. */
function accepted(system: string, asked: string, said: string): string {
  if (/^Permission denied/m.test(said))
    throw new OutsideError(system, 'HAProxy refuses: this runtime socket may only look', {
      hint: 'write `level admin` on its `stats socket` line: level operator may not change servers',
    })
  const missing = /^(?:No such (?:backend|server)\b.*|Can't find (?:backend|server)\b.*|.*[Uu]nknown map.*)$/m.exec(
    said,
  )
  if (missing)
    throw new OutsideError(system, `HAProxy says to "${lastLine(asked, SHOWN_CHARS_MAX)}": ${missing[0].trim()}`, {
      hint: 'is it running with this configuration?',
    })
  return said
}

/** As few lines as HAProxy has room for. */
export function inLines(commands: readonly string[]): string[] {
  const lines: string[] = []
  for (const command of commands) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + command.length < LINE_BYTES_MAX)
      lines[lines.length - 1] = `${last};${command}`
    else lines.push(command)
  }
  return lines
}

/** Bit of a server's admin state: `disabled` stands in the configuration. The others say that it is out now, and by whom. */
const BEGAN_DISABLED = 4

/** Asks for every server; with a backend after it, for that one's. */
export const SERVERS = 'show servers state'

/** Its answer: a line that names the columns, then one a server. */
export function parseServers(text: string): ServerState[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const header =
    lines
      .find((line) => line.startsWith('# be_id'))
      ?.slice(2)
      .split(' ') ?? []
  const at = (fields: readonly string[], column: string): string => fields[header.indexOf(column)] ?? ''
  return lines
    .filter((line) => /^\d+ \S+ \d+ /.test(line))
    .map((line) => {
      const fields = line.split(' ')
      return {
        backend: at(fields, 'be_name'),
        server: at(fields, 'srv_name'),
        host: at(fields, 'srv_addr'),
        port: Number(at(fields, 'srv_port')),
        weight: Number(at(fields, 'srv_uweight')),
        isReady: (Number(at(fields, 'srv_admin_state')) & ~BEGAN_DISABLED) === 0,
        isUp: at(fields, 'srv_op_state') !== '0',
      }
    })
}

/** What a person would type to ask the same: `echo ... | socat - UNIX-CONNECT:...`. */
export function runtimeLine(place: RuntimePlace, commands: readonly string[]): string {
  return inLines(commands)
    .map((line) => `echo ${quoteWord(line)} | socat - ${socatAddress(place)}`)
    .join('\n')
}

/** As `socat` names it. */
export function socatAddress({ socket, tcp = '' }: RuntimePlace): string {
  if (socket !== undefined) return `UNIX-CONNECT:${socket}`
  const { host, port } = hostAndPort(tcp)
  return `TCP:${host.includes(':') ? `[${host}]` : host}:${port}`
}
