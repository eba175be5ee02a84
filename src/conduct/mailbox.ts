// What people and guards say to a run, heard between two steps of it.
import type { AnswerBody } from '../plan/run-record.ts'
import { Diverted } from './diversion.ts'
import type { RunMessage } from './ports.ts'
import { note, type RunContext } from './run-context.ts'

/** What a wait ended with: time is up, or a message that the caller may care about. */
export type Heard =
  | { type: 'timeout' }
  | { type: 'promote'; by: string }
  | { type: 'resume'; by: string }
  | { type: 'news'; item: string }

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
  for (let round = 1; ; round++) {
    const result = await context.durable.step<StepResult<T>>(round === 1 ? name : `${name} ~${round}`, async () => {
      if (context.session.interruption() !== null || (await context.services.hasMail())) return { interrupted: true }
      return { interrupted: false, value: await work() }
    })
    if (!result.interrupted) return result.value
    await listen(context, 1000)
  }
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
    case 'fill': {
      const { by, item, values } = message
      const answer = message.type === 'fill' ? 'fill' : message.answer
      const body: AnswerBody = {
        by,
        role: roleOf(context, item, by),
        answer,
        reason: message.type === 'fill' ? null : message.reason,
        values,
      }
      await note(context, { key, kind: 'answer', item, body: { ...body } })
      context.answers.set(item, [...(context.answers.get(item) ?? []), body])
      return { type: 'news', item }
    }
    case 'waive':
      await note(context, { key, kind: 'waiver', item: message.item, body: { by: message.by, reason: message.reason } })
      context.waived.add(message.item)
      context.services.emit({
        type: 'item',
        item: message.item,
        text: message.item,
        status: 'waived',
        summary: `waived by ${message.by}: ${message.reason}`,
      })
      return { type: 'news', item: message.item }
    case 'pause':
    case 'guard':
      return message.type === 'guard'
        ? takeGuard(context, message, key)
        : takePause(context, message.by, message.reason, key)
    case 'resume':
    case 'promote':
      await note(context, {
        key,
        kind: 'control',
        item: null,
        body: { by: message.by, command: message.type, reason: null },
      })
      return { type: message.type, by: message.by }
    case 'abort':
      await note(context, {
        key,
        kind: 'control',
        item: null,
        body: { by: message.by, command: 'abort', reason: message.reason },
      })
      throw new Diverted({ to: 'abort', by: message.by, reason: message.reason })
    case 'rollback': {
      const { by, mode, reason, skipValidation, restoreData } = message
      await note(context, { key, kind: 'control', item: null, body: { by, command: `rollback ${mode}`, reason } })
      throw new Diverted({ to: 'rollback', by, mode, reason, skipValidation, restoreData })
    }
  }
}

async function takeGuard(
  context: RunContext,
  message: Extract<RunMessage, { type: 'guard' }>,
  key: string,
): Promise<Heard> {
  const { rule, severity, reason, sample, restoreData } = message
  await note(context, { key, kind: 'guard', item: null, body: { rule, severity, sentence: reason, sample } })
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

/** Waits, as long as it takes, until somebody resumes, aborts or rolls back. */
async function takePause(context: RunContext, by: string, reason: string, key: string): Promise<Heard> {
  const { services, runId } = context
  await note(context, { key, kind: 'control', item: null, body: { by, command: 'pause', reason } })
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
  for (;;) {
    const heard = await listen(context, PATIENCE_MS)
    if (heard.type !== 'resume' && heard.type !== 'promote') continue
    await services.runs.update(runId, { state: 'running', reason: null })
    services.emit({ type: 'run', state: 'running', reason: `resumed by ${heard.by}` })
    return heard
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
