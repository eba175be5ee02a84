// Queues of RabbitMQ, as its management API tells of them.
import { withDeadline } from '../../../lib/deadline.ts'
import { httpRequest } from '../../../lib/http-request.ts'
import { trustOptions } from '../../../lib/trust.ts'
import type { CheckContext } from '../../check.ts'
import type { QueueReading } from './reading.ts'

interface RabbitQueue {
  rabbitmq?: string | undefined
  queue?: string | undefined
  vhost: string
  caFile?: string | undefined
  oldestMax?: number | undefined
  timeoutMs: number
}

const BYTES_MAX = 1 << 20

/** @throws what keeps it from answering. */
export async function readRabbitQueue(given: RabbitQueue, context: CheckContext): Promise<QueueReading> {
  const base = (given.rabbitmq ?? '').replace(/\/+$/, '').replace(/\/api$/, '')
  const url = `${base}/api/queues/${encodeURIComponent(given.vhost)}/${encodeURIComponent(given.queue ?? '')}`
  const trust = trustOptions(given.caFile, context.directory)
  const signal = withDeadline(given.timeoutMs, context.signal)
  const { status, text } = await httpRequest({ url, bytesMax: BYTES_MAX, ...trust }, signal)
  if (status === 404) return { depth: null, missing: 'there is no such queue' }
  if (status === 401 || status === 403) throw new Error('it does not let us in')
  if (status !== 200) throw new Error(`it answered with status ${status}`)
  const found = objectOf(text)
  const count = (name: string): number | null => {
    const value = found[name]
    return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null
  }
  const [ready, unacknowledged] = [count('messages_ready'), count('messages_unacknowledged')]
  // A queue that was made a moment ago has no figures yet.
  return {
    depth: ready === null || unacknowledged === null ? null : ready + unacknowledged,
    consumers: count('consumers'),
  }
}

/** @throws without a word of what was said: it may hold secrets. */
function objectOf(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>
  } catch {
    throw new Error('it did not answer with JSON')
  }
}
