// Queues in tables: a query that counts what waits and, if it likes, says for how long the oldest has.
import type { CheckContext } from '../../check.ts'
import { numberIn } from '../redis-session.ts'
import { firstRows, type SqlQuestion } from '../sql-rows.ts'
import type { QueueReading } from './reading.ts'

/** @throws what the database says. */
export async function readSqlQueue(queue: SqlQuestion, context: CheckContext): Promise<QueueReading> {
  const rows = await firstRows(queue, context)
  const [depth, seconds, ...others] = rows[0] ?? []
  const count = numberIn(depth)
  if (rows.length !== 1 || others.length > 0 || count === null || !Number.isInteger(count) || count < 0)
    return { depth: null, missing: 'the query does not answer with one row of one count, or of a count and seconds' }
  const oldest = numberIn(seconds)
  return { depth: count, oldestMs: oldest === null || oldest < 0 ? null : Math.round(oldest * 1000) }
}
