// The end of a delivery that went well: the candidate is the stable version from here on; the old one is drained and stopped.
import { OutsideError, messageOf } from '../lib/errors.ts'
import { disarmCapsule, executedParts, isBeingExecuted } from './capsule.ts'
import { Diverted } from './diversion.ts'
import { listen } from './mailbox.ts'
import { note, type RunContext } from './run-context.ts'
import type { DeliveryParts } from './services.ts'
import { FINISHING } from './session.ts'
import { showWayBack, type LiveDelivery } from './stand.ts'

/**
 * Makes the candidate the stable version. Up to its one point of no return a guard or a person can still take everything back; from
 * there on it is finished, also by a later process.
 * @throws Diverted when it may not be finished
 */
export async function finishDelivery(context: RunContext): Promise<void> {
  const { live, services, plan } = context
  const { delivery } = services
  if (!live || !delivery) return
  const missing = (plan.delivery?.stages ?? []).filter((stage) => !context.delivered.has(stage.name))
  if (missing.length > 0) {
    const names = missing.map((stage) => `${stage.name} (${stage.weight} %)`).join(', ')
    const reason = `the checklist is through, but not every stage was delivered: ${names}`
    throw new Diverted({ to: 'abort', by: 'gonogo', reason })
  }
  const problem = await handOverTraffic(context, live, delivery)
  context.session.setLive(null)
  context.live = null
  context.performed.length = 0
  if (problem) {
    const text = `the old version was not stopped: ${problem}`
    await note(context, { key: 'note:retire', kind: 'note', item: null, body: { text } })
  }
  const how = `the release is over: ${live.candidate} is stable; release ${live.stable} to go back`
  await showWayBack(context, { possible: false, estimateMs: null, how })
}

async function handOverTraffic(
  context: RunContext,
  live: LiveDelivery,
  delivery: DeliveryParts,
): Promise<string | null> {
  for (let round = 1; ; round++) {
    const result = await context.durable.step(`finish delivery #${round}`, async () => {
      if (!(await commit(context, live))) return { interrupted: true, problem: null }
      await makeStable(context, live, delivery)
      return { interrupted: false, problem: await retireOld(live, delivery) }
    })
    if (!result.interrupted) return result.problem
    await listen(context, 1000)
  }
}

/** The point of no return: whoever comes later, finishes. @returns false when something wants to be heard first. */
async function commit(context: RunContext, live: LiveDelivery): Promise<boolean> {
  const { session, services } = context
  if (session.written.has(FINISHING)) return session.commit()
  if (await services.hasMail()) return false
  if (!session.commit()) return false
  const text = `${live.candidate} becomes the stable version`
  await note(context, { key: FINISHING, kind: 'note', item: null, body: { text } })
  return true
}

/** As long as any of it fails the old version runs: the run can still go back. */
async function makeStable({ session }: RunContext, { candidate, table }: LiveDelivery, delivery: DeliveryParts) {
  const backends = table.backends.filter((backend) => backend.version === candidate)
  await delivery.router.set({ weights: { [candidate]: 100 }, backends, stable: candidate })
  disarmCapsule(session.capsule)
  // From here on rollback.sh refuses to start; one that had started already decides.
  if (isBeingExecuted(session.capsule) || executedParts(session.capsule).length > 0)
    throw new OutsideError('capsule', 'was carried out while the release was being finished')
  delivery.remember(candidate)
}

async function retireOld({ stable }: LiveDelivery, { router, target }: DeliveryParts): Promise<string | null> {
  try {
    await router.drain(stable, DRAIN_MS_MAX)
    await target.retire(stable, AbortSignal.timeout(RETIRE_MS_MAX))
    return null
  } catch (error) {
    return messageOf(error)
  }
}

const DRAIN_MS_MAX = 10_000
const RETIRE_MS_MAX = 60_000
