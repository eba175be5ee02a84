// Queues in Redis: plain lists and sorted sets, streams with their consumer groups, and the keys of BullMQ.
import type { AskRedis } from '../../../lib/redis-client.ts'
import { numberIn } from '../redis-session.ts'
import { ageOf, type QueueReading } from './reading.ts'

export interface RedisQueue {
  list?: string | undefined
  sortedSet?: string | undefined
  stream?: string | undefined
  group?: string | undefined
  bullmq?: string | undefined
  prefix: string
  oldestMax?: number | undefined
  consumersMin?: number | undefined
}

/** How many prioritised jobs are looked through for the oldest; there may be more. */
const LOOKED_AT_MAX = 1000

/** @throws what the server or the network says, as that the key is of another type. */
export async function readRedisQueue(queue: RedisQueue, ask: AskRedis): Promise<QueueReading> {
  if (queue.list !== undefined) return { depth: numberIn(await ask('LLEN', queue.list)) }
  if (queue.sortedSet !== undefined) return { depth: numberIn(await ask('ZCARD', queue.sortedSet)) }
  if (queue.stream !== undefined) return readStream(queue.stream, queue.group, ask)
  return readBullmq(`${queue.prefix}:${queue.bullmq}`, queue, ask)
}

/** By the server's clock, which also gives the ids of streams. */
async function nowOf(ask: AskRedis): Promise<number> {
  const time = await ask('TIME')
  const [seconds, microseconds] = Array.isArray(time) ? [numberIn(time[0]), numberIn(time[1])] : [null, null]
  return seconds === null ? Date.now() : seconds * 1000 + (microseconds ?? 0) / 1000
}

async function readStream(key: string, group: string | undefined, ask: AskRedis): Promise<QueueReading> {
  if (numberIn(await ask('EXISTS', key)) !== 1) return { depth: null, missing: 'there is no such stream' }
  const now = await nowOf(ask)
  if (group === undefined) {
    const depth = numberIn(await ask('XLEN', key))
    return { depth, oldestMs: ageOf(timeOf(firstId(await ask('XRANGE', key, '-', '+', 'COUNT', '1'))), now) }
  }
  const groups = await ask('XINFO', 'GROUPS', key)
  const found = (Array.isArray(groups) ? groups : []).map(pairsOf).find((fields) => fields.get('name') === group)
  if (!found) return { depth: null, missing: `the stream has no group ${group}` }
  const [lag, pending] = [numberIn(found.get('lag')), numberIn(found.get('pending'))]
  // The id of the oldest that was given to a consumer and not acknowledged.
  const summary = pending ? await ask('XPENDING', key, group) : null
  const oldestPending = Array.isArray(summary) ? timeOf(summary[1]) : null
  const last = String(found.get('last-delivered-id') ?? '')
  const waiting = lag === 0 ? null : timeOf(firstId(await ask('XRANGE', key, `(${last}`, '+', 'COUNT', '1')))
  const times = [oldestPending, waiting].filter((time) => time !== null)
  return {
    // Servers before 7, and streams from which was deleted, do not tell how many are still to be given out.
    depth: lag === null || pending === null ? null : lag + pending,
    oldestMs: times.length > 0 ? ageOf(Math.min(...times), now) : null,
    consumers: numberIn(found.get('consumers')),
  }
}

function pairsOf(flat: unknown): ReadonlyMap<string, unknown> {
  const words = Array.isArray(flat) ? (flat as unknown[]) : []
  return new Map(words.flatMap((word, index) => (index % 2 === 0 ? [[String(word), words[index + 1]] as const] : [])))
}

function firstId(entries: unknown): unknown {
  return Array.isArray(entries) && Array.isArray(entries[0]) ? entries[0][0] : null
}

/** `1700000000000-0`: ids are times, unless somebody gives them himself. */
function timeOf(id: unknown): number | null {
  const found = /^(\d{13})-\d+$/.exec(String(id))
  return found ? Number(found[1]) : null
}

/** Lists: `wait`, `paused`, `active`; sorted sets: `prioritized`, `delayed`, `failed`; `meta` is there once a queue was made. */
async function readBullmq(base: string, queue: RedisQueue, ask: AskRedis): Promise<QueueReading> {
  const key = (name: string): string => `${base}:${name}`
  if (numberIn(await ask('EXISTS', key('meta'))) !== 1)
    return { depth: null, missing: 'there is no such queue (see the name and the prefix)' }
  const [waiting, held] = [numberIn(await ask('LLEN', key('wait'))), numberIn(await ask('LLEN', key('paused')))]
  const prioritised = numberIn(await ask('ZCARD', key('prioritized')))
  const depth = waiting === null || held === null || prioritised === null ? null : waiting + held + prioritised
  const oldestMs = queue.oldestMax === undefined || !depth ? null : await oldestJob(key, prioritised ?? 0, ask)
  return {
    depth,
    oldestMs,
    failed: numberIn(await ask('ZCARD', key('failed'))),
    delayed: numberIn(await ask('ZCARD', key('delayed'))),
    consumers: queue.consumersMin === undefined ? null : await workersOf(base, ask),
    isPaused: numberIn(await ask('HEXISTS', key('meta'), 'paused')) === 1,
  }
}

/** Jobs are put in at the left and taken from the right; those with a priority stand by it, not by age. */
async function oldestJob(key: (name: string) => string, prioritised: number, ask: AskRedis): Promise<number | null> {
  if (prioritised > LOOKED_AT_MAX) return null
  const lasts = [await ask('LINDEX', key('wait'), '-1'), await ask('LINDEX', key('paused'), '-1')]
  const others = prioritised > 0 ? await ask('ZRANGE', key('prioritized'), '0', String(LOOKED_AT_MAX - 1)) : []
  const ids = [...lasts, ...(Array.isArray(others) ? (others as unknown[]) : [])].filter((id) => typeof id === 'string')
  const now = await nowOf(ask)
  let oldestMs: number | null = null
  for (const id of ids) {
    const ageMs = ageOf(numberIn(await ask('HGET', key(id), 'timestamp')), now)
    if (ageMs !== null) oldestMs = Math.max(oldestMs ?? 0, ageMs)
  }
  return oldestMs
}

/** A worker names its connection after the queue, in base64; some servers do not let clients be listed. */
async function workersOf(base: string, ask: AskRedis): Promise<number | null> {
  const at = base.lastIndexOf(':')
  const name = `${base.slice(0, at)}:${Buffer.from(base.slice(at + 1)).toString('base64')}`
  const list = await ask('CLIENT', 'LIST').catch(() => null)
  if (typeof list !== 'string') return null
  const names = list.split('\n').map((line) => /(?:^| )name=(\S*)/.exec(line)?.[1] ?? '')
  return names.filter((one) => one === name || one.startsWith(`${name}:w:`)).length
}
