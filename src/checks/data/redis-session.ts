// Asking Redis, with the client library where it is installed: commands as words, answers bounded and in time.
import { codeOf, messageOf } from '../../lib/errors.ts'
import { unverified, type Outcome } from '../../plan/outcome.ts'
import { publicUrl } from '../fields.ts'
import { withBoundedSockets } from './bounded-sockets.ts'

/** Loads the client library, or gives null where it is not installed. */
export type LoadRedis = () => Promise<typeof import('redis') | null>

/** One command, its answer as it came: text, numbers, lists, null. @throws what the server or the network says. */
export type AskRedis = (...words: string[]) => Promise<unknown>

export interface RedisPlace {
  url: string
  timeoutMs: number
}

/** What a kind owes where the library is missing, or where Redis does not let us in; anything else is for `unreached` to say. */
export async function askRedis(
  place: RedisPlace,
  signal: AbortSignal,
  work: (ask: AskRedis) => Promise<Outcome>,
  unreached: (words: string) => Outcome,
  load: LoadRedis = loadRedis,
): Promise<Outcome> {
  const redis = await load()
  if (!redis)
    return unverified('the Redis client is not installed', { remedy: 'npm install redis, where gonogo is installed' })
  try {
    return await withBoundedSockets(() => converse(redis, place, signal, work))
  } catch (error) {
    const where = publicUrl(place.url)
    if (messageOf(error).startsWith('NOPERM'))
      return unverified(`${where} does not let this user ask that: ${messageOf(error)}`, {
        remedy: 'allow the user of the url the command, by ACL SETUSER',
      })
    if (/NOAUTH|WRONGPASS|AUTH/.test(messageOf(error)))
      return unverified(`${where} does not let us in`, { remedy: 'correct user and password in the url' })
    return unreached(`${where}: ${messageOf(error)}`)
  }
}

async function loadRedis(): Promise<typeof import('redis') | null> {
  try {
    return await import('redis')
  } catch (error) {
    if (codeOf(error) === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  }
}

async function converse(
  redis: typeof import('redis'),
  { url, timeoutMs }: RedisPlace,
  signal: AbortSignal,
  work: (ask: AskRedis) => Promise<Outcome>,
): Promise<Outcome> {
  const client = redis.createClient({
    url,
    RESP: 2,
    disableOfflineQueue: true,
    socket: { connectTimeout: timeoutMs, socketTimeout: timeoutMs, reconnectStrategy: false },
  })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  })
  // The same error also rejects the call that was under way.
  client.on('error', () => {})
  const close = (): void => client.destroy()
  signal.addEventListener('abort', close, { once: true })
  const talk = async (): Promise<Outcome> => {
    await client.connect()
    return work((...words) => client.sendCommand(words))
  }
  try {
    return await Promise.race([talk(), late])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', close)
    if (client.isOpen) client.destroy()
  }
}

/** The fields of an INFO answer by their names. */
export function fieldsOf(info: unknown): ReadonlyMap<string, string> {
  const lines = String(info).split(/\r?\n/)
  return new Map(lines.flatMap((line) => (/^[\w-]+:/.test(line) ? [splitAt(line)] : [])))
}

function splitAt(line: string): [string, string] {
  const at = line.indexOf(':')
  return [line.slice(0, at), line.slice(at + 1)]
}

/** A whole or broken number, or null. */
export function numberIn(text: unknown): number | null {
  if (typeof text === 'number') return Number.isFinite(text) ? text : null
  return typeof text === 'string' && /^-?\d{1,18}(?:\.\d+)?$/.test(text) ? Number(text) : null
}
