// The delivery: the candidate comes up beside the stable version, and traffic moves to it stage by stage.
import { messageOf } from '../lib/errors.ts'
import { failed, passed, unverified, type Outcome } from '../plan/outcome.ts'
import type { OutcomeBody } from '../plan/run-record.ts'
import type { Stage } from '../plan/stage.ts'
import type { Backend } from '../plan/traffic.ts'
import { armCapsule, disarmCapsule } from './capsule.ts'
import { attentiveStep, insistOnWaiting, listen, PATIENCE_MS } from './mailbox.ts'
import { doOnce } from './perform-action.ts'
import { judgePoll } from './people.ts'
import { itemOf, nextAttempt, note, recordOutcome, type RunContext } from './run-context.ts'
import { paced, type DeliveryParts } from './services.ts'
import { judgeStage } from './stage-figures.ts'
import { holdStage, settleVerdict, type Settled } from './stage-hold.ts'
import { statementText } from './standing.ts'
import { replaceBatch } from './delivery/rolling.ts'
import { instancesFor } from './delivery/capacity.ts'
import { awaitOpening } from './delivery/opening.ts'
import { tryTo } from './delivery/try-to.ts'
import { PREVIEW, refreshWayBack, tableAt, type LiveDelivery } from './stand.ts'

/** Delivers the stage an item stands for, or every stage that is not done yet. */
export async function performRollout(context: RunContext, id: string, stageName: string | null): Promise<void> {
  const stages = (context.plan.delivery?.stages ?? []).filter(
    (stage) => (stageName === null || stage.name === stageName) && !context.delivered.has(stage.name),
  )
  const attempt = nextAttempt(context, id)
  const startedAt = await context.durable.now()
  const outcomes: Outcome[] = []
  context.refusedStages.delete(id)
  const live = context.live ?? (await prepareCandidate(context, id))
  if ('status' in live) outcomes.push(live)
  else {
    for (const stage of stages) {
      const outcome = stays(context, stage)
        ? passed(`stage ${stage.name}: ${stage.service} stays at its version`)
        : await runStage(context, id, context.live ?? live, stage, attempt)
      outcomes.push(outcome)
      if (outcome.status !== 'passed') {
        context.refusedStages.set(id, stage.name)
        break
      }
      context.delivered.add(stage.name)
    }
  }
  const bad = outcomes.find((outcome) => outcome.status !== 'passed')
  const summary = outcomes.map((outcome) => outcome.summary).join('; ') || 'nothing of it is left to deliver'
  const whole: Outcome = {
    ...(bad ?? passed(summary)),
    summary,
    measurements: outcomes.flatMap((outcome) => outcome.measurements),
  }
  const body = await context.durable.step(`rollout ${id} #${attempt}`, () =>
    recordOutcome(context, id, attempt, whole, startedAt),
  )
  context.outcomes.set(id, body)
}

function stays({ services }: RunContext, { service }: Stage): boolean {
  return services.delivery?.partOf(service).stays ?? false
}

/** Brings the candidate up, capsule and watchdog first. @returns where everything listens, or why it did not come up. */
async function prepareCandidate(context: RunContext, id: string): Promise<LiveDelivery | Outcome> {
  const { services, plan } = context
  const { delivery } = services
  if (!delivery || !plan.delivery) return failed('the plan has no delivery')
  const { candidate } = plan.delivery
  const { stable } = context
  if (stable === candidate)
    return failed(`${candidate} is what runs already`, { remedy: 'name another version with --candidate' })
  await awaitOpening(context, id)
  const before = await attentiveStep(context, `prepare stable for ${id}`, () =>
    tryTo(context.session, () => bringUpStable(delivery, stable)),
  )
  if ('status' in before) return before

  const { services: delivered } = plan.delivery
  context.live = { stable, candidate, table: before.table, trafficMs: before.trafficMs, resting: [] }
  const prepared = (await refreshWayBack(context)) ?? (await bringUpCandidate(context))
  if (typeof prepared === 'string' || 'status' in prepared) {
    context.live = null
    await context.durable.step('disarm', async () => disarmSafely(context))
    await refreshWayBack(context)
    return typeof prepared === 'string' ? failed(`the way back could not be written to disk: ${prepared}`) : prepared
  }
  const live = { ...context.live, table: { ...before.table, backends: [...before.table.backends, ...prepared] } }
  context.live = live
  context.session.setLive(live)
  const shown = await attentiveStep(context, `preview ${candidate}`, () =>
    tryTo(context.session, async () => {
      await context.session.moveTraffic(tableAt(live, PREVIEW, delivered))
      return {}
    }),
  )
  await refreshWayBack(context)
  if (!('status' in shown)) return live
  // It stays up for another try, and the watchdog stays with it.
  return shown
}

