// One phase: its items in order, checks side by side, everything before an action settled first, a gate at the end.
import type { Phase } from '../plan/plan.ts'
import type { PlannedItem } from '../plan/release-plan.ts'
import { concludeChildren } from './conclude.ts'
import { settle, verdictOver } from './gate.ts'
import { hearNow, listen } from './mailbox.ts'
import { performAction } from './perform-action.ts'
import { performBackup } from './perform-backup.ts'
import { runChecks } from './readiness.ts'
import { performRollout } from './rollout.ts'
import { itemsOf, note, type RunContext } from './run-context.ts'
import { paced } from './services.ts'

/** Phases before the release run as they come; those after it wait for their time. */
export async function conductPhase(
  context: RunContext,
  phase: Phase,
  clock: { startedAt: number | null },
): Promise<void> {
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

/** Looks and judges, so that it may run beside others. */
export function isLook({ binding }: PlannedItem): boolean {
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
  // Also a rehearsal has to see something: three looks at least.
  const heldMs = Math.max(paced(forMs, context.pace), Math.min(forMs, LOOKS_MIN * context.plan.samplingMs))
  let endsAt = (await context.durable.now()) + heldMs
  for (let waitMs = heldMs; waitMs > 0; waitMs = endsAt - (await context.durable.now())) {
    const heard = await listen(context, waitMs)
    if (heard.type === 'timeout') return
    if (heard.type === 'resume' || heard.type === 'promote') endsAt += heard.pausedMs
  }
}

const LOOKS_MIN = 3
