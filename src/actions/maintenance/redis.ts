// A word with Redis from an action; what goes wrong says what to do about it.
import { messageOf, OutsideError } from '../../lib/errors.ts'
import { converseWithRedis, loadRedis, type AskRedis } from '../../lib/redis-client.ts'

/** @throws OutsideError for everything that goes wrong. */
export async function talkToRedis<T>(
  url: string,
  timeoutMs: number,
  signal: AbortSignal,
  work: (ask: AskRedis) => Promise<T>,
): Promise<T> {
  const redis = await loadRedis()
  if (!redis)
    throw new OutsideError('redis', 'its client is not installed', {
      hint: 'npm install redis, where gonogo is installed',
    })
  try {
    return await converseWithRedis(redis, { url, timeoutMs }, signal, work)
  } catch (error) {
    if (error instanceof OutsideError) throw error
    throw new OutsideError('redis', messageOf(error), { retryable: true, cause: error })
  }
}
