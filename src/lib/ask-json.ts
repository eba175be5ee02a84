// One question to a system that answers in JSON. What it cannot or will not answer is an OutsideError that says what to do about it.
import { withDeadline } from './deadline.ts'
import { codeOf, messageOf, OutsideError } from './errors.ts'
import { excerpt } from './excerpt.ts'
import { httpRequest, type HttpAnswer, type HttpRequest } from './http-request.ts'
import { publicUrl } from './url-option.ts'

export interface JsonRequest extends HttpRequest {
  /** Who is asked, as people call it: `GitHub`. */
  system: string
  timeoutMs: number
  /** Statuses that are an answer too, beside 2xx, as 404. */
  statuses?: readonly number[]
}

export interface JsonAnswer {
  status: number
  headers: Readonly<Record<string, string>>
  /** Undefined where the body is empty, or the status is one of `statuses` and the body is no JSON. */
  data: unknown
}

/**
 * The answer, parsed.
 * @throws OutsideError for no answer, too long a one, one that is no JSON, and every status that is neither 2xx nor wanted
 */
export async function askJson(request: JsonRequest, parent: AbortSignal): Promise<JsonAnswer> {
  const { system, timeoutMs, statuses = [], ...rest } = request
  const signal = withDeadline(timeoutMs, parent)
  let answer: HttpAnswer
  try {
    answer = await httpRequest({ ...rest, headers: { accept: 'application/json', ...request.headers } }, signal)
  } catch (error) {
    const where = URL.canParse(request.url) ? new URL(request.url).host : publicUrl(request.url)
    const isRefused = codeOf(error) === 'ECONNREFUSED'
    throw new OutsideError(system, signal.aborted ? `no answer within ${timeoutMs} ms` : messageOf(error), {
      retryable: true,
      cause: error,
      hint: isRefused ? `nothing listens at ${where}: correct the address, or start it` : `see that ${where} answers`,
    })
  }
  const { status, headers, text } = answer
  const isWanted = statuses.includes(status)
  if ((status < 200 || status >= 300) && !isWanted) throw refusal(system, answer)
  return { status, headers, data: parse(system, text, status, isWanted) }
}

function parse(system: string, text: string, status: number, isWanted: boolean): unknown {
  if (text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    if (isWanted) return undefined
    throw new OutsideError(system, `answered ${status}, and not in JSON`, {
      hint: 'correct the address: something else answers there, or a page to sign in',
    })
  }
}

function refusal(system: string, { status, headers, text }: HttpAnswer): OutsideError {
  const said = messageIn(text)
  const message = `answered ${status}${said ? `: ${said}` : ''}`
  const waitMs = waitMsOf(status, headers)
  if (waitMs !== null) {
    const at = new Date(Date.now() + waitMs).toISOString().replace(/\.\d+Z$/, 'Z')
    return new OutsideError(system, `${message}; its limit of requests is used up until ${at}`, {
      retryable: true,
      hint: `ask again after ${at}, or with a token that has a higher limit`,
    })
  }
  if (status === 401 || status === 403)
    return new OutsideError(system, message, { hint: 'give a token (or headers) that may read this' })
  if (status === 404)
    return new OutsideError(system, message, {
      hint: 'correct the address; what is private is also hidden this way from a token that may not see it',
    })
  const isLater = status === 429 || status >= 500
  return new OutsideError(system, message, {
    retryable: isLater,
    hint: isLater ? 'ask again later' : 'read its answer',
  })
}

/** What an error body has to say, in the places where APIs say it. */
function messageIn(text: string): string {
  try {
    const body = JSON.parse(text) as Record<string, unknown>
    const said = [body?.message, body?.error_description, body?.error, body?.detail].find(
      (value) => typeof value === 'string' && value !== '',
    )
    return excerpt(String(said ?? ''), 200)
  } catch {
    return ''
  }
}

const WAIT_MS_MAX = 7 * 86_400_000

/** How long a rate limit asks to wait, in ms; null where it is no answer of a rate limit. */
function waitMsOf(status: number, headers: Readonly<Record<string, string>>): number | null {
  if (status !== 429 && status !== 403) return null
  const after = headers['retry-after']
  const isUsedUp = headers['x-ratelimit-remaining'] === '0' || headers['ratelimit-remaining'] === '0'
  const reset = Number(headers['x-ratelimit-reset'] ?? headers['ratelimit-reset'])
  let waitMs = Number.NaN
  if (after !== undefined) waitMs = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - Date.now()
  // Seconds since the epoch, or seconds from now: APIs differ.
  else if ((isUsedUp || status === 429) && reset > 0) waitMs = reset > 1e9 ? reset * 1000 - Date.now() : reset * 1000
  return Number.isFinite(waitMs) ? Math.min(Math.max(waitMs, 0), WAIT_MS_MAX) : null
}
