// Asking Redis, with the client library where it is installed: commands as words, answers bounded and in time.
import { messageOf } from '../../lib/errors.ts'
import { converseWithRedis, loadRedis, type AskRedis, type LoadRedis, type RedisPlace } from '../../lib/redis-client.ts'
import { unverified, type Outcome } from '../../plan/outcome.ts'
import { publicUrl } from '../fields.ts'
import { withBoundedSockets } from './bounded-sockets.ts'

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
    return await withBoundedSockets(() => converseWithRedis(redis, place, signal, work))
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
