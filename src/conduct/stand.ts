// How the run stands: its way back, shown and on disk. Refreshed before and after everything that changes it.
import { canonicalJson, sha256 } from '../lib/hash.ts'
import type { RoutingTable } from '../plan/traffic.ts'
import type { CapsuleStep } from '../plan/way-back.ts'
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

/** Works out "rollback now", tells whoever looks, and puts the capsule on disk. */
export async function refreshWayBack(context: RunContext): Promise<void> {
  const { services, live, performed } = context
  const undoMs = 1000
  const wayBack = wayBackNow({ performed, live, trafficMs: live ? live.trafficMs + RETIRE_MS : null, undoMs })
  if (live) putCapsule(context)
  if (canonicalJson(wayBack) === canonicalJson(context.wayBack)) return
  context.wayBack = wayBack
  const key = `way-back:${performed.length}:${live ? 'live' : 'not-live'}:${sha256(canonicalJson(wayBack)).slice(0, 8)}`
  await note(context, { key, kind: 'way-back', item: null, body: { ...wayBack } })
  await services.runs.update(context.runId, { wayBack })
  services.emit({ type: 'way-back', wayBack })
}

/** Stopping the candidate, beyond the table change: a first estimate, before it was ever measured. */
const RETIRE_MS = 2000

function putCapsule(context: RunContext): void {
  const { live, services, runId, plan, performed } = context
  if (!live || !services.delivery) return
  writeCapsule(context.session.capsule, {
    runId,
    service: plan.service,
    environment: plan.environment,
    stable: live.stable,
    candidate: live.candidate,
    steps: capsuleSteps(context, live),
    performed,
  })
}

/** Traffic, then processes; then, around the swap of the data, requests are held and the old version is stopped and started. */
function capsuleSteps(context: RunContext, live: LiveDelivery): CapsuleStep[] {
  const { delivery } = context.services
  if (!delivery) return []
  const table = stableTable(live)
  const processes = delivery.target.capsule(live.stable, live.candidate)
  const steps = [delivery.router.capsule(table), processes.retire]
  if (!context.restore) return steps
  const hold = delivery.router.capsule({ ...table, hold: true })
  const release = delivery.router.capsule(table)
  const swap = [hold, processes.suspend, context.restore.step, processes.resume, release]
  return [...steps, ...swap.map((step) => ({ ...step, stage: 'data' as const }))]
}
