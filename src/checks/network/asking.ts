// What kinds that ask over HTTP share: their options, one way to ask under a deadline, and secrets that are taken out of what comes back.
import { z } from 'zod'
import { withDeadline } from '../../lib/deadline.ts'
import { codeOf, isOwnTrouble, messageOf } from '../../lib/errors.ts'
import { httpRequest, type HttpAnswer, type HttpRequest } from '../../lib/http-request.ts'
import { createRedactor } from '../../lib/redact.ts'
import { trustOptions } from '../../lib/trust.ts'
import { unverified, type Outcome } from '../../plan/outcome.ts'
import type { CheckContext } from '../check.ts'
import { look } from '../look.ts'

export const BODY_BYTES_MAX = 1 << 20

export const requestHeaders = z
  .record(z.string(), z.string())
  .default({})
  .describe('request headers; values are treated as secrets')

export const caFile = z
  .string()
  .optional()
  .describe('PEM file of a certificate authority to trust beside the usual ones')

/** An answer, or in words why there is none; `isOwn`: for want of something on this side. */
export type Asked =
  | { answer: HttpAnswer; problem?: never; isOwn?: never }
  | { answer?: never; problem: string; isOwn?: boolean }
export type Ask = (request: HttpRequest) => Promise<Asked>

/** Gives `work` a way to ask: each request has `timeoutMs`, of each answer at most 1 MiB is read, and no redirect is followed unless asked. */
export function asking(
  options: { caFile?: string | undefined; timeoutMs: number },
  context: CheckContext,
  work: (ask: Ask) => Promise<Outcome>,
): Promise<Outcome> {
  return look(context, async () => {
    let trust: ReturnType<typeof trustOptions>
    try {
      trust = trustOptions(options.caFile, context.directory)
    } catch (error) {
      return unverified(`certificate authority: ${messageOf(error)}`, { remedy: 'correct the path in caFile' })
    }
    const fixed = { bytesMax: BODY_BYTES_MAX, beyond: 'cut' as const, redirectsMax: 0 }
    return work(async (request) => {
      try {
        const signal = withDeadline(options.timeoutMs, context.signal)
        return { answer: await httpRequest({ ...fixed, ...trust, ...request }, signal) }
      } catch (error) {
        const isLate = (error as Error | null)?.name === 'TimeoutError'
        const problem = isLate ? `no whole answer within ${options.timeoutMs} ms` : problemOf(error)
        return { problem, isOwn: isOwnTrouble(error) }
      }
    })
  })
}

/** The error codes of a certificate whose authority is not known here. */
const UNTRUSTED = /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:VERIFY_LEAF|GET_ISSUER).*)$/

function problemOf(error: unknown): string {
  const isUntrusted = UNTRUSTED.test(codeOf(error) ?? '')
  return isUntrusted ? `${messageOf(error)} (\`caFile\` names an authority to trust)` : messageOf(error)
}

/** Request headers that say nothing secret. */
const PLAIN = /^(?:accept(?:-.*)?|content-type|user-agent|origin|host|cache-control|pragma|access-control-.*)$/i
const SCHEME = /^(?:basic|bearer|token|digest|apikey)$/i
const SECRET_NAME = /pass|secret|token|key|auth|credential|session|sig|code|pin|otp/i
/** Shorter words are as likely ordinary ones: without them nothing could be said any more. */
const LENGTH_MIN = 8

/** What of a request must not be shown, should the other side send it back. */
export function secretsOf(request: {
  url: string
  headers?: Readonly<Record<string, string>>
  body?: string | undefined
}): string[] {
  const headers = Object.entries(request.headers ?? {}).filter(([name]) => !PLAIN.test(name))
  const parts = headers.flatMap(([, value]) => value.split(/[\s;,=]+/).filter((part) => !SCHEME.test(part)))
  return [...addressSecrets(request.url), ...headers.map(([, value]) => value), ...parts, ...bodySecrets(request.body)]
}

function addressSecrets(address: string): string[] {
  if (!URL.canParse(address)) return []
  const { username, password, searchParams, search } = new URL(address)
  const [user, word] = [username, password].map(decoded)
  return [
    ...(password === '' ? [] : [`${user}:${word}`, word ?? '']),
    ...(search.length > LENGTH_MIN ? [search.slice(1)] : []),
    ...namedSecrets(searchParams),
  ]
}

function namedSecrets(pairs: Iterable<[string, string]>): string[] {
  return [...pairs].flatMap(([name, value]) => (SECRET_NAME.test(name) || value.length >= LENGTH_MIN ? [value] : []))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function bodySecrets(body: string | undefined): string[] {
  if (body === undefined) return []
  const pairs: [string, string][] = []
  try {
    JSON.parse(body, (name, value: unknown) => {
      if (typeof value === 'string') pairs.push([name, value])
      return value
    })
  } catch {
    pairs.push(...new URLSearchParams(body))
  }
  return [...(body.length >= LENGTH_MIN ? [body] : []), ...namedSecrets(pairs)]
}

const ISSUED_NAME = /pass|secret|token|credential|api_?key|session|jwt|bearer/i

/** What the other side gives out by a name that says it is secret. */
export function issuedIn(body: string): string[] {
  const values: string[] = []
  try {
    JSON.parse(body, (name, value: unknown) => {
      if (typeof value === 'string' && ISSUED_NAME.test(name)) values.push(value)
      return value
    })
  } catch {
    // What is no JSON has no names.
  }
  return values
}

/** Takes these values out of texts, in any of the forms in which they may come back. To be done before a text is cut. */
export function without(values: readonly string[]): (text: string) => string {
  const redactor = createRedactor()
  // Longer ones first: what is left of a value of which a part was taken out would still be shown.
  for (const value of [...new Set(values)].toSorted((a, b) => b.length - a.length)) {
    redactor.add('of the request', value)
    redactor.add('of the request', JSON.stringify(value).slice(1, -1))
  }
  return (text) => redactor.redact(text)
}

/** The outcome without these values. */
export function withoutValues(outcome: Outcome, values: readonly string[]): Outcome {
  const clean = without(values)
  return {
    ...outcome,
    summary: clean(outcome.summary),
    evidence: outcome.evidence.map((draft) => ({ ...draft, content: clean(draft.content) })),
    ...(outcome.remedy === undefined ? {} : { remedy: clean(outcome.remedy) }),
  }
}

/** The answer with headers that may be shown. */
export function withPlainHeaders(answer: HttpAnswer, values: readonly string[]): HttpAnswer {
  const clean = without(values)
  const headers = Object.entries(answer.headers).map(([name, value]) => [name, clean(value)])
  return { ...answer, headers: Object.fromEntries(headers) }
}
