// One conversation with Redis: the client library where it is installed, commands as words, answers in time.
import { codeOf } from './errors.ts'

/** Loads the client library, or gives null where it is not installed. */
export type LoadRedis = () => Promise<typeof import('redis') | null>

/** One command, its answer as it came: text, numbers, lists, null. @throws what the server or the network says. */
export type AskRedis = (...words: string[]) => Promise<unknown>

export interface RedisPlace {
  url: string
  timeoutMs: number
}

export async function loadRedis(): Promise<typeof import('redis') | null> {
  try {
    return await import('redis')
  } catch (error) {
    if (codeOf(error) === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  }
}

/** Connects, lets `work` ask, and closes. @throws what the server or the network says, and when it takes longer than its time. */
export async function converseWithRedis<T>(
  redis: typeof import('redis'),
  { url, timeoutMs }: RedisPlace,
  signal: AbortSignal,
  work: (ask: AskRedis) => Promise<T>,
): Promise<T> {
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
  const talk = async (): Promise<T> => {
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
