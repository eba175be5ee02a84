// How the run stands: its way back, shown and on disk. Refreshed before and after everything that changes it.
import { messageOf } from '../lib/errors.ts'
import { canonicalJson } from '../lib/hash.ts'
import type { RoutingTable } from '../plan/traffic.ts'
import type { CapsuleStep, WayBack } from '../plan/way-back.ts'
import { writeCapsule } from './capsule.ts'
import { note, type RunContext } from './run-context.ts'
import { wayBackNow } from './way-back.ts'

/** The candidate is up: both versions, where they listen, and how long a table change took. */
export interface LiveDelivery {
  stable: string
  candidate: string
  table: RoutingTable
  trafficMs: number
}

/** The table with this share for the candidate. */
export function tableWith(live: LiveDelivery, weight: number): RoutingTable {
  return { ...live.table, weights: { [live.stable]: 100 - weight, [live.candidate]: weight } }
}

/** Everything to the old version; the candidate is out of the table. */
export function stableTable(live: LiveDelivery): RoutingTable {
  const backends = live.table.backends.filter((backend) => backend.version === live.stable)
  return { weights: { [live.stable]: 100 }, backends, stable: live.stable }
}

/**
 * Works out "rollback now", tells whoever looks, and puts the capsule on disk.
 * @returns why the capsule could not be written, or null.
 */
export async function refreshWayBack(context: RunContext): Promise<string | null> {
  const { live, performed, restore } = context
  const trafficMs = live ? live.trafficMs + RETIRE_MS : null
  const problem = live || restore ? await putCapsule(context) : null
  await showWayBack(context, wayBackNow({ performed, live, trafficMs, undoMs: UNDO_MS }))
  return problem
}

/** Shows and records the way back when it is another one than before. */
export async function showWayBack(context: RunContext, wayBack: WayBack): Promise<void> {
  if (canonicalJson(wayBack) === canonicalJson(context.wayBack)) return
  context.wayBack = wayBack
  context.wayBacks += 1
  await note(context, { key: `way-back:${context.wayBacks}`, kind: 'way-back', item: null, body: { ...wayBack } })
  await context.services.runs.update(context.runId, { wayBack })
  context.services.emit({ type: 'way-back', wayBack })
}

/** Stopping the candidate, beyond the table change, and one undo: first estimates, before they were ever measured. */
const RETIRE_MS = 2000
const UNDO_MS = 1000

/** A step of its own: a disk that is full now and not on replay must not make two different runs of it. */
async function putCapsule(context: RunContext): Promise<string | null> {
  const { runId, plan, performed, services, session, stable } = context
  const problem = await context.durable.step('capsule', async () => {
    try {
      const candidate = plan.delivery?.candidate ?? stable
      const { service, environment } = plan
      const steps = capsuleSteps(context)
      writeCapsule(session.capsule, { runId, service, environment, stable, candidate, steps, performed })
      return null
    } catch (error) {
      return messageOf(error)
    }
  })
  if (problem !== null) {
    const sentence = `the way back could not be written to disk: ${problem}`
    services.emit({ type: 'guard', severity: 'notify', sentence })
    await note(context, { key: `note:capsule:${context.wayBacks}`, kind: 'note', item: null, body: { text: sentence } })
  }
  return problem
}

/** Traffic, then processes; then, around the swap of the data, requests are held and what uses the data is stopped and started. */
function capsuleSteps(context: RunContext): CapsuleStep[] {
  const { live, restore, stable, plan } = context
  const { delivery } = context.services
  if (!delivery || !plan.delivery) return []
  const processes = delivery.target.capsule(stable, plan.delivery.candidate)
  const table = live ? stableTable(live) : (restore?.table ?? null)
  const backToStable = [processes.restore, table && delivery.router.capsule(table), processes.retire]
  const steps = live && table ? backToStable.filter((step) => step !== null) : []
  if (!restore) return steps
  const { suspend, resume } = processes
  const swap = [suspend, restore.step, resume && { ...resume, always: true }].filter((step) => step !== null)
  // Where no router runs yet nobody asks, so nobody needs to be held.
  if (table) {
    swap.unshift(delivery.router.capsule({ ...table, hold: true }))
    swap.push({ ...delivery.router.capsule(table), always: true })
  }
  return [...steps, ...swap.map((step) => ({ ...step, stage: 'data' as const }))]
}
