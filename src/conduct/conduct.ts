// The run, readable top-down: phases in order, a gate behind each; then the hand-over; or, from anywhere, the way back.
import { runningBackgroundPrograms, stopBackgroundPrograms } from '../actions/background.ts'
import { messageOf } from '../lib/errors.ts'
import { skipped, unverified } from '../plan/outcome.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import type { LedgerEntry, RunState } from '../plan/run-record.ts'
import { redacting } from './boundary.ts'
import { conclude, concludeChildren, concludeGuards } from './conclude.ts'
import { Diverted, StepFailed, type Diversion } from './diversion.ts'
import { finishDelivery } from './finish.ts'
import { hearNow } from './mailbox.ts'
import { conductPhase, isLook } from './phase.ts'
import type { Durable } from './ports.ts'
import { runChecks } from './readiness.ts'
import { goBack } from './rollback.ts'
import { intentKey, itemsOf, labelOf, note, type RunContext } from './run-context.ts'
import type { Services } from './services.ts'
import { startSession, type Session } from './session.ts'
import { refreshWayBack } from './stand.ts'

/** Phases that a release goes through when nothing goes wrong; the others are for reading, or for the way back. */
const FORWARD = new Set(['readiness', 'execute', 'verify', 'success', 'sign-off', 'notes'])

/**
 * Conducts one run from wherever it stands to its end. Called by the durable engine, again after each crash. What breaks outside of a
 * recorded step (the database stays away, the disk is full, a bug) is no end of the run: this process gives it up as it stands.
 */
export async function conduct(runId: string, durable: Durable, services: Services): Promise<void> {
  const clean = redacting(services)
  let session: Session | null = null
  try {
    const context = await openRun(runId, recordedErrors(durable), clean)
    ;({ session } = context)
    await begin(context)
    const ending = await follow(context)
    await end(context, ending.state, ending.reason)
    await session.stop()
  } catch (error) {
    await session?.stop()
    services.abandon(error)
    await new Promise(() => {})
  }
}

/** Marks what a step threw: it is recorded, so the run may act on it. */
function recordedErrors(durable: Durable): Durable {
  return {
    ...durable,
    step: (name, work) =>
      durable.step(name, work).catch((error: unknown) => {
        throw new StepFailed(name, error)
      }),
  }
}

/** What a run is conducted with, by this process. */
export async function openRun(runId: string, durable: Durable, services: Services): Promise<RunContext> {
  const [record, planText, entries] = await Promise.all([
    services.runs.get(runId),
    services.runs.plan(runId),
    services.ledger.entries(runId),
  ])
  if (!record || !planText) throw new Error(`there is no run ${runId}`)
  const plan = JSON.parse(planText) as ReleasePlan
  const stable = stableOf(entries)
  const session = await startSession({ runId, plan, services, stable, entries })
  return {
    runId,
    plan,
    pace: record.pace,
    durable,
    services,
    session,
    outcomes: new Map(),
    answers: new Map(),
    judgedAnswers: new Map(),
    waived: new Set(),
    attempts: new Map(),
    delivered: new Set(),
    refusedStages: new Map(),
    promotedBy: null,
    isEnding: false,
    owed: null,
    underWay: null,
    performed: [],
    backedUp: new Set(),
    wayBack: { possible: true, estimateMs: 0, how: 'nothing was changed yet' },
    wayBacks: 0,
    stable,
    outsideWindow: outsideWindowOf(entries),
    live: null,
    restore: null,
  }
}

/** Which version had the traffic when the run was created: written down then, for the world changes under a run. */
function stableOf(entries: readonly LedgerEntry[]): string {
  return String(entries.find((entry) => entry.key === 'run:created')?.body.stable ?? '')
}

function outsideWindowOf(entries: readonly LedgerEntry[]): string | null {
  const { outsideWindow } = entries.find((entry) => entry.key === 'run:created')?.body ?? {}
  return typeof outsideWindow === 'string' ? outsideWindow : null
}

async function begin(context: RunContext): Promise<void> {
  const { services, runId } = context
  await note(context, {
    key: 'run:started',
    kind: 'run',
    item: null,
    body: { event: 'started', state: 'running', reason: null },
  })
  await services.runs.update(runId, { state: 'running' })
  services.emit({ type: 'run', state: 'running', reason: null })
  await refreshWayBack(context)
}

