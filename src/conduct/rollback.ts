// The way back: traffic first, then processes, then what actions changed, then data.
import { join } from 'node:path'
import { exec } from '../lib/exec.ts'
import { messageOf } from '../lib/errors.ts'
import { pause } from '../lib/deadline.ts'
import { formatDuration } from '../lib/duration.ts'
import { canonicalJson } from '../lib/hash.ts'
import type { RollbackBody } from '../plan/run-record.ts'
import { SCRIPT, disarmCapsule } from './capsule.ts'
import type { Diversion } from './diversion.ts'
import { listen } from './mailbox.ts'
import { settleInterrupted, undoAction } from './perform-action.ts'
import { labelOf, note, type RunContext } from './run-context.ts'
import { paced } from './services.ts'
import type { PerformedAction } from './way-back.ts'
import { capacityInWords, isGone } from './delivery/capacity.ts'
import { progressOf, progressOfTable, showWayBack, stableTable, tableAt, type LiveDelivery } from './stand.ts'

type Rollback = Extract<Diversion, { to: 'rollback' }>

/** Takes the release back. @returns problems that a person has to look at; empty when everything is as before. */
export async function goBack(context: RunContext, rollback: Rollback): Promise<string[]> {
  const { services, session, durable } = context
  context.isEnding = true
  await services.runs.update(context.runId, { state: 'running', position: 'rolling back', reason: rollback.reason })
  const log = await openLog(context, rollback)
  // Guards stay on while traffic goes back step by step.
  if (context.live && rollback.mode === 'gradual') await stepDown(context, context.live)
  session.calm()
  const trafficIsBack = !context.live || (await takeBackDelivery(context, context.live, log))
  await settleInterrupted(context)
  // In reverse order of how it came about, of which the backup is a part.
  const newestFirst = context.performed.toReversed()
  const isBackedUp = ({ item }: PerformedAction): boolean => rollback.restoreData && context.backedUp.has(item)
  log.problems.push(
    ...(await undoActions(
      context,
      newestFirst.filter((action) => !isBackedUp(action)),
    )),
  )
  if (rollback.restoreData) await log.part('data', () => restoreData(context, rollback.skipValidation))
  log.problems.push(...(await undoActions(context, newestFirst.filter(isBackedUp))))
  session.setLive(null)
  if (trafficIsBack) {
    const problem = await durable.step('disarm', async () => disarm(session.capsule))
    if (problem !== null) log.problems.push(`the watchdog could not be called off: ${problem}`)
  }
  context.live = null
  context.performed.length = 0
  const { problems } = log
  await showWayBack(context, {
    possible: problems.length === 0,
    estimateMs: 0,
    how: problems.join('; ') || NOTHING_LEFT,
  })
  const took = formatDuration((await durable.now()) - log.startedAt)
  await log.tell('finished', problems.join('; ') || `back after ${took}`, problems.length === 0)
  return problems
}

const NOTHING_LEFT = 'the release was taken back: nothing of it is left'

interface RollbackLog {
  startedAt: number
  problems: string[]
  tell(event: RollbackBody['event'], detail: string, ok?: boolean): Promise<void>
  /** Does one part as a step of its own; what goes wrong is a problem, and the parts after it are tried all the same. */
  part(name: RollbackBody['event'], work: () => Promise<string>): Promise<boolean>
}

async function openLog(context: RunContext, { mode, reason }: Rollback): Promise<RollbackLog> {
  const { services, durable } = context
  const startedAt = await durable.now()
  const problems: string[] = []
  const tell = async (event: RollbackBody['event'], detail: string, ok = true): Promise<void> => {
    const durationMs = event === 'started' ? null : (await durable.now()) - startedAt
    const body: RollbackBody = { event, mode, reason, durationMs, detail, ok }
    await note(context, { key: `rollback:${event}`, kind: 'rollback', item: null, body: { ...body } })
    services.emit({ type: 'rollback', event, detail, durationMs })
  }
  const part = async (name: RollbackBody['event'], work: () => Promise<string>): Promise<boolean> => {
    const result = await durable.step(`rollback ${name}`, async () => {
      try {
        return { detail: await work(), ok: true }
      } catch (error) {
        return { detail: messageOf(error), ok: false }
      }
    })
    if (!result.ok) problems.push(`${name}: ${result.detail}`)
    await tell(name, result.detail, result.ok)
    return result.ok
  }
  await tell('started', reason)
  return { startedAt, problems, tell, part }
}

/** Traffic, then processes. A candidate that may still get requests is not stopped. @returns whether traffic is back. */
async function takeBackDelivery(context: RunContext, live: LiveDelivery, log: RollbackLog): Promise<boolean> {
  const { delivery } = context.services
  if (!delivery) return true
  const isBack = await log.part('traffic', async () => {
    const ready = await seeCapacity(context, live)
    await insist(() => delivery.router.set(stableTable(live)))
    return `all traffic to ${live.stable}${ready}`
  })
  if (!isBack) {
    log.problems.push(`${live.candidate} is left running: the router may still send it requests`)
    return false
  }
  await log.part('processes', async () => {
    await seeStableUp(context, live)
    await delivery.router.drain(live.candidate, DRAIN_MS_MAX)
    await delivery.target.retire(live.candidate, AbortSignal.timeout(RETIRE_MS_MAX))
    return `${live.candidate} is stopped`
  })
  return true
}

/**
 * Looks whether the old version can take requests before it gets them all; where nothing of it is there it is started first. One that is
 * only short of instances gets its traffic at once: the rest of it comes right after. @returns what was seen, in words.
 */
