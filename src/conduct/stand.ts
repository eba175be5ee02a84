// How the run stands: its way back, shown and on disk. Refreshed before and after everything that changes it.
import { messageOf } from '../lib/errors.ts'
import { canonicalJson } from '../lib/hash.ts'
import type { DeliveredService } from '../plan/delivered-service.ts'
import type { Stage } from '../plan/stage.ts'
import type { RoutingTable } from '../plan/traffic.ts'
import type { CapsuleStep, WayBack } from '../plan/way-back.ts'
import { writeCapsule } from './capsule.ts'
import { note, type RunContext } from './run-context.ts'
import { wayBackNow } from './way-back.ts'

/** The candidate is up: both versions, where they listen, and how long a table change took. */
export interface LiveDelivery {
  stable: string
  candidate: string
  /** Every instance of both versions at full strength. */
  table: RoutingTable
  trafficMs: number
  /** Rolling: ids of instances of the old version that have made way. */
  resting: readonly string[]
}

/** What of a stage says where traffic is during it. */
export type TrafficStage = Pick<Stage, 'weight' | 'service' | 'mirror'>

/** Nobody but testers sees the candidate. */
export const PREVIEW: TrafficStage = { weight: 0 }

/** The table of a stage. Of several services those before it are on the candidate, those after it are not yet. */
export function tableAt(live: LiveDelivery, stage: TrafficStage, services: readonly DeliveredService[]): RoutingTable {
  const { table, stable, candidate, resting } = live
  const { weight, service, mirror } = stage
  const at = services.findIndex(({ name }) => name === service)
  const shares = services.map(({ name }, index) => [name, index < at ? 100 : index === at ? weight : 0])
  return {
    ...table,
    backends: table.backends.filter(({ id }) => !resting.includes(id)),
    weights: { [stable]: 100 - weight, [candidate]: weight },
    ...(services.length > 1 ? { shares: Object.fromEntries(shares) as Record<string, number> } : {}),
    ...(mirror === undefined ? {} : { mirror: { version: candidate, percent: mirror } }),
  }
}

/** How far a stage is on the way from nothing on the candidate to everything of every service. */
export function progressOf({ weight, service }: TrafficStage, services: readonly DeliveredService[]): number {
  return (
    Math.max(
      0,
      services.findIndex(({ name }) => name === service),
    ) *
      100 +
    weight
  )
}

/** The same of a table that is in force. */
export function progressOfTable({ weights, shares }: RoutingTable, candidate: string): number {
  return Object.values(shares ?? { all: weights[candidate] ?? 0 }).reduce((sum, share) => sum + share, 0)
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
  // Traffic first: some of the old version is always there, and the rest of it comes while requests are answered again.
  const backToStable = [table && delivery.router.capsule(table), processes.restore, processes.retire]
  const steps = live && table ? backToStable.filter((step) => step !== null) : []
  if (!restore) return steps
  const { suspend, resume } = processes
  const swap = [suspend, restore.step, resume && { ...resume, always: true }].filter((step) => step !== null)
  // Where no router runs yet nobody asks, so nobody needs to be held.
  if (table && delivery.holds) {
    swap.unshift(delivery.router.capsule({ ...table, hold: true }))
    swap.push({ ...delivery.router.capsule(table), always: true })
  }
  return [...steps, ...swap.map((step) => ({ ...step, stage: 'data' as const }))]
}
