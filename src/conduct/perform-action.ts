// Actions, one after the other, at most once each: intent before, outcome after. An intent without an outcome is resolved by the
// action's own `verify`, else asked of a person, never run again blindly.
import type { ActionContext } from '../actions/action.ts'
import { findKind, parseOptions } from '../catalog/catalog.ts'
import { messageOf } from '../lib/errors.ts'
import { exec } from '../lib/exec.ts'
import type { Binding } from '../plan/binding.ts'
import { failed, passed, unverified, type Outcome } from '../plan/outcome.ts'
import type { OutcomeBody } from '../plan/run-record.ts'
import type { Reversibility } from '../plan/way-back.ts'
import { attentiveStep } from './mailbox.ts'
import {
  environmentOf,
  intentKey,
  itemOf,
  labelOf,
  nextAttempt,
  note,
  outcomeKey,
  recordOutcome,
  type RunContext,
} from './run-context.ts'
import { refreshWayBack } from './stand.ts'

/** What an action is, to the machinery that guarantees at-most-once. */
export interface Deed {
  /** What the intent says will be done. */
  will: string
  run(): Promise<Outcome>
  /** After a crash: was it done? */
  verify(): Promise<'done' | 'not-done' | 'unknown'>
}

/** Does a deed under intent and outcome, as attempt `attempt` of `id`. Call inside a durable step. */
export async function doOnce(context: RunContext, id: string, attempt: number, deed: Deed): Promise<OutcomeBody> {
  const { written } = context.session
  const done = written.get(outcomeKey(id, attempt))
  if (done) return done.body as unknown as OutcomeBody
  const interrupted = written.has(intentKey(id, attempt))
  if (!interrupted)
    await note(context, { key: intentKey(id, attempt), kind: 'intent', item: id, body: { will: deed.will } })
  context.services.emit({ type: 'item', item: id, text: labelOf(context, id), status: 'running', summary: deed.will })
  const startedAt = context.services.clock()
  const outcome = interrupted ? await resolveInterrupted(deed) : await attempted(deed)
  return recordOutcome(context, id, attempt, outcome, startedAt)
}

async function resolveInterrupted(deed: Deed): Promise<Outcome> {
  const answer = await deed.verify().catch(() => 'unknown' as const)
  if (answer === 'done') return passed('was done before the interruption (verified)')
  if (answer === 'not-done') return attempted(deed)
  return unverified('was interrupted while it ran, and nothing can tell whether it was done', {
    remedy: 'look, then "gonogo waive" it if it was done, or "gonogo resume" to do it again',
  })
}

async function attempted(deed: Deed): Promise<Outcome> {
  try {
    return await deed.run()
  } catch (error) {
    return { status: 'failed', summary: messageOf(error), measurements: [], evidence: [] }
  }
}

/** Carries out a bound action of the document. */
export async function performAction(
  context: RunContext,
  id: string,
  binding: Extract<Binding, { type: 'action' }>,
): Promise<void> {
  const attempt = nextAttempt(context, id)
  // Options may refer to this process's environment: what follows from them is recorded with the result.
  const { body, reversibility } = await attentiveStep(context, `action ${id} #${attempt}`, async () => {
    const deed = deedOf(context, id, binding, attempt)
    return { body: await doOnce(context, id, attempt, deed), reversibility: deed.reversibility }
  })
  context.outcomes.set(id, body)
  if (body.status === 'skipped' || reversibility === 'reversible') return
  // Tried again, it is still one thing to take back.
  const earlier = context.performed.findIndex((action) => action.item === id)
  if (earlier >= 0) context.performed.splice(earlier, 1)
  context.backedUp.delete(id)
  context.performed.push({ item: id, title: labelOf(context, id), reversibility, oneWayReason: binding.oneWay })
  await refreshWayBack(context)
}

function deedOf(
  context: RunContext,
  id: string,
  binding: Extract<Binding, { type: 'action' }>,
  attempt: number,
): Deed & { reversibility: Reversibility } {
  try {
    const { kind, options } = resolveAction(context, binding)
    const actionContext = contextFor(context, id, binding)
    return {
      reversibility: binding.oneWay ? 'one-way' : kind.reversibility(options),
      will: kind.describe(options, actionContext.commands),
      run: () => kind.run(options, actionContext),
      verify: () => kind.verify(options, actionContext),
    }
  } catch (error) {
    // A variable that is not set, most of all. Nothing will be done; it was, perhaps, by a process that was killed.
    const summary = messageOf(error)
    return {
      reversibility: context.session.written.has(intentKey(id, attempt)) ? 'compensable' : 'reversible',
      will: 'nothing: its options cannot be read',
      run: async () => failed(summary),
      verify: async () => 'unknown',
    }
  }
}

/** Takes one performed action back. Never throws: what went wrong is its outcome. */
export async function undoAction(
  context: RunContext,
  id: string,
  binding: Extract<Binding, { type: 'action' }>,
): Promise<OutcomeBody> {
  const undoId = `undo:${id}`
  const attempt = nextAttempt(context, undoId)
  return context.durable.step(`${undoId} #${attempt}`, () =>
    doOnce(context, undoId, attempt, {
      will: `undo ${labelOf(context, id)}`,
      run: () => {
        const { kind, options } = resolveAction(context, binding)
        return kind.undo(options, contextFor(context, id, binding))
      },
      // An undo that was interrupted is simply finished: undos are idempotent by contract.
      verify: async () => 'not-done',
    }),
  )
}

function resolveAction(context: RunContext, binding: Extract<Binding, { type: 'action' }>) {
  const place = { path: `action ${binding.action}` }
  const kind = findKind('action', binding.action, place)
  return { kind, options: parseOptions(kind.options, context.services.resolve(binding.options), place) }
}

function contextFor(context: RunContext, id: string, binding: Extract<Binding, { type: 'action' }>): ActionContext {
  const { services, session } = context
  const signal = AbortSignal.any([session.signal, AbortSignal.timeout(binding.timeoutMs)])
  const env = environmentOf(context)
  return {
    signal,
    directory: services.directory,
    env,
    commands: itemOf(context, id).commands,
    logDirectory: session.directory,
    exec: (file, args, options) =>
      exec(file, args, { cwd: services.directory, env, timeoutMs: binding.timeoutMs, signal, ...options }),
    progress: (line) => services.emit({ type: 'output', item: id, line: services.redactor.redact(line) }),
  }
}