async function seeCapacity({ services }: RunContext, { stable }: LiveDelivery): Promise<string> {
  const { target } = services.delivery ?? {}
  if (!target) return ''
  // Who cannot be asked is no reason to leave traffic where it is.
  const seen = await target.ready(stable).catch(() => null)
  if (!seen) return ''
  if (!isGone(seen)) return ` (${capacityInWords(seen)})`
  await target.prepare(stable, AbortSignal.timeout(STABLE_UP_MS_MAX))
  return ', which had to be started first'
}

/** After a crash of the machine nothing of the old version may run any more, or it listens elsewhere. */
async function seeStableUp({ services }: RunContext, live: LiveDelivery): Promise<void> {
  const { delivery } = services
  if (!delivery) return
  const backends = await delivery.target.prepare(live.stable, AbortSignal.timeout(STABLE_UP_MS_MAX))
  const table = { ...stableTable(live), backends }
  if (canonicalJson(table) !== canonicalJson(stableTable(live))) await delivery.router.set(table)
}

/** A router that does not answer at once may be starting. @throws what it said last */
async function insist(work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (tries === TRIES_MAX) throw error
      await pause(TRY_AGAIN_MS)
    }
  }
}

function disarm(capsule: string): string | null {
  try {
    disarmCapsule(capsule)
    return null
  } catch (error) {
    return messageOf(error)
  }
}

const TRIES_MAX = 4
const TRY_AGAIN_MS = 500
const DRAIN_MS_MAX = 10_000
const RETIRE_MS_MAX = 60_000
const STABLE_UP_MS_MAX = 60_000

/** Gradual: the stages in reverse, each held for a moment, until somebody or something wants it to be quick. */
async function stepDown(context: RunContext, live: LiveDelivery): Promise<void> {
  const { services, session, plan, durable } = context
  const { delivery } = services
  if (!delivery || !plan.delivery) return
  const now = await durable.step('rollback read table', () =>
    delivery.router.current().then(
      (table) => (table ? progressOfTable(table, live.candidate) : 0),
      () => 0,
    ),
  )
  const { services: delivered, stages } = plan.delivery
  const whole = await atFullStrength(context, live)
  if (!whole) return
  const earlier = stages.filter((stage) => stage.weight > 0 && progressOf(stage, delivered) < now)
  for (const stage of earlier.toReversed()) {
    const { weight } = stage
    const done = await durable.step(`rollback to ${stage.name}`, () =>
      session.moveTraffic(tableAt(whole, stage, delivered)).then(
        () => true,
        () => false,
      ),
    )
    if (!done) return
    services.emit({ type: 'rollback', event: 'traffic', detail: `${weight} % to ${live.candidate}`, durationMs: null })
    if (await isHurried(context, paced(GRADUAL_STEP_MS, context.pace))) return
  }
}

/** Before requests come back step by step, whoever has made way does. Null: they did not come up, so there is no time for steps. */
async function atFullStrength({ services, durable }: RunContext, live: LiveDelivery): Promise<LiveDelivery | null> {
  const { target } = services.delivery ?? {}
  if (!target || live.resting.length === 0) return live
  const isUp = await durable.step('rollback full strength', () =>
    target.prepare(live.stable, AbortSignal.timeout(STABLE_UP_MS_MAX)).then(
      () => true,
      () => false,
    ),
  )
  return isUp ? { ...live, resting: [] } : null
}

/** Holds one step of the way down. @returns whether somebody does not want to wait for the rest. */
async function isHurried(context: RunContext, holdMs: number): Promise<boolean> {
  const endsAt = (await context.durable.now()) + holdMs
  for (let waitMs = holdMs; waitMs > 0; waitMs = endsAt - (await context.durable.now())) {
    const { type } = await listen(context, waitMs)
    if (type === 'hurry') return true
    if (type === 'timeout') return false
  }
  return false
}

/** How long each step of a gradual rollback is held. */
const GRADUAL_STEP_MS = 30_000

/** Undoes what actions changed. One-way actions are named, not hidden. */
async function undoActions(context: RunContext, newestFirst: readonly PerformedAction[]): Promise<string[]> {
  const problems: string[] = []
  for (const action of newestFirst) {
    const binding = context.plan.items.find((planned) => planned.item === action.item)?.binding
    if (action.reversibility === 'one-way' || binding?.type !== 'action') {
      problems.push(`${action.title} is one-way and was not taken back`)
      continue
    }
    const body = await undoAction(context, action.item, binding)
    if (body.status !== 'passed') problems.push(`${labelOf(context, action.item)} was not undone: ${body.summary}`)
  }
  return problems
}

/** Puts the plan's backup back by the capsule's own script, so that this way is the one that works in an emergency too. */
async function restoreData(context: RunContext, skipValidation: boolean): Promise<string> {
  const { restore, services } = context
  if (!restore) throw new Error('no backup of this run can be restored')
  const backup = services.backups[restore.backup]
  if (!backup) throw new Error(`no backup "${restore.backup}"`)
  const preview = skipValidation
    ? null
    : await backup.preview(restore.manifest).catch((error: unknown) => ({ summary: messageOf(error) }))
  const { capsule } = context.session
  const result = await exec('sh', [join(capsule, SCRIPT), 'data'], { timeoutMs: RESTORE_MS_MAX })
  if (result.exitCode !== 0) throw new Error(`rollback.sh data: ${result.stderr.trim() || `exit ${result.exitCode}`}`)
  return `${restore.manifest.file} is back${preview ? `; ${preview.summary}` : ''}`
}

const RESTORE_MS_MAX = 600_000
