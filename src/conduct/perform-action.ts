// Actions, one after the other, at most once each: intent before, outcome after. An intent without an outcome is resolved by the
// action's own `verify`, else asked of a person, never run again blindly.
import type { Action, ActionContext } from '../actions/action.ts'
import { findKind, parseOptions } from '../catalog/catalog.ts'
import { messageOf } from '../lib/errors.ts'
import { exec } from '../lib/exec.ts'
import type { Binding } from '../plan/binding.ts'
import { failed, passed, skipped, unverified, type Outcome } from '../plan/outcome.ts'
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
  noteSoon,
  outcomeBodyOf,
  outcomeDraft,
  outcomeKey,
  showOutcome,
  type RunContext,
} from './run-context.ts'
import { MARK, outliveOrphans } from './orphans.ts'
import { refreshWayBack } from './stand.ts'

/** What an action is, to the machinery that guarantees at-most-once. */
export interface Deed {
  /** What the intent says will be done. */
  will: string
  run(): Promise<Outcome>
  /** After a crash: was it done? */
  verify(): Promise<'done' | 'not-done' | 'unknown'>
}

/** Whether what was done can be taken back; why not, where that is known. */
interface Taking {
  reversibility: Reversibility
  oneWayReason: string | null
}

interface ReversibleDeed extends Deed {
  /** Asked when it has been run: some kinds know only then what they changed. */
  wayBack(): Taking
}

/** Does a deed under intent and outcome, as attempt `attempt` of `id`. Call inside a durable step. */
export async function doOnce(context: RunContext, id: string, attempt: number, deed: Deed): Promise<OutcomeBody> {
  const body = await doUnderIntent(context, id, attempt, deed)
  if (context.session.written.has(outcomeKey(id, attempt))) return body
  await note(context, outcomeDraft(id, attempt, body))
  showOutcome(context, id, body)
  return body
}

/** The same, but for the outcome, which is yet to be written. */
async function doUnderIntent(context: RunContext, id: string, attempt: number, deed: Deed): Promise<OutcomeBody> {
  const { written } = context.session
  const done = written.get(outcomeKey(id, attempt))
  if (done) return done.body as unknown as OutcomeBody
  const interrupted = written.has(intentKey(id, attempt))
  if (!interrupted)
    await note(context, { key: intentKey(id, attempt), kind: 'intent', item: id, body: { will: deed.will } })
  context.services.emit({ type: 'item', item: id, text: labelOf(context, id), status: 'running', summary: deed.will })
  const startedAt = context.services.clock()
  const outcome = interrupted ? await resolveInterrupted(deed) : await attempted(deed)
  return outcomeBodyOf(context, outcome, startedAt)
}

/**
 * A step around one deed. Its result holds the outcome, so the ledger may have it a moment later, together with what comes next: killed
 * in between, the next process finds it missing and writes it.
 */
export async function deedStep(
  context: RunContext,
  id: string,
  attempt: number,
  create: () => ReversibleDeed,
): Promise<{ body: OutcomeBody } & Taking> {
  const result = await attentiveStep(context, `action ${id} #${attempt}`, async () => {
    const deed = create()
    return { body: await doUnderIntent(context, id, attempt, deed), ...deed.wayBack() }
  })
  if (!context.session.written.has(outcomeKey(id, attempt))) {
    noteSoon(context, outcomeDraft(id, attempt, result.body))
    showOutcome(context, id, result.body)
  }
  return result
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
  context.underWay = { id, binding, attempt }
  // Options may refer to this process's environment: what follows from them is recorded with the result.
  const done = await deedStep(context, id, attempt, () => deedOf(context, id, binding, attempt))
  context.underWay = null
  await takeIntoAccount(context, id, done)
}

/**
 * On the way back: an action that a killed conductor had begun, and that nobody has looked at since. If it was done, or if nobody can tell,
 * it has to be taken back like the others; it is not begun again.
 */
export async function settleInterrupted(context: RunContext): Promise<void> {
  const { underWay, session, durable } = context
  if (!underWay) return
  context.underWay = null
  const { id, binding, attempt } = underWay
  const done = await durable.step(`settle ${id} #${attempt}`, async () => {
    if (!session.written.has(intentKey(id, attempt))) return null
    const deed = deedOf(context, id, binding, attempt)
    const run = async (): Promise<Outcome> => skipped('was interrupted before it was done')
    return { body: await doOnce(context, id, attempt, { ...deed, run }), ...deed.wayBack() }
  })
  if (done) await takeIntoAccount(context, id, done)
}

