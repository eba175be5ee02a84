// Checks that do not depend on each other, side by side. They look and change nothing, so being run twice after a crash is no harm.
import { findKind, parseOptions } from '../catalog/catalog.ts'
import type { CheckContext } from '../checks/check.ts'
import { runKind } from '../checks/look.ts'
import { judgeWatch } from '../guards/watch.ts'
import { exec } from '../lib/exec.ts'
import { messageOf } from '../lib/errors.ts'
import { inParallel } from '../lib/in-parallel.ts'
import type { Binding } from '../plan/binding.ts'
import { skipped, unverified, worstStatus, type Outcome } from '../plan/outcome.ts'
import type { PlannedItem } from '../plan/release-plan.ts'
import type { OutcomeBody } from '../plan/run-record.ts'
import { attentiveStep } from './mailbox.ts'
import { environmentOf, nextAttempt, outcomeKey, recordOutcome, type RunContext } from './run-context.ts'
import type { Services } from './services.ts'

const CHECKS_AT_ONCE_MAX = 8

/** Runs the given items' checks and records their outcomes in the context. */
export async function runChecks(context: RunContext, items: readonly PlannedItem[]): Promise<void> {
  if (items.length === 0) return
  const tries = items.map((planned) => ({ planned, attempt: nextAttempt(context, planned.item) }))
  const name = `checks ${items[0]?.item} +${items.length - 1} #${tries[0]?.attempt}`
  const bodies = await attentiveStep(context, name, () =>
    inParallel(tries, CHECKS_AT_ONCE_MAX, ({ planned, attempt }) => runOne(context, planned, attempt)),
  )
  for (const [index, body] of bodies.entries()) context.outcomes.set(tries[index]?.planned.item ?? '', body)
}

async function runOne(context: RunContext, { item, binding }: PlannedItem, attempt: number): Promise<OutcomeBody> {
  const written = context.session.written.get(outcomeKey(item, attempt))
  if (written) return written.body as unknown as OutcomeBody
  const startedAt = context.services.clock()
  const outcome = await lookSafely(context, binding)
  return recordOutcome(context, item, attempt, outcome, startedAt)
}

async function lookSafely(context: RunContext, binding: Binding): Promise<Outcome> {
  try {
    return await look(context, binding)
  } catch (error) {
    return unverified(messageOf(error))
  }
}

function look(context: RunContext, binding: Binding): Promise<Outcome> | Outcome {
  switch (binding.type) {
    case 'check':
      return runCheck(binding, { ...context.services, env: environmentOf(context) }, context.session.signal)
    case 'watch':
      return judgeWatches(context, binding)
    case 'skip':
      return skipped(binding.reason)
    case 'unbound':
      return unverified('nobody said how to verify it', { remedy: 'bind it: "gonogo bind", or waive it with a reason' })
    default:
      throw new Error(`a ${binding.type} is not a check`)
  }
}

/** Runs one check under its deadline. A check that throws has a bug: that is not a verdict about the release. */
export async function runCheck(
  binding: Extract<Binding, { type: 'check' }>,
  services: Pick<Services, 'directory' | 'env' | 'resolve' | 'data'>,
  parent: AbortSignal,
): Promise<Outcome> {
  const signal = AbortSignal.any([parent, AbortSignal.timeout(binding.timeoutMs)])
  const { directory, env } = services
  const checkContext: CheckContext = {
    signal,
    directory,
    env,
    data: services.data,
    exec: (file, args, options) =>
      exec(file, args, { cwd: directory, env, timeoutMs: binding.timeoutMs, signal, ...options }),
  }
  try {
    const kind = findKind('check', binding.check, { path: 'check' })
    const options = parseOptions(kind.options, services.resolve(binding.options), { path: `check ${binding.check}` })
    return await runKind(kind, options, checkContext)
  } catch (error) {
    return unverified(messageOf(error))
  }
}

/** Judges every watch of an item over what the session recorded. */
function judgeWatches(context: RunContext, binding: Extract<Binding, { type: 'watch' }>): Outcome {
  const versions = context.session.versions()
  const results = binding.watches.map((watch) => {
    const since = watch.forMs > 0 ? context.services.clock() - watch.forMs : 0
    return judgeWatch(watch, context.session.samplesSince(since), versions)
  })
  return {
    status: worstStatus(results.map((result) => result.status)),
    summary: results.map((result) => result.summary).join('; '),
    measurements: results.flatMap((result) => result.measurements),
    evidence: [
      {
        name: 'watch',
        mediaType: 'application/json',
        content: JSON.stringify({ watches: binding.watches, results }, null, 2),
      },
    ],
  }
}
