// The run, readable top-down: phases in order, a gate behind each; then the hand-over; or, from anywhere, the way back.
import { runningBackgroundPrograms, stopBackgroundPrograms } from '../actions/background.ts'
import { messageOf } from '../lib/errors.ts'
import type { Phase } from '../plan/plan.ts'
import { failed, passed, skipped, unverified, worstStatus, type Outcome } from '../plan/outcome.ts'
import type { PlannedItem, ReleasePlan } from '../plan/release-plan.ts'
import type { LedgerEntry, RunState } from '../plan/run-record.ts'
import { announceCapsule } from './capsule-news.ts'
import { disarmCapsule } from './capsule.ts'
import { Diverted, type Diversion } from './diversion.ts'
import { settle, verdictOver } from './gate.ts'
import { attentiveStep, hearNow, listen } from './mailbox.ts'
import { performAction } from './perform-action.ts'
import { performBackup } from './perform-backup.ts'
import type { Durable } from './ports.ts'
import { runChecks } from './readiness.ts'
import { goBack } from './rollback.ts'
import { performRollout } from './rollout.ts'
import { itemsOf, nextAttempt, note, recordOutcome, type RunContext } from './run-context.ts'
import { paced, type Services } from './services.ts'
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

/** Phases before the release run as they come; those after it wait for their time. */
async function conductPhase(context: RunContext, phase: Phase, clock: { startedAt: number | null }): Promise<void> {
  const items = itemsOf(context.plan, phase)
  if (items.length === 0) return
  if (phase.kind === 'execute') clock.startedAt ??= await context.durable.now()
  await awaitAnchor(context, phase, clock.startedAt)
  await hearNow(context)
  const { services, runId } = context
  await note(context, {
    key: `phase:${phase.id}:started`,
    kind: 'phase',
    item: null,
    body: { event: 'started', phase: phase.id, verdict: null },
  })
  await services.runs.update(runId, { position: phase.title })
  services.emit({ type: 'phase', title: phase.title, event: 'started' })
  await work(context, items)
  await concludeChildren(context, items)
  const verdict = verdictOver(context, items)
  await note(context, {
    key: `phase:${phase.id}:ended`,
    kind: 'phase',
    item: null,
    body: { event: 'ended', phase: phase.id, verdict },
  })
  services.emit({ type: 'phase', title: phase.title, event: 'ended' })
}

async function awaitAnchor(context: RunContext, phase: Phase, startedAt: number | null): Promise<void> {
  if (startedAt === null || !phase.anchor || phase.anchor.fromMs <= 0) return
  const dueAt = startedAt + paced(phase.anchor.fromMs, context.pace)
  for (;;) {
    const waitMs = dueAt - (await context.durable.now())
    if (waitMs <= 0) return
    context.services.emit({ type: 'phase', title: phase.title, event: 'started', waitMs })
    await context.services.runs.update(context.runId, {
      state: 'waiting',
      position: `${phase.title}: ${phase.anchor.text}`,
    })
    if ((await listen(context, waitMs)).type === 'timeout') return
  }
}

/** Items in order: checks that stand together run together; everything before an action is settled first. */
async function work(context: RunContext, items: readonly PlannedItem[]): Promise<void> {
  let checks: PlannedItem[] = []
  const before: PlannedItem[] = []
  const flush = async (): Promise<void> => {
    await runChecks(context, checks)
    before.push(...checks)
    checks = []
  }
  const retry = (bad: readonly PlannedItem[]): Promise<void> => workOnce(context, bad)
  for (const planned of items) {
    if (isLook(planned)) {
      if (planned.binding.type === 'watch') await holdWatch(context, planned)
      checks.push(planned)
      continue
    }
    if (!isDeed(planned)) {
      before.push(planned)
      continue
    }
    await flush()
    await settle(context, before, retry)
    await workOnce(context, [planned])
    before.push(planned)
    await settle(context, [planned], retry)
  }
  await flush()
  await settle(context, before, retry)
}

async function workOnce(context: RunContext, items: readonly PlannedItem[]): Promise<void> {
  await runChecks(context, items.filter(isLook))
  for (const { item, binding } of items) {
    if (binding.type === 'action') await performAction(context, item, binding)
    else if (binding.type === 'backup') await performBackup(context, item, binding.backup)
    else if (binding.type === 'rollout') await performRollout(context, item, binding.stage)
  }
}

function isLook({ binding }: PlannedItem): boolean {
  return binding.type === 'check' || binding.type === 'watch' || binding.type === 'skip' || binding.type === 'unbound'
}

function isDeed({ binding }: PlannedItem): boolean {
  return binding.type === 'action' || binding.type === 'backup' || binding.type === 'rollout'
}

/** A watch with a length is held for it; guards stay on meanwhile. */
async function holdWatch(context: RunContext, { binding }: PlannedItem): Promise<void> {
  if (binding.type !== 'watch') return
  const forMs = Math.max(0, ...binding.watches.map((watch) => watch.forMs))
  if (forMs === 0) return
  const endsAt = (await context.durable.now()) + paced(forMs, context.pace)
  for (let waitMs = paced(forMs, context.pace); waitMs > 0; waitMs = endsAt - (await context.durable.now())) {
    if ((await listen(context, waitMs)).type === 'timeout') return
  }
}

/** A parent is the conjunction of its children, innermost first. */
async function concludeChildren(context: RunContext, items: readonly PlannedItem[]): Promise<void> {
  const { checklist } = context.plan
  for (const { item, binding } of items.toReversed()) {
    if (binding.type !== 'children') continue
    const children = checklist.items.filter(
      (candidate) => candidate.parent === item && candidate.kind !== 'record' && candidate.kind !== 'reference',
    )
    const statuses = children.map((child) =>
      context.waived.has(child.id) ? 'passed' : (context.outcomes.get(child.id)?.status ?? 'unverified'),
    )
    const good = statuses.filter((status) => status === 'passed' || status === 'skipped').length
    const outcome: Outcome = {
      ...passed(`${good} of ${statuses.length} under it are green`),
      status: statuses.length === 0 ? 'passed' : worstStatus(statuses),
    }
    await conclude(context, item, outcome)
  }
}

async function conclude(context: RunContext, item: string, outcome: Outcome): Promise<void> {
  const now = await context.durable.now()
  context.outcomes.set(item, await recordOutcome(context, item, nextAttempt(context, item), outcome, now))
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

/** Each trigger of the document: did it happen? */
async function concludeGuards(context: RunContext): Promise<void> {
  for (const { item, binding } of context.plan.items) {
    if (binding.type !== 'guard' || context.outcomes.has(item)) continue
    const outcome = await attentiveStep(context, `guard outcome ${item}`, async () => {
      const seen = context.session.samplesSince(0)
      const tripped = binding.rules.find((rule) => context.session.tripped(rule.id))
      if (tripped) return failed(`happened: ${context.session.tripped(tripped.id)}`)
      const blind = binding.rules.filter(
        (rule) => !seen.some((sample) => sample.signal === rule.signal && sample.value !== null),
      )
      if (blind.length > 0) return unverified(`no sample of ${blind.map((rule) => rule.signal).join(', ')}`)
      return passed('did not happen')
    })
    await conclude(context, item, outcome)
  }
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
