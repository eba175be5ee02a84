// The run, readable top-down: phases in order, a gate behind each; then the hand-over; or, from anywhere, the way back.
import { runningBackgroundPrograms, stopBackgroundPrograms } from '../actions/background.ts'
import { messageOf } from '../lib/errors.ts'
import { skipped, unverified } from '../plan/outcome.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import type { LedgerEntry, RunState } from '../plan/run-record.ts'
import { announceCapsule } from './capsule-news.ts'
import { disarmCapsule } from './capsule.ts'
import { conclude, concludeChildren, concludeGuards } from './conclude.ts'
import { Diverted, type Diversion } from './diversion.ts'
import { attentiveStep } from './mailbox.ts'
import { conductPhase, isLook } from './phase.ts'
import type { Durable } from './ports.ts'
import { runChecks } from './readiness.ts'
import { goBack } from './rollback.ts'
import { itemsOf, note, type RunContext } from './run-context.ts'
import type { Services } from './services.ts'
import { startSession } from './session.ts'
import { refreshWayBack } from './stand.ts'

/** Phases that a release goes through when nothing goes wrong; the others are for reading, or for the way back. */
const FORWARD = new Set(['readiness', 'execute', 'verify', 'watch', 'success', 'sign-off', 'report', 'notes'])

/** Conducts one run from wherever it stands to its end. Called by the durable engine, again after each crash. */
export async function conduct(runId: string, durable: Durable, services: Services): Promise<void> {
  const context = await openRun(runId, durable, services)
  try {
    await begin(context)
    const ending = await follow(context)
    await end(context, ending.state, ending.reason)
  } finally {
    await context.session.stop()
  }
}

async function openRun(runId: string, durable: Durable, services: Services): Promise<RunContext> {
  const [record, planText, entries] = await Promise.all([
    services.runs.get(runId),
    services.runs.plan(runId),
    services.ledger.entries(runId),
  ])
  if (!record || !planText) throw new Error(`there is no run ${runId}`)
  const plan = JSON.parse(planText) as ReleasePlan
  const stable = stableOf(entries)
  const session = await startSession({ runId, plan, services, stable, entries })
  await announceCapsule(runId, session.capsule, services)
  return {
    runId,
    plan,
    pace: record.pace,
    durable,
    services,
    session,
    outcomes: new Map(),
    answers: new Map(),
    waived: new Set(),
    attempts: new Map(),
    delivered: new Set(),
    performed: [],
    wayBack: record.wayBack,
    stable,
    live: null,
    restore: null,
  }
}

/** Which version had the traffic when the run was created: written down then, for the world changes under a run. */
function stableOf(entries: readonly LedgerEntry[]): string {
  return String(entries.find((entry) => entry.key === 'run:created')?.body.stable ?? '')
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

/** The planned path, or where a message diverts it to. */
async function follow(context: RunContext): Promise<{ state: RunState; reason: string | null }> {
  try {
    const clock = { startedAt: null as number | null }
    for (const phase of context.plan.checklist.phases) {
      if (FORWARD.has(phase.kind)) await conductPhase(context, phase, clock)
    }
    await finishDelivery(context)
    return { state: 'succeeded', reason: null }
  } catch (error) {
    if (!(error instanceof Diverted)) throw error
    return divert(context, error.diversion)
  }
}

/** The candidate is the stable version from here on; the old one is drained and stopped. */
async function finishDelivery(context: RunContext): Promise<void> {
  const { live, services } = context
  const { delivery } = services
  await concludeGuards(context)
  if (!live || !delivery) return
  const problem = await attentiveStep(context, 'finish delivery', async () => {
    const backends = live.table.backends.filter((backend) => backend.version === live.candidate)
    await delivery.router.set({ weights: { [live.candidate]: 100 }, backends, stable: live.candidate })
    disarmCapsule(context.session.capsule)
    delivery.remember(live.candidate)
    try {
      await delivery.router.drain(live.stable, 10_000)
      await delivery.target.retire(live.stable, AbortSignal.timeout(60_000))
      return null
    } catch (error) {
      return messageOf(error)
    }
  })
  context.session.setLive(null)
  context.live = null
  context.performed.length = 0
  if (problem)
    await note(context, {
      key: 'note:retire',
      kind: 'note',
      item: null,
      body: { text: `the old version was not stopped: ${problem}` },
    })
  context.wayBack = {
    possible: false,
    estimateMs: null,
    how: `the release is over: ${live.candidate} is stable; release ${live.stable} to go back`,
  }
  await services.runs.update(context.runId, { wayBack: context.wayBack })
}

async function divert(context: RunContext, diversion: Diversion): Promise<{ state: RunState; reason: string }> {
  const { reason } = diversion
  const rollback = diversion.to === 'rollback' ? diversion : abortAsRollback(diversion)
  const somethingToTakeBack = context.live !== null || context.performed.length > 0
  if (diversion.to === 'abort' && !somethingToTakeBack) return { state: 'aborted', reason }
  const problems = await goBack(context, rollback)
  await concludeGuards(context)
  await lookAfterRollback(context)
  if (problems.length > 0)
    return { state: 'failed', reason: `${reason}; not all of it is back: ${problems.join('; ')}` }
  return { state: diversion.to === 'abort' ? 'aborted' : 'rolled-back', reason }
}

function abortAsRollback(diversion: Extract<Diversion, { to: 'abort' }>): Extract<Diversion, { to: 'rollback' }> {
  return {
    to: 'rollback',
    mode: 'automatic',
    by: diversion.by,
    reason: diversion.reason,
    skipValidation: false,
    restoreData: false,
  }
}

/** The document's rollback verification. What is for people is left open: the run does not wait for them any more. */
async function lookAfterRollback(context: RunContext): Promise<void> {
  for (const phase of context.plan.checklist.phases.filter((candidate) => candidate.kind === 'rollback')) {
    const items = itemsOf(context.plan, phase)
    await runChecks(context, items.filter(isLook))
    for (const { item, binding } of items) {
      if (binding.type === 'poll') await conclude(context, item, unverified('for a person to do after the rollback'))
    }
    await concludeChildren(context, items)
  }
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
  await durable.step('stop background programs', () =>
    stopBackgroundPrograms(runningBackgroundPrograms(context.session.directory)),
  )
  const endedAt = await durable.now()
  await note(context, { key: 'run:ended', kind: 'run', item: null, body: { event: 'ended', state, reason } })
  await services.runs.update(runId, { state, reason, endedAt, position: state })
  services.emit({ type: 'run', state, reason })
}
