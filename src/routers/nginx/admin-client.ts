// Asking the Lua side of an nginx: over its own socket, or an address of the loopback interface that wants a token.
import { pause } from '../../lib/deadline.ts'
import { codeOf, messageOf, OutsideError } from '../../lib/errors.ts'
import { httpRequest } from '../../lib/http-request.ts'
import type { HttpAnswer } from '../../lib/http-request.ts'
import { adminName } from './lua-config.ts'

/** The connection ended before there was an answer. */
const CUT: readonly string[] = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']
const CUT_PAUSE_MS = 50
/** Somebody listens there who does not know this router: an nginx that has not read it yet. */
const NOT_OURS: readonly number[] = [403, 404, 405]

export interface AdminAddress {
  system: string
  name: string
  /** Path of the socket, or null: then `address` counts. */
  socketPath: string | null
  address: string
  token: string | null
}

export interface AdminQuestion {
  method: 'GET' | 'PUT' | 'POST'
  path: string
  body?: string
  signal: AbortSignal
}

/**
 * The answer's text; null when nobody of ours answers there.
 * @throws OutsideError when it refuses, or does not answer in time.
 */
export async function askNginx(to: AdminAddress, question: AdminQuestion): Promise<string | null> {
  const { system } = to
  const answer = await sendAgain(to, question).catch((error: unknown) => {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return null
    throw new OutsideError(system, `nginx does not answer on ${to.socketPath ?? to.address}: ${messageOf(error)}`, {
      retryable: true,
      ...(code === 'EACCES' ? { hint: 'the socket belongs to another user' } : {}),
      cause: error,
    })
  })
  if (answer === null || NOT_OURS.includes(answer.status)) return null
  if (answer.status === 200) return answer.text
  const said = answer.text.trim().slice(0, 200)
  const what = `${question.method} ${question.path}`
  throw new OutsideError(system, `nginx refuses ${what} with ${answer.status}${said ? `: ${said}` : ''}`)
}

/** Where a worker is just ending, another one is there a moment later, or none. Every question may be asked twice. */
async function sendAgain(to: AdminAddress, question: AdminQuestion): Promise<HttpAnswer> {
  try {
    return await send(to, question)
  } catch (error) {
    if (!CUT.includes(codeOf(error) ?? '')) throw error
    await pause(CUT_PAUSE_MS)
    return send(to, question)
  }
}

function send(
  { name, socketPath, address, token }: AdminAddress,
  { method, path, body, signal }: AdminQuestion,
): Promise<HttpAnswer> {
  return httpRequest(
    {
      url: `http://${socketPath === null ? address : 'nginx'}${path}`,
      method,
      headers: { host: adminName(name), ...(token === null ? {} : { 'x-gonogo-token': token }) },
      ...(socketPath === null ? {} : { socketPath }),
      ...(body === undefined ? {} : { body }),
      redirectsMax: 0,
    },
    signal,
  )
}
