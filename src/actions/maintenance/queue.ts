// How much is left of a queue: keys of Redis, a number that a command prints, or one in an answer of HTTP.
import { z } from 'zod'
import { askJson } from '../../lib/ask-json.ts'
import { OutsideError } from '../../lib/errors.ts'
import { parsePath, valueAt } from '../../lib/json-path.ts'
import { programLine, runProgram } from '../../lib/program.ts'
import type { ActionContext } from '../action.ts'
import { talkToRedis } from './redis.ts'

export const queueSchema = z.union([
  z.strictObject({
    redis: z.string().min(1).describe('address, as redis://host:6379; a secret'),
    keys: z
      .array(z.string().min(1))
      .min(1)
      .max(100)
      .describe('lists, sets, sorted sets or streams; of BullMQ `bull:NAME:wait` and `bull:NAME:active`'),
  }),
  z.strictObject({
    command: z.array(z.string()).min(1).describe('program that prints how many are left, without a shell'),
  }),
  z.strictObject({
    url: z.url().describe('answers with JSON; a secret'),
    path: z
      .string()
      .refine((text) => parsePath(text) !== null, 'is no path; expected one like data.waiting')
      .describe('where the number is'),
    headers: z.record(z.string(), z.string()).default({}).describe('sent along; a secret'),
  }),
])

export type Queue = z.output<typeof queueSchema>

const ANSWER_MS_MAX = 30_000

/** What is looked at, without what is secret. */
export function queueInWords(queue: Queue): string {
  if ('redis' in queue) return queue.keys.join(', ')
  if ('url' in queue) return `${queue.path} of ${new URL(queue.url).host}`
  const [file = '', ...args] = queue.command
  return `\`${programLine({ file, args })}\``
}

/** @throws OutsideError where nobody can tell: unknown is not empty. */
export async function depthOf(
  queue: Queue,
  context: Pick<ActionContext, 'directory' | 'env' | 'signal'>,
): Promise<number> {
  const depth = await read(queue, context)
  if (Number.isInteger(depth) && depth >= 0) return depth
  throw new OutsideError('queue', `${queueInWords(queue)} gives no number of jobs`)
}

async function read(
  queue: Queue,
  { directory, env, signal }: Pick<ActionContext, 'directory' | 'env' | 'signal'>,
): Promise<number> {
  if ('redis' in queue)
    return talkToRedis(queue.redis, ANSWER_MS_MAX, signal, async (ask) => {
      let sum = 0
      for (const key of queue.keys) {
        const type = String(await ask('TYPE', key))
        const count = COUNTS[type]
        if (type !== 'none' && !count) throw new OutsideError('queue', `${key} is a ${type}: nothing that is counted`)
        if (count) sum += Number(await ask(count, key))
      }
      return sum
    })
  if ('url' in queue) {
    const { data } = await askJson(
      { system: 'queue', url: queue.url, headers: queue.headers, timeoutMs: ANSWER_MS_MAX },
      signal,
    )
    return Number(valueAt(data, parsePath(queue.path) ?? []) ?? Number.NaN)
  }
  const [file = '', ...args] = queue.command
  const printed = await runProgram(
    { file, args, cwd: directory },
    { system: 'queue', env, signal, timeoutMs: ANSWER_MS_MAX },
  )
  return printed.trim() === '' ? Number.NaN : Number(printed.trim())
}

/** Type of a key → the command that counts what is in it. */
const COUNTS: Readonly<Record<string, string>> = { list: 'LLEN', set: 'SCARD', zset: 'ZCARD', stream: 'XLEN' }
