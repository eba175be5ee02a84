// What Postgres and the network say, as one line with a remedy. Passwords are in none of these messages.
import { codeOf, messageOf, OutsideError } from '../../lib/errors.ts'

interface Meaning {
  message: (said: string, place: string) => string
  hint?: string
  retryable?: boolean
}

const UNREACHABLE: Meaning = {
  message: (said, place) => `cannot reach ${place}: ${said}`,
  hint: 'see that the server runs and listens there, and that `url` names the right host and port',
  retryable: true,
}
const WRONG_LOGIN: Meaning = {
  message: (said, place) => `${place} does not let us in: ${said}`,
  hint: 'see the user and the password that `url` refers to, and pg_hba.conf of the server',
}
const ENDED: Meaning = {
  message: (said, place) => `${place} ended the connection: ${said}`,
  hint: 'see the log of the server; what was not committed is rolled back',
  retryable: true,
}
const FULL: Meaning = {
  message: (said, place) => `${place} has no room: ${said}`,
  hint: 'make room on the disk of the server',
  retryable: true,
}

/** By SQLSTATE, or by the code of a Node system error. */
const MEANINGS: Record<string, Meaning> = {
  ECONNREFUSED: UNREACHABLE,
  ENOTFOUND: UNREACHABLE,
  EAI_AGAIN: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ETIMEDOUT: UNREACHABLE,
  ENOENT: UNREACHABLE,
  ECONNRESET: ENDED,
  EPIPE: ENDED,
  '28P01': WRONG_LOGIN,
  '28000': WRONG_LOGIN,
  '3D000': {
    message: (said, place) => `${place}: ${said}`,
    hint: 'see the database that `url` names; psql --list shows those that are there',
  },
  '42501': {
    message: (said, place) => `${place}: ${said}`,
    hint: 'GRANT it to the user that `url` names, or use another user',
  },
  '55P03': {
    message: (said, place) => `${place}: waited too long for a lock: ${said}`,
    hint: 'end the transaction that holds it (pg_stat_activity, pg_locks), or raise `lockTimeoutMs`',
    retryable: true,
  },
  '57014': {
    message: (said, place) => `${place}: ${said}`,
    hint: 'raise `statementTimeoutMs`, or see who cancelled it',
    retryable: true,
  },
  '57P01': ENDED,
  '57P02': ENDED,
  '57P05': ENDED,
  '25P03': ENDED,
  '08006': ENDED,
  '57P03': { ...UNREACHABLE, hint: 'the server is starting or stopping: wait, then see its log' },
  '53300': {
    message: (said, place) => `${place} has no connection left for us: ${said}`,
    hint: 'close idle connections, or raise max_connections (or the limit of the role or database)',
    retryable: true,
  },
  '53100': FULL,
  '53200': FULL,
  '25006': {
    message: (said, place) => `${place} takes no writes: ${said}`,
    hint: 'it is a standby, or set to be read only: use the `url` of the primary',
  },
  '40P01': { message: (said, place) => `${place}: ${said}`, hint: 'try again', retryable: true },
  '40001': { message: (said, place) => `${place}: ${said}`, hint: 'try again', retryable: true },
}

/** Anything thrown by a connection to `place`, as an OutsideError; its `cause` has the server's code. */
export function explainPostgres(place: string, error: unknown): OutsideError {
  if (error instanceof OutsideError) return error
  const code = codeOf(error) ?? firstCode(error)
  const said = saidBy(error)
  const meaning = (code === undefined ? undefined : MEANINGS[code]) ?? guessed(said)
  return new OutsideError('postgres', meaning ? meaning.message(said, place) : `${place}: ${said}`, {
    retryable: meaning?.retryable ?? false,
    ...(meaning?.hint ? { hint: meaning.hint } : {}),
    cause: error,
  })
}

/** Errors of the client library itself have no code. */
function guessed(said: string): Meaning | undefined {
  if (/connection terminated|connection ended|not queryable|client was closed/i.test(said)) return ENDED
  if (/timeout (?:expired|exceeded)/i.test(said)) return UNREACHABLE
  if (/password must be a string|SASL|SSL|certificate/i.test(said)) return WRONG_LOGIN
  return undefined
}

/** A name that resolves to several addresses fails with one error for each. */
function firstCode(error: unknown): string | undefined {
  return error instanceof AggregateError ? error.errors.map(codeOf).find((code) => code !== undefined) : undefined
}

/** The server's message with its detail, on one line. */
function saidBy(error: unknown): string {
  const { detail } = (error ?? {}) as { detail?: unknown }
  const text = typeof detail === 'string' && detail !== '' ? `${messageOf(error)} (${detail})` : messageOf(error)
  return text.replace(/\s+/g, ' ').trim()
}