async function takeIntoAccount(
  context: RunContext,
  id: string,
  { body, reversibility, oneWayReason }: { body: OutcomeBody } & Taking,
): Promise<void> {
  context.outcomes.set(id, body)
  if (body.status === 'skipped' || reversibility === 'reversible') return
  // Tried again, it is still one thing to take back.
  const earlier = context.performed.findIndex((action) => action.item === id)
  if (earlier >= 0) context.performed.splice(earlier, 1)
  context.backedUp.delete(id)
  context.performed.push({ item: id, title: labelOf(context, id), reversibility, oneWayReason })
  await refreshWayBack(context)
}

function deedOf(
  context: RunContext,
  id: string,
  binding: Extract<Binding, { type: 'action' }>,
  attempt: number,
): ReversibleDeed {
  try {
    const { kind, options } = resolveAction(context, binding)
    const mark = markOf(context, id, attempt)
    // Made anew for each: its time begins when it is made.
    const contextNow = (): ActionContext => contextFor(context, id, binding, mark)
    return {
      wayBack: () => wayBackOf(kind, options, binding, contextNow()),
      will: kind.describe(options, itemOf(context, id).commands),
      run: () => kind.run(options, contextNow()),
      verify: async () => {
        await outliveOrphans(mark, patienceOf(context, binding), context.session.signal)
        return kind.verify(options, contextNow())
      },
    }
  } catch (error) {
    // A variable that is not set, most of all. Nothing will be done; it was, perhaps, by a process that was killed.
    const summary = messageOf(error)
    const reversibility = context.session.written.has(intentKey(id, attempt)) ? 'compensable' : 'reversible'
    return {
      wayBack: () => ({ reversibility, oneWayReason: null }),
      will: 'nothing: its options cannot be read',
      run: async () => failed(summary),
      verify: async () => 'unknown',
    }
  }
}

function wayBackOf(
  kind: Action,
  options: unknown,
  binding: Extract<Binding, { type: 'action' }>,
  context: ActionContext,
): Taking {
  if (binding.oneWay) return { reversibility: 'one-way', oneWayReason: binding.oneWay }
  const oneWayReason = kind.oneWayReason?.(options, context) ?? null
  return { reversibility: kind.reversibility(options, context), oneWayReason }
}

/** Takes one performed action back. Never throws: what went wrong is its outcome. */
export async function undoAction(
  context: RunContext,
  id: string,
  binding: Extract<Binding, { type: 'action' }>,
): Promise<OutcomeBody> {
  const undoId = `undo:${id}`
  const attempt = nextAttempt(context, undoId)
  const mark = markOf(context, undoId, attempt)
  return context.durable.step(`${undoId} #${attempt}`, () =>
    doOnce(context, undoId, attempt, {
      will: `undo ${labelOf(context, id)}`,
      run: () => {
        const { kind, options } = resolveAction(context, binding)
        return kind.undo(options, contextFor(context, id, binding, mark))
      },
      // An undo that was interrupted is simply finished: undos are idempotent by contract, if not two at a time.
      verify: async () => {
        await outliveOrphans(mark, binding.timeoutMs, context.session.signal)
        return 'not-done'
      },
    }),
  )
}

function resolveAction(context: RunContext, binding: Extract<Binding, { type: 'action' }>) {
  const place = { path: `action ${binding.action}` }
  const kind = findKind('action', binding.action, place)
  return { kind, options: parseOptions(kind.options, context.services.resolve(binding.options), place) }
}

/** Tells the programs of this attempt from all others. */
function markOf({ runId }: RunContext, id: string, attempt: number): string {
  return `${runId} ${id} #${attempt}`
}

/** How long a program that was left behind may go on: on the way back it is ended, as the conductor would have done. */
function patienceOf({ isEnding }: RunContext, { timeoutMs }: Extract<Binding, { type: 'action' }>): number {
  return isEnding ? 0 : timeoutMs
}

function contextFor(
  context: RunContext,
  id: string,
  binding: Extract<Binding, { type: 'action' }>,
  mark: string,
): ActionContext {
  const { services, session } = context
  const signal = AbortSignal.any([session.signal, AbortSignal.timeout(binding.timeoutMs)])
  const env = { ...environmentOf(context), [MARK]: mark }
  return {
    signal,
    directory: services.directory,
    env,
    commands: itemOf(context, id).commands,
    deed: `${context.runId} ${id}`,
    data: services.data,
    logDirectory: session.directory,
    exec: (file, args, options) =>
      exec(file, args, { cwd: services.directory, env, timeoutMs: binding.timeoutMs, signal, ...options }),
    progress: (line) => services.emit({ type: 'output', item: id, line: services.redactor.redact(line) }),
  }
}