/** Armed first: from the moment it listens somebody has to be there to take it back. */
async function bringUpCandidate(context: RunContext): Promise<Backend[] | Outcome> {
  const { services, plan, session } = context
  const { delivery } = services
  if (!delivery || !plan.delivery) return failed('the plan has no delivery')
  const { candidate } = plan.delivery
  const name = `prepare:${candidate}`
  const attempt = nextAttempt(context, name)
  const prepare = (): Promise<Backend[]> => bringUp(context, delivery)
  const prepared = await attentiveStep(context, `${name} #${attempt}`, async () => {
    let backends: Backend[] = []
    const body = await doOnce(context, name, attempt, {
      will: `start ${candidate} beside ${context.stable}`,
      run: async () => {
        armCapsule(session.capsule)
        backends = await prepare()
        return passed(`${candidate} is up: ${backends.map((backend) => backend.id).join(', ')}`)
      },
      verify: async () => 'not-done',
    })
    if (body.status !== 'passed') return { outcome: outcomeOf(body), backends }
    // Written down already by a process that was killed before the step was recorded: asked again where it listens.
    const again =
      backends.length > 0 ? { backends } : await tryTo(context.session, async () => ({ backends: await prepare() }))
    return 'status' in again ? { outcome: again, backends } : { outcome: null, backends: again.backends }
  })
  return prepared.outcome ?? prepared.backends
}

/** At full strength beside the old version; rolling, only so many that the first batch wants. */
async function bringUp({ plan, session, stable }: RunContext, { target }: DeliveryParts): Promise<Backend[]> {
  const { candidate = '', stages = [] } = plan.delivery ?? {}
  const [first] = stages
  if (first?.replaced === undefined || !target.resize) return target.prepare(candidate, session.signal)
  const { wanted } = await target.ready(stable)
  return target.resize(candidate, instancesFor(first.replaced, wanted), session.signal)
}

function disarmSafely({ session }: RunContext): string | null {
  try {
    disarmCapsule(session.capsule)
    return null
  } catch (error) {
    return messageOf(error)
  }
}

/** The old version must be there to go back to: it is brought up if it does not run, and gets all traffic. */
async function bringUpStable(
  delivery: DeliveryParts,
  stable: string,
): Promise<Pick<LiveDelivery, 'table' | 'trafficMs'>> {
  const backends = await delivery.target.prepare(stable, AbortSignal.timeout(PREPARE_STABLE_MS_MAX))
  const table = { weights: { [stable]: 100 }, backends, stable }
  const startedAt = performance.now()
  await delivery.router.set(table)
  return { table, trafficMs: Math.ceil(performance.now() - startedAt) }
}

const PREPARE_STABLE_MS_MAX = 120_000

