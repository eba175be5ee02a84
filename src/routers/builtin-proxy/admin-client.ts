// Asking a running proxy over its admin socket.
import type { Agent } from 'node:http'
import { pause } from '../../lib/deadline.ts'
import { codeOf, messageOf, OutsideError } from '../../lib/errors.ts'

interface Question {
  method: 'GET' | 'PUT' | 'POST'
  path: string
  body?: string
  signal: AbortSignal
}

export interface AdminAnswer {
  status: number
  body: unknown
}

/** Query of a question that is meant for one who made way; all others are for the one who serves. */
export const AS_FORMER = 'former'

const ANSWER_BYTES_MAX = 8 << 20
const RESET_PAUSE_MS = 50
/** The process asked has made way or is about to; bounded by the question's own deadline. */
const JUST_HANDING_OVER = 503

/**
 * One question to the proxy behind a socket; null when no proxy is there.
 * @throws OutsideError when it is there and does not answer.
 */
export async function askProxy(system: string, socketPath: string, question: Question): Promise<AdminAnswer | null> {
  try {
    const { status, text } = await sendTwice(socketPath, question)
    if (status !== JUST_HANDING_OVER) return { status, body: JSON.parse(text) as unknown }
    await pause(RESET_PAUSE_MS, question.signal)
    return await askProxy(system, socketPath, question)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return null
    throw new OutsideError(system, `the proxy does not answer on ${socketPath}: ${messageOf(error)}`, {
      retryable: true,
      hint: code === 'EACCES' ? 'it belongs to another user' : 'see proxy.log beside the socket',
      cause: error,
    })
  }
}

/** Its process may be just ending: asked again, it is gone or another one is there. Every question may be asked twice. */
async function sendTwice(socketPath: string, question: Question): Promise<{ status: number; text: string }> {
  const first = await send(socketPath, question).catch((error: unknown) => {
    if (!['ECONNRESET', 'EPIPE'].includes(codeOf(error) ?? '')) throw error
    return pause(RESET_PAUSE_MS, question.signal).then(() => null)
  })
  return first ?? send(socketPath, question)
}

/**
 * One connection is kept between questions: a busy proxy takes a new one in one turn of its loop and reads it in the next, and a way back
 * should not wait for a second turn.
 */
let kept: Agent | undefined

async function send(
  socketPath: string,
  { method, path, body, signal }: Question,
): Promise<{ status: number; text: string }> {
  // Loaded when needed: naming it above would load all of fetch with it, in every command.
  const { Agent, request: sendRequest } = await import('node:http')
  const agent = (kept ??= new Agent({ keepAlive: true, maxFreeSockets: 1 }))
  return new Promise((resolve, reject) => {
    const request = sendRequest({ socketPath, method, path, signal, agent }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        if (text.length > ANSWER_BYTES_MAX) response.destroy(new Error('the answer is too large'))
      })
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    request.on('error', reject)
    request.end(body)
  })
}
