// The way back: traffic first, then processes, then what actions changed, then data.
import { join } from 'node:path'
import { exec } from '../lib/exec.ts'
import { messageOf } from '../lib/errors.ts'
import { formatDuration } from '../lib/duration.ts'
import type { RollbackBody } from '../plan/run-record.ts'
import { SCRIPT, disarmCapsule } from './capsule.ts'
import type { Diversion } from './diversion.ts'
import { undoAction } from './perform-action.ts'
import { labelOf, note, type RunContext } from './run-context.ts'
import { paced } from './services.ts'
import { refreshWayBack, stableTable, tableWith } from './stand.ts'

type Rollback = Extract<Diversion, { to: 'rollback' }>

/** Takes the release back. @returns problems that a person has to look at; empty when everything is as before. */
export async function goBack(context: RunContext, rollback: Rollback): Promise<string[]> {
  const { services, durable } = context
  context.session.calm()
  const startedAt = await durable.now()
  const problems: string[] = []
  const tell = async (event: RollbackBody['event'], detail: string, ok = true): Promise<void> => {
    const durationMs = event === 'started' ? null : (await durable.now()) - startedAt
    const body: RollbackBody = { event, mode: rollback.mode, reason: rollback.reason, durationMs, detail, ok }
    await note(context, { key: `rollback:${event}`, kind: 'rollback', item: null, body: { ...body } })
    services.emit({ type: 'rollback', event, detail, durationMs })
  }
  const part = async (name: RollbackBody['event'], work: () => Promise<string>): Promise<void> => {
    const result = await durable.step(`rollback ${name}`, async () => {
      try {
        return { detail: await work(), ok: true }
      } catch (error) {
        return { detail: messageOf(error), ok: false }
      }
    })
    if (!result.ok) problems.push(`${name}: ${result.detail}`)
    await tell(name, result.detail, result.ok)
  }

  await services.runs.update(context.runId, { state: 'running', position: 'rolling back', reason: rollback.reason })
  await tell('started', rollback.reason)
  const { live } = context
  const { delivery } = services
  if (live && delivery) {
    if (rollback.mode === 'gradual') await stepDown(context)
    await part('traffic', async () => {
      await delivery.router.set(stableTable(live))
      return `all traffic to ${live.stable}`
    })
    await part('processes', async () => {
      await delivery.router.drain(live.candidate, DRAIN_MS_MAX)
      await delivery.target.retire(live.candidate, AbortSignal.timeout(RETIRE_MS_MAX))
      return `${live.candidate} is stopped`
    })
  }
  problems.push(...(await undoActions(context)))
  if (rollback.restoreData) await part('data', () => restoreData(context, rollback.skipValidation))
  disarmCapsule(context.session.capsule)
  context.session.setLive(null)
  context.live = null
  context.performed.length = 0
  await refreshWayBack(context)
  const allBack = problems.length === 0
  await tell(
    'finished',
    allBack ? `back after ${formatDuration((await durable.now()) - startedAt)}` : problems.join('; '),
    allBack,
  )
  return problems
}

const DRAIN_MS_MAX = 10_000
const RETIRE_MS_MAX = 60_000

/** Gradual: the stages in reverse, each held for a moment, before the last of the traffic goes back. */
async function stepDown(context: RunContext): Promise<void> {
  const { live, services, plan, durable } = context
  if (!live || !services.delivery || !plan.delivery) return
  const table = await durable.step(
    'rollback read table',
    async () => (await services.delivery?.router.current()) ?? null,
  )
  const now = table?.weights[live.candidate] ?? 0
  const weights = plan.delivery.stages.map((stage) => stage.weight).filter((weight) => weight > 0 && weight < now)
  for (const weight of weights.toReversed()) {
    await durable.step(
      `rollback to ${weight}`,
      () => services.delivery?.router.set(tableWith(live, weight)) ?? Promise.resolve(),
    )
    services.emit({ type: 'rollback', event: 'traffic', detail: `${weight} % to ${live.candidate}`, durationMs: null })
    await durable.receive(paced(GRADUAL_STEP_MS, context.pace))
  }
}

/** How long each step of a gradual rollback is held. */
const GRADUAL_STEP_MS = 30_000

/** Undoes what actions changed, newest first. One-way actions are named, not hidden. */
async function undoActions(context: RunContext): Promise<string[]> {
  const problems: string[] = []
  for (const action of context.performed.toReversed()) {
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
