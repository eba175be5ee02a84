// How long a stage is held: its time, less when the candidate is shown not to be worse, more when nothing is shown.
import { formatDuration } from '../lib/duration.ts'
import type { Statement } from '../plan/run-record.ts'
import type { Stage } from '../plan/stage.ts'
import { attentiveStep, listen } from './mailbox.ts'
import { note, type RunContext } from './run-context.ts'
import { paced } from './services.ts'
import type { Standing } from './standing.ts'

/**
 * Holds a stage for its time; a pause stops its clock, not its traffic. It ends early when the run hears that the stage under this key
 * need not be held any longer.
 * @returns who promoted it before its end, or null.
 */
export async function holdStage(context: RunContext, durationMs: number, key: string): Promise<string | null> {
  let endsAt = (await context.durable.now()) + durationMs
  for (let waitMs = durationMs; waitMs > 0; waitMs = endsAt - (await context.durable.now())) {
    const heard = await listen(context, waitMs)
    if (heard.type === 'timeout') return null
    if (heard.type === 'promote') return heard.by
    if (heard.type === 'advance' && heard.stage === key) return null
    if (heard.type === 'resume') endsAt += heard.pausedMs
  }
  return null
}

/** What is shown at the end of a stage, and whether the approver must be asked because too little is. */
export interface Settled {
  statements: Statement[]
  mustAsk: boolean
}

/**
 * Looks at what is shown of the candidate at the end of a stage, and holds the stage longer where the plan says so and nothing is.
 * With all the traffic there is nothing left to compare with, so the last stage only lasts.
 * @returns null where the plan leaves it to the guards.
 */
export async function settleVerdict(context: RunContext, stage: Stage, key: string): Promise<Settled | null> {
  const rule = context.plan.delivery?.verdict
  if (!rule || stage.weight === 0 || stage.weight === 100) return null
  let standing = await recordedStanding(context, `${key} verdict`)
  if (isOpen(standing) && rule.undecided === 'extend') {
    const longerMs = paced(rule.extendMsMax ?? stage.durationMs, context.pace)
    await tellOfExtension(context, stage, key, longerMs)
    context.session.tellWhenNotWorse(key)
    const promotedBy = await holdStage(context, longerMs, key)
    if (promotedBy !== null) context.promotedBy = promotedBy
    standing = await recordedStanding(context, `${key} verdict, after more time`)
  }
  return { statements: standing?.statements ?? [], mustAsk: isOpen(standing) && rule.undecided !== 'promote' }
}

function isOpen(standing: Standing | null): boolean {
  return standing?.judgement !== 'not-worse'
}

/** Recorded, because another process that comes to this point again may have seen more. */
async function recordedStanding(context: RunContext, name: string): Promise<Standing | null> {
  const { standing } = await attentiveStep(context, name, async () => ({ standing: context.session.standing() }))
  return standing
}

async function tellOfExtension(context: RunContext, stage: Stage, key: string, longerMs: number): Promise<void> {
  const text = `stage ${stage.name}: nothing is shown yet, held for up to ${formatDuration(longerMs)} more`
  await note(context, { key: `${key}:extended`, kind: 'note', item: null, body: { text } })
  const { candidate = '' } = context.plan.delivery ?? {}
  const position = `${stage.name}: ${stage.weight} % to ${candidate}, longer because nothing is shown`
  await context.services.runs.update(context.runId, { position })
}