interface Ending {
  state: RunState
  reason: string | null
}

/** The planned path, or where a message or a broken step diverts it to. */
async function follow(context: RunContext): Promise<Ending> {
  try {
    const clock = { startedAt: null as number | null }
    for (const phase of context.plan.checklist.phases) {
      if (FORWARD.has(phase.kind)) await conductPhase(context, phase, clock)
    }
    await finishDelivery(context)
    await concludeGuards(context)
    return { state: 'succeeded', reason: null }
  } catch (error) {
    if (error instanceof Diverted) return divert(context, error.diversion)
    if (!(error instanceof StepFailed)) throw error
    const { reason } = await divert(context, asRollback({ by: 'gonogo', reason: error.message }))
    return { state: 'failed', reason }
  }
}

async function divert(context: RunContext, diversion: Diversion): Promise<Ending> {
  const { reason } = diversion
  const rollback = diversion.to === 'rollback' ? diversion : asRollback(diversion)
  const { live, performed, underWay, session } = context
  const isBegun = underWay !== null && session.written.has(intentKey(underWay.id, underWay.attempt))
  const somethingToTakeBack = live !== null || performed.length > 0 || isBegun
  if (diversion.to === 'abort' && !somethingToTakeBack) return { state: 'aborted', reason }
  const problems = await goBack(context, rollback)
  await concludeGuards(context)
  if (!rollback.skipValidation) problems.push(...(await lookAfterRollback(context)))
  if (problems.length > 0)
    return { state: 'failed', reason: `${reason}; not all of it is back: ${problems.join('; ')}` }
  return { state: diversion.to === 'abort' ? 'aborted' : 'rolled-back', reason }
}

function asRollback({ by, reason }: { by: string; reason: string }): Extract<Diversion, { to: 'rollback' }> {
  return { to: 'rollback', mode: 'automatic', by, reason, skipValidation: false, restoreData: false }
}

/**
 * The document's rollback verification. What is for people is left open: the run does not wait for them any more.
 * @returns what does not hold
 */
async function lookAfterRollback(context: RunContext): Promise<string[]> {
  const problems: string[] = []
  for (const phase of context.plan.checklist.phases.filter((candidate) => candidate.kind === 'rollback')) {
    const items = itemsOf(context.plan, phase)
    const looks = items.filter(isLook)
    await runChecks(context, looks)
    for (const { item } of looks) {
      const outcome = context.outcomes.get(item)
      if (outcome?.status === 'failed') problems.push(`${labelOf(context, item)}: ${outcome.summary}`)
    }
    for (const { item, binding } of items) {
      if (binding.type === 'poll') await conclude(context, item, unverified('for a person to do after the rollback'))
    }
    await concludeChildren(context, items)
  }
  return problems
}

async function end(context: RunContext, state: RunState, reason: string | null): Promise<void> {
  const { services, runId, durable } = context
  if (state === 'succeeded') {
    for (const phase of context.plan.checklist.phases.filter((candidate) => candidate.kind === 'rollback')) {
      for (const { item, binding } of itemsOf(context.plan, phase)) {
        if (binding.type !== 'guard' && binding.type !== 'record' && !context.outcomes.has(item))
          await conclude(context, item, skipped('nothing was rolled back'))
      }
    }
  }
  await stopPrograms(context)
  // What arrived when nothing could be done about it any more is on record all the same.
  context.isEnding = true
  await hearNow(context)
  const endedAt = await durable.now()
  await note(context, { key: 'run:ended', kind: 'run', item: null, body: { event: 'ended', state, reason } })
  await services.runs.update(runId, { state, reason, endedAt, position: state })
  services.emit({ type: 'run', state, reason })
}

/** Programs that the document started with `&` end with the run. */
async function stopPrograms(context: RunContext): Promise<void> {
  const problem = await context.durable.step('stop background programs', async () => {
    try {
      await stopBackgroundPrograms(runningBackgroundPrograms(context.session.directory))
      return null
    } catch (error) {
      return messageOf(error)
    }
  })
  if (problem === null) return
  const text = `programs that the release started may still run: ${problem}`
  await note(context, { key: 'note:programs', kind: 'note', item: null, body: { text } })
}
