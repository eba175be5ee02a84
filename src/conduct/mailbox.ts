// What people and guards say to a run, heard between two steps of it. Who may say what: a stage is promoted or accepted by its approver, an
// item is waived by anybody of the plan's people; everybody may stop, resume or take back, for that is never the dangerous direction:
// resuming tries again and passes no gate.
import type { AnswerBody } from '../plan/run-record.ts'
import { Diverted, Interrupted } from './diversion.ts'
import { mayAnswer } from './people.ts'
import type { RunMessage } from './ports.ts'
import { labelOf, note, type RunContext } from './run-context.ts'
import { statementText } from './standing.ts'

/** What a wait ended with: time is up, or a message that the caller may care about. */
export type Heard =
  | { type: 'timeout' }
  | { type: 'promote'; by: string; pausedMs: number }
  | { type: 'resume'; by: string; pausedMs: number }
  /** An approver takes a stage as it is: the delivery may go on with the next. */
  | { type: 'accepted'; item: string }
  /** The stage under this key need not be held any longer: the candidate is shown not to be worse. */
  | { type: 'advance'; stage: string }
  /** On the way back: somebody wants it to be quick. */
  | { type: 'hurry' }
  | { type: 'news' }

/** Hears everything that has arrived, without waiting. */
export async function hearNow(context: RunContext): Promise<void> {
  while ((await listen(context, 0)).type !== 'timeout');
}

type StepResult<T> = { interrupted: true } | { interrupted: false; value: T }

/**
 * A durable step that does not start while somebody wants to be heard: a pause or a rollback comes between two actions, not after them all.
 * Whether it was interrupted is part of the recorded result, so replay takes the same path.
 */
export async function attentiveStep<T>(context: RunContext, name: string, work: () => Promise<T>): Promise<T> {
  if (context.isEnding) return context.durable.step(name, work)
  for (let round = 1; ; round++) {
    const result = await context.durable.step<StepResult<T>>(round === 1 ? name : `${name} ~${round}`, () =>
      unlessInterrupted(context, work),
    )
    if (!result.interrupted) return result.value
    const heard = await listen(context, 1000)
    if (heard.type === 'promote') context.promotedBy = heard.by
  }
}

async function unlessInterrupted<T>(context: RunContext, work: () => Promise<T>): Promise<StepResult<T>> {
  if (context.session.interruption() !== null || (await context.services.hasMail())) return { interrupted: true }
  try {
    return { interrupted: false, value: await work() }
  } catch (error) {
    if (error instanceof Interrupted) return { interrupted: true }
    throw error
  }
}

/** Before anybody is waited for. @throws Diverted where this process may not wait; recorded, for the next process may. */
export async function insistOnWaiting(context: RunContext, what: string): Promise<void> {
  const mayWait = await context.durable.step('may wait', async () => !context.services.noWait)
  if (!mayWait) throw new Diverted({ to: 'abort', by: 'gate', reason: `NO-GO: ${what}` })
}

/**
 * Waits for the next message or the time-out. Answers, waivers and fills are taken into the context; a pause is waited out here.
 * @throws Diverted when the run is to go back or to be aborted.
 */
export async function listen(context: RunContext, timeoutMs: number): Promise<Heard> {
  const message = await context.durable.receive(timeoutMs)
  if (!message) return { type: 'timeout' }
  return take(context, message)
}

async function take(context: RunContext, message: RunMessage): Promise<Heard> {
  const key = `message:${message.id}`
  switch (message.type) {
    case 'answer':
    case 'fill':
      return takeAnswer(context, message, key)
    case 'waive':
      return takeWaiver(context, message, key)
    case 'guard':
      return takeGuard(context, message, key)
    case 'promote': {
      const { delivery, people } = context.plan
      const allowed = delivery !== null && mayAnswer(people, delivery.approver, message.by)
      const refused = allowed ? null : `refused: ${message.by} is not ${delivery?.approver ?? 'an approver'}`
      await noteControl(context, key, message.by, 'promote', refused)
      return allowed ? { type: 'promote', by: message.by, pausedMs: 0 } : { type: 'news' }
    }
    case 'advance':
      return takeAdvance(context, message, key)
    case 'resume':
      await noteControl(context, key, message.by, 'resume', null)
      return { type: 'resume', by: message.by, pausedMs: 0 }
    case 'pause':
      if (!context.isEnding) return takePause(context, message.by, message.reason, key)
      await noteControl(context, key, message.by, 'pause', `too late: ${message.reason}`)
      return { type: 'news' }
    case 'abort': {
      const { by, reason } = message
      await noteControl(context, key, by, 'abort', reason)
      if (context.isEnding) return { type: 'news' }
      throw new Diverted({ to: 'abort', by, reason })
    }
    case 'rollback': {
      const { by, mode, reason, skipValidation, restoreData } = message
      await noteControl(context, key, by, `rollback ${mode}`, reason)
      if (context.isEnding) return { type: mode === 'gradual' ? 'news' : 'hurry' }
      throw new Diverted({ to: 'rollback', by, mode, reason, skipValidation, restoreData })
    }
  }
}

