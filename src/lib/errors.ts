// The three ways a thing goes wrong: the user's input (PlanError), somebody else's system (OutsideError), a bug (anything else).

/** Where a problem of the user's input stands, and what to do about it. */
export interface PlanErrorPlace {
  /** File the problem is in, relative to the project where possible. */
  file?: string
  /** 1-based line. */
  line?: number
  /** Key path inside the file, as in `targets/app/instances`. */
  path?: string
  /** What would have been right. */
  expected?: string
  /** What to do next: a command or an edit. */
  hint?: string
}

/** A problem of a document, of `gonogo.yaml` or of a command line. Exit code 2. */
export class PlanError extends Error {
  override readonly name = 'PlanError'
  readonly place: PlanErrorPlace

  constructor(message: string, place: PlanErrorPlace = {}) {
    super(message)
    this.place = place
  }

  /** The one line a person sees: `file:line: path: message; expected ...; hint`. */
  toLine(): string {
    const { file, line, path, expected, hint } = this.place
    const where = [file && line ? `${file}:${line}` : file, path].filter(Boolean).join(': ')
    const parts = [where ? `${where}: ${this.message}` : this.message]
    if (expected) parts.push(`expected ${expected}`)
    if (hint) parts.push(hint)
    return parts.join('; ')
  }
}

/** A system outside gonogo did not do what was asked: dead server, refused connection, full disk. */
export class OutsideError extends Error {
  override readonly name = 'OutsideError'
  /** Which system: `postgres`, `router edge`, `target app`. */
  readonly system: string
  /** Whether asking again can help. */
  readonly retryable: boolean
  /** What to do about it. */
  readonly hint: string | undefined

  constructor(system: string, message: string, options: { retryable?: boolean; hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.system = system
    this.retryable = options.retryable ?? false
    this.hint = options.hint
  }

  /** The one line a person sees: `system: message; hint`. */
  toLine(): string {
    return [`${this.system}: ${this.message}`, this.hint].filter(Boolean).join('; ')
  }
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof PlanError || error instanceof OutsideError) return error.toLine()
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? withoutInnards(error.message || error.name) : String(error)
}

/** What OpenSSL says, without where in its source; and no advice on how to start Node.js, which is not what the person runs. */
function withoutInnards(message: string): string {
  const [, reason] = /^[0-9A-F]+:error:[0-9A-F]+:SSL routines:[^:]*:([^:]*):/i.exec(message) ?? []
  if (reason === 'wrong version number') return 'no TLS is spoken there (wrong version number)'
  return reason
    ? `TLS: ${reason}`
    : message.replace(/; if the root CA is installed locally, try running Node\.js .*$/, '')
}

/** The `code` of a Node system error (`ENOENT`, `ECONNREFUSED`), or undefined. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  if (typeof code === 'string') return code
  const cause = (error as { cause?: unknown } | null)?.cause
  return cause === undefined || cause === null ? undefined : codeOf(cause)
}

/** Codes of trouble on this side: no name server, no network, no more sockets. They say nothing about the other side. */
const OWN_TROUBLE: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ENETUNREACH',
  'ENETDOWN',
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
])

/** Whether an error of a connection is about this machine rather than about whom it asked. */
export function isOwnTrouble(error: unknown): boolean {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isOwnTrouble)
  return OWN_TROUBLE.has(codeOf(error) ?? '')
}
