// Checks that do not depend on each other, side by side. They look and change nothing, so being run twice after a crash is no harm.
import { judgeWatch } from '../guards/watch.ts'
import { messageOf } from '../lib/errors.ts'
import type { Binding } from '../plan/binding.ts'
import { skipped, unverified, worstStatus, type Outcome } from '../plan/outcome.ts'
import type { PlannedItem } from '../plan/release-plan.ts'
import type { OutcomeBody, Pace } from '../plan/run-record.ts'
import { lookAt } from './checking/look-at.ts'
import { sideBySide } from './checking/side-by-side.ts'
import { holdSoaks, type Soak } from './checking/soak.ts'
import { coveringWaiver, waiverInWords } from './checking/waiver.ts'
import { attentiveStep, listen } from './mailbox.ts'
import { environmentOf, labelOf, nextAttempt, note, outcomeKey, recordOutcome, type RunContext } from './run-context.ts'
import { paced } from './services.ts'

interface Try {
  planned: PlannedItem
  attempt: number
}

/** Runs the given items' checks and records their outcomes in the context: first those that look once, then those that must hold. */
export async function runChecks(context: RunContext, items: readonly PlannedItem[]): Promise<void> {
  if (items.length === 0) return
  const tries = items.map((planned) => ({ planned, attempt: nextAttempt(context, planned.item) }))
  await lookOnce(
    context,
    tries.filter(({ planned }) => soakOf(planned, context.pace) === null),
  )
  await holdThose(
    context,
    tries.filter(({ planned }) => soakOf(planned, context.pace) !== null),
  )
  for (const { item, binding } of items) await acceptWaived(context, item, binding)
}

async function lookOnce(context: RunContext, tries: readonly Try[]): Promise<void> {
  if (tries.length === 0) return
  const bodies = await attentiveStep(context, nameOf('checks', tries), () =>
    sideBySide(
      tries,
      context.services.checksAtOnce,
      ({ planned }) => planned.binding,
      ({ planned, attempt }) => recordOne(context, planned, attempt),
    ),
  )
  for (const [index, body] of bodies.entries()) context.outcomes.set(tries[index]?.planned.item ?? '', body)
}

async function recordOne(context: RunContext, { item, binding }: PlannedItem, attempt: number): Promise<OutcomeBody> {
  const written = context.session.written.get(outcomeKey(item, attempt))
  if (written) return written.body as unknown as OutcomeBody
  const startedAt = context.services.clock()
  const outcome = await lookSafely(context, binding)
  return recordOutcome(context, item, attempt, outcome, startedAt)
}

/** Every look is a step, and the time between is the run's: a soak goes on after a crash, and people are heard meanwhile. */
async function holdThose(context: RunContext, tries: readonly Try[]): Promise<void> {
  if (tries.length === 0) return
  const { services, durable, pace } = context
  const startedAt = await durable.now()
  for (const { planned } of tries) showHeld(context, planned.item)
  let round = 0
  const outcomes = await holdSoaks(
    tries.map((subject) => ({ subject, soak: soakOf(subject.planned, pace) as Soak })),
    {
      now: () => durable.now(),
      wait: async (durationMs) => void (await listen(context, durationMs)),
      look: (batch) =>
        attentiveStep(context, `${nameOf('soak', batch)} look ${++round}`, () =>
          sideBySide(
            batch,
            services.checksAtOnce,
            ({ planned }) => planned.binding,
            ({ planned }) => lookSafely(context, planned.binding),
          ),
        ),
    },
  )
  const bodies = await durable.step(nameOf('soaked', tries), () =>
    Promise.all(
      tries.map(({ planned, attempt }, index) =>
        recordOutcome(context, planned.item, attempt, outcomes[index] as Outcome, startedAt),
      ),
    ),
  )
  for (const [index, body] of bodies.entries()) context.outcomes.set(tries[index]?.planned.item ?? '', body)
}

function showHeld(context: RunContext, item: string): void {
  context.services.emit({ type: 'item', item, text: labelOf(context, item), status: 'running', summary: 'held' })
}

function nameOf(what: string, tries: readonly Try[]): string {
  return `${what} ${tries[0]?.planned.item} +${tries.length - 1} #${tries[0]?.attempt}`
}

/** Also a rehearsal has to see something: two looks at least, at the pace that was planned or closer together. */
function soakOf({ binding }: PlannedItem, pace: Pace): Soak | null {
  const soak = binding.type === 'check' ? binding.policy?.soak : null
  if (!soak) return null
  const forMs = paced(soak.forMs, pace)
  return { forMs, everyMs: Math.min(soak.everyMs, forMs) }
}

/** What gonogo.yaml waives up to a day counts as waived where it is not green, and that stands in the ledger. */
async function acceptWaived(context: RunContext, item: string, binding: Binding): Promise<void> {
  const body = context.outcomes.get(item)
  if (binding.type !== 'check' || !body || context.waived.has(item)) return
  const waiver = coveringWaiver(binding.policy, body.status, body.endedAt)
  if (!waiver) return
  const reason = `${waiver.reason} (gonogo.yaml, until ${new Date(waiver.untilMs).toISOString()})`
  await note(context, { key: `waiver:${item}`, kind: 'waiver', item, body: { by: waiver.by, reason } })
  context.waived.add(item)
  const summary = waiverInWords(waiver)
  context.services.emit({ type: 'item', item, text: labelOf(context, item), status: 'waived', summary })
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
    case 'check': {
      const { environment } = context.plan
      return lookAt(binding, { ...context.services, environment, env: environmentOf(context) }, context.session.signal)
    }
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
