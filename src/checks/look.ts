// What every kind owes its caller: stopped is `unverified`, at once, whatever the system outside is doing.
import { unverified, type Outcome } from '../plan/outcome.ts'
import type { Check, CheckContext } from './check.ts'

/**
 * Runs `work` under the context's signal. Cancelled or past the deadline, before or meanwhile, comes back
 * as `unverified` without waiting for the work; the work frees its own resources by the same signal.
 */
export async function look(context: Pick<CheckContext, 'signal'>, work: () => Promise<Outcome>): Promise<Outcome> {
  const { signal } = context
  if (signal.aborted) return stopped(signal)
  const { promise: aborted, resolve } = Promise.withResolvers<Outcome>()
  const onAbort = (): void => resolve(stopped(signal))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work(), aborted])
  } catch (error) {
    if (signal.aborted) return stopped(signal)
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** What a kind comes to; where it did not pass and says nothing better, with the kind's own remedy. */
export async function runKind<Options>(
  kind: Check<Options>,
  options: Options,
  context: CheckContext,
): Promise<Outcome> {
  const outcome = await kind.run(options, context)
  return outcome.status === 'passed' || outcome.remedy ? outcome : { ...outcome, remedy: kind.remedy }
}

function stopped(signal: AbortSignal): Outcome {
  return (signal.reason as Error | undefined)?.name === 'TimeoutError'
    ? unverified('the deadline passed before there was an answer', {
        remedy: 'give the item more time, or find out what is slow',
      })
    : unverified('cancelled before there was an answer')
}