async function noteControl(context: RunContext, key: string, by: string, command: string, reason: string | null) {
  await note(context, { key, kind: 'control', item: null, body: { by, command, reason } })
}

async function takeAnswer(
  context: RunContext,
  message: Extract<RunMessage, { type: 'answer' | 'fill' }>,
  key: string,
): Promise<Heard> {
  const { by, item } = message
  const { redactor } = context.services
  const clean = (text: string): string => redactor.redact(text)
  const values = Object.fromEntries(Object.entries(message.values).map(([name, value]) => [name, clean(value)]))
  const reason = message.type === 'fill' || message.reason === null ? null : clean(message.reason)
  const answer = message.type === 'fill' ? 'fill' : message.answer
  const body: AnswerBody = { by, role: roleOf(context, item, by), answer, reason, values }
  await note(context, { key, kind: 'answer', item, body: { ...body } })
  context.answers.set(item, [...(context.answers.get(item) ?? []), body])
  return { type: 'news' }
}

async function takeAdvance(
  context: RunContext,
  { stage, standing }: Extract<RunMessage, { type: 'advance' }>,
  key: string,
): Promise<Heard> {
  const text = standing.map(statementText).join('; ')
  await note(context, { key, kind: 'note', item: null, body: { text, standing } })
  return { type: 'advance', stage }
}

/** A waived item counts as done. A stage that was not green cannot count as never having been: it is accepted, and the next one follows. */
async function takeWaiver(
  context: RunContext,
  { by, item, reason }: Extract<RunMessage, { type: 'waive' }>,
  key: string,
): Promise<Heard> {
  const { plan, services } = context
  const binding = plan.items.find((planned) => planned.item === item)?.binding
  const isDelivery = binding?.type === 'rollout'
  const allowed = isDelivery
    ? mayAnswer(plan.people, plan.delivery?.approver ?? '', by)
    : Object.values(plan.people).some((people) => people.includes(by))
  if (!allowed) {
    await noteControl(context, key, by, 'waive', `refused: ${by} may not waive ${item}: ${reason}`)
    return { type: 'news' }
  }
  await note(context, { key, kind: 'waiver', item, body: { by, reason } })
  const summary = `waived by ${by}: ${reason}`
  services.emit({ type: 'item', item, text: labelOf(context, item), status: 'waived', summary })
  if (!isDelivery) {
    context.waived.add(item)
    return { type: 'news' }
  }
  const stage = context.refusedStages.get(item)
  if (stage === undefined) return { type: 'news' }
  context.refusedStages.delete(item)
  context.delivered.add(stage)
  return { type: 'accepted', item }
}

async function takeGuard(
  context: RunContext,
  message: Extract<RunMessage, { type: 'guard' }>,
  key: string,
): Promise<Heard> {
  const { rule, severity, reason, sample, restoreData } = message
  await note(context, { key, kind: 'guard', item: null, body: { rule, severity, sentence: reason, sample } })
  if (context.isEnding) return { type: severity === 'rollback' ? 'hurry' : 'news' }
  if (severity === 'pause') return takePause(context, `guard ${rule}`, reason, `${key}:pause`)
  throw new Diverted({
    to: 'rollback',
    mode: 'automatic',
    by: `guard ${rule}`,
    reason,
    skipValidation: false,
    restoreData,
  })
}

/** Waits, as long as it takes, until somebody resumes, promotes, aborts or rolls back. Guards stay on meanwhile. */
async function takePause(context: RunContext, by: string, reason: string, key: string): Promise<Heard> {
  const { services, runId, durable } = context
  await noteControl(context, key, by, 'pause', reason)
  await insistOnWaiting(context, `paused by ${by}: ${reason}`)
  await services.runs.update(runId, { state: 'paused', reason })
  services.emit({ type: 'run', state: 'paused', reason })
  services.emit({
    type: 'needs',
    reason: `paused by ${by}: ${reason}`,
    commands: [
      `gonogo resume ${runId}`,
      `gonogo rollback ${runId} --gradual --reason "..."`,
      `gonogo abort ${runId} --reason "..."`,
    ],
  })
  const startedAt = await durable.now()
  for (;;) {
    const heard = await listen(context, PATIENCE_MS)
    if (heard.type !== 'resume' && heard.type !== 'promote') continue
    await services.runs.update(runId, { state: 'running', reason: null })
    services.emit({ type: 'run', state: 'running', reason: `resumed by ${heard.by}` })
    return { ...heard, pausedMs: (await durable.now()) - startedAt }
  }
}

/** One durable wait while people think; then the next. */
export const PATIENCE_MS = 3_600_000

function roleOf(context: RunContext, item: string, by: string): string | null {
  const binding = context.plan.items.find((planned) => planned.item === item)?.binding
  const people = context.plan.people
  if (binding?.type === 'poll') return people[binding.role]?.includes(by) ? binding.role : null
  return Object.keys(people).find((role) => people[role]?.includes(by)) ?? null
}