async function runStage(
  context: RunContext,
  id: string,
  live: LiveDelivery,
  stage: Stage,
  attempt: number,
): Promise<Outcome> {
  const { services, plan, pace } = context
  const { delivery } = services
  if (!delivery || !plan.delivery) return failed('the plan has no delivery')
  const durationMs = paced(stage.durationMs, pace)
  const key = `stage:${stage.name}:${id}:${attempt}`
  const { router } = delivery.partOf(stage.service)
  const batch = stage.replaced === undefined ? null : await replaceBatch(context, live, stage, key)
  if (batch && 'status' in batch) return { ...batch, summary: `stage ${stage.name} could not begin: ${batch.summary}` }
  const now = batch ?? live
  const started = await attentiveStep(context, `${key} start`, () =>
    tryTo(context.session, async () => {
      const before = await router.counters(context.session.signal)
      await note(context, {
        key: `${key}:started`,
        kind: 'stage',
        item: id,
        body: { stage: stage.name, weight: stage.weight, event: 'started', verdict: null },
      })
      await context.session.moveTraffic(tableAt(now, stage, plan.delivery?.services ?? []))
      return { before }
    }),
  )
  if ('status' in started) return { ...started, summary: `stage ${stage.name} could not begin: ${started.summary}` }
  services.emit({ type: 'stage', stage: stage.name, weight: stage.weight, durationMs, event: 'started', summary: '' })
  await services.runs.update(context.runId, { position: `${stage.name}: ${stage.weight} % to ${live.candidate}` })
  // Who wanted the next stage before this one began meant an earlier one.
  context.promotedBy = null
  if (plan.delivery.verdict?.early) context.session.tellWhenNotWorse(key)
  const heldBy = await holdStage(context, durationMs, key)
  const settled = heldBy === null ? await settleVerdict(context, stage, key) : null
  const outcome = await attentiveStep(context, `${key} end`, async () => {
    const after = await tryTo(context.session, async () => ({
      counters: await router.counters(context.session.signal),
    }))
    if ('status' in after) return unverified(`no figures of stage ${stage.name}: ${after.summary}`)
    return judgeStage(stage, live, started.before, after.counters, durationMs)
  })
  const promotedBy = heldBy ?? context.promotedBy
  const goesOn = plan.delivery.autoPromote && !settled?.mustAsk
  const approved = goesOn || promotedBy !== null || outcome.status !== 'passed'
  const approval = approved ? null : await askApproval(context, id, stage, plan.delivery.approver)
  const verdict = approval?.verdict === 'rejected' ? 'failed' : outcome.status
  const reason = [
    outcome.summary,
    ...shownText(settled),
    approval && 'summary' in approval ? approval.summary : null,
    promotedBy ? `promoted by ${promotedBy}` : null,
  ]
    .filter(Boolean)
    .join('; ')
  await note(context, {
    key: `${key}:ended`,
    kind: 'stage',
    item: id,
    body: {
      stage: stage.name,
      weight: stage.weight,
      event: 'ended',
      verdict,
      reason,
      ...(settled ? { standing: settled.statements } : {}),
    },
  })
  services.emit({ type: 'stage', stage: stage.name, weight: stage.weight, durationMs, event: 'ended', summary: reason })
  return { ...outcome, status: verdict, summary: reason }
}

function shownText(settled: Settled | null): string[] {
  if (settled?.statements.length === 0) return ['nothing is shown: no counts of requests of both versions']
  return settled?.statements.map(statementText) ?? []
}

/** Asks the approver at the end of a stage, as long as it takes. */
async function askApproval(
  context: RunContext,
  id: string,
  stage: Stage,
  role: string,
): Promise<ReturnType<typeof judgePoll>> {
  const { services, runId, plan } = context
  const poll = { type: 'poll' as const, role, quorum: 1, question: null, why: null }
  const people = plan.people[role] ?? []
  const earlier = context.answers.get(id)?.length ?? 0
  services.emit({
    type: 'item',
    item: id,
    text: itemOf(context, id).label ?? stage.name,
    status: 'asked',
    summary: `${role} (${people.join(', ')}) decides on stage ${stage.name}`,
  })
  services.emit({
    type: 'needs',
    reason: `stage ${stage.name} is done: promote?`,
    commands: [`gonogo promote ${runId}`, `gonogo reject ${runId} ${id} --reason "..."`],
  })
  await services.runs.update(runId, { state: 'waiting', position: `approval of stage ${stage.name} by ${role}` })
  for (;;) {
    await insistOnWaiting(context, `stage ${stage.name} wants the word of ${role}`)
    const heard = await listen(context, PATIENCE_MS)
    const verdict =
      heard.type === 'promote'
        ? { verdict: 'approved' as const, summary: `approved by ${heard.by} (${role})` }
        : judgePoll(poll, (context.answers.get(id) ?? []).slice(earlier), people)
    if (verdict.verdict === 'open') continue
    await services.runs.update(runId, { state: 'running' })
    return verdict
  }
}

function outcomeOf(body: OutcomeBody): Outcome {
  return {
    status: body.status,
    summary: body.summary,
    measurements: body.measurements,
    evidence: [],
    ...(body.remedy ? { remedy: body.remedy } : {}),
  }
}
