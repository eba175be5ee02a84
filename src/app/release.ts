// Starting and resuming runs: the plan is locked, the run is written down, the engine conducts it.
import { randomBytes } from 'node:crypto'
import { conduct } from '../conduct/conduct.ts'
import type { Engine, RunMessage } from '../conduct/ports.ts'
import type { DeliveryParts, RunEvent, Services } from '../conduct/services.ts'
import type { Project } from '../config/load.ts'
import { CONFIG_FILE } from '../config/locate.ts'
import { createEngine } from '../durable/dbos.ts'
import { PlanError } from '../lib/errors.ts'
import { canonicalJson } from '../lib/hash.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import { FINAL_STATES, type LedgerDraft, type LedgerEntry, type Pace, type RunRecord } from '../plan/run-record.ts'
import { createDataPort } from './data-port.ts'
import { surroundingsOf } from './project.ts'
import type { StableVersions } from './delivered-versions.ts'
import { deliveryParts } from './delivery-parts.ts'
import { backupsOf, sourcesOf } from './services.ts'
import { importJournal, journalPath } from '../store/journal.ts'
import type { State } from './state.ts'

export interface StartOptions {
  plan: ReleasePlan
  pace: Pace
  by: string
  /** Which versions have the traffic now; null when nothing is delivered. */
  delivery: Pick<DeliveryParts, 'stable' | 'stableOf'> | null
  /** Why it may begin outside of its calendar; null: it waits. */
  outsideWindow?: string | null
}

/**
 * Writes a new run down. Nothing is done yet.
 * @throws PlanError when another run of this service and environment is alive.
 */
export async function createRun(state: State, options: StartOptions): Promise<RunRecord> {
  const { plan, pace, by, delivery, outsideWindow = null } = options
  const record: RunRecord = {
    id: newRunId(new Date()),
    service: plan.service,
    environment: plan.environment,
    planHash: plan.hash,
    state: 'planned',
    position: 'planned',
    wayBack: { possible: true, estimateMs: 0, how: 'nothing was changed yet' },
    pace,
    startedBy: by,
    createdAt: Date.now(),
    endedAt: null,
    reason: null,
  }
  await state.runs.create(record, JSON.stringify(plan))
  await state.ledger.append(
    record.id,
    createdEntry(delivery, { by, plan: plan.hash, pace, ...(outsideWindow ? { outsideWindow } : {}) }),
  )
  return record
}

/** `20261121-101500-x7k2`: sorts by time, easy to type. */
function newRunId(now: Date): string {
  const stamp = now.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15)
  return `${stamp}-${randomBytes(3).toString('hex').slice(0, 4)}`
}

export interface ConductOptions {
  project: Project
  state: State
  run: RunRecord
  noWait: boolean
  /** Aborts the conducting, not the run: it can be resumed. */
  signal: AbortSignal
  emit: (event: RunEvent) => void
}

/** Conducts a run in this process until it ends or the signal aborts. @returns the run as it stands then. */
export async function conductRun(options: ConductOptions): Promise<RunRecord> {
  const { state, run, signal } = options
  if (FINAL_STATES.includes(run.state))
    throw new PlanError(`run ${run.id} has ended: ${run.state}`, { hint: `see "gonogo report ${run.id}"` })
  const plan = await reviewedPlan(options)
  const stopping = new AbortController()
  const abandoned = new AbortController()
  const entries = await state.ledger.entries(run.id)
  const versions = { candidate: plan.delivery?.candidate ?? null, known: stableAtStart(entries) }
  const services = {
    ...servicesFor(options, stopping.signal, () => engine, versions),
    abandon: (error: unknown) => abandoned.abort(error),
  }
  // The process may have been killed between writing the run down and the first entry of its ledger; nothing was done by then.
  if (entries.length === 0) {
    const { planHash, pace, startedBy } = run
    await state.ledger.append(run.id, createdEntry(services.delivery, { by: startedBy, plan: planHash, pace }))
  }
  // An emergency may have been while the database was out of reach.
  await importJournal(journalPath(options.project.stateDirectory, run.id), run.id, state.ledger)
  const engine: Engine = await createEngine({
    databaseUrl: state.url,
    conduct: (runId, durable) => conduct(runId, durable, services),
  })
  try {
    await engine.conduct(run.id, AbortSignal.any([signal, abandoned.signal]))
  } finally {
    stopping.abort()
    await engine.close()
  }
  if (abandoned.signal.aborted) throw abandoned.signal.reason
  return (await state.runs.get(run.id)) ?? run
}

/** The stable version of each target when the run began; null of a run that has not. */
function stableAtStart(entries: readonly LedgerEntry[]): StableVersions | null {
  const created = entries.find(({ key }) => key === 'run:created')
  return (created?.body.stableOf as StableVersions | undefined) ?? null
}

function createdEntry(
  delivery: StartOptions['delivery'],
  body: { by: string; plan: string; pace: Pace; outsideWindow?: string },
): LedgerDraft {
  const event = { event: 'created', state: 'planned', reason: null }
  const versions = { stable: delivery?.stable ?? null, ...(delivery ? { stableOf: delivery.stableOf } : {}) }
  return { key: 'run:created', kind: 'run', item: null, body: { ...event, ...body, ...versions } }
}

/** A run keeps to what was reviewed: its plan is in the database, but targets and routers are made from the file. */
async function reviewedPlan({ project, state, run }: ConductOptions): Promise<Partial<ReleasePlan>> {
  const plan = JSON.parse((await state.runs.plan(run.id)) ?? '{}') as Partial<ReleasePlan>
  if (canonicalJson(plan.config) === canonicalJson(project.written)) return plan
  throw new PlanError(`changed since run ${run.id} was started`, {
    file: CONFIG_FILE,
    hint: 'put it back as it was reviewed, then resume; "gonogo rollback --emergency" works in any case',
  })
}

/**
 * What the conductor reaches for outside itself, wired for one run of this project.
 * @param versions which one it releases, and the stable ones it began with
 */
export function servicesFor(
  { project, state, run, noWait, emit }: ConductOptions,
  stopping: AbortSignal,
  engine: () => Engine,
  { candidate, known }: { candidate: string | null; known: StableVersions | null },
): Omit<Services, 'abandon'> {
  const surroundings = surroundingsOf(project, run.environment)
  const delivery = deliveryParts(project, surroundings, candidate, known)
  const backups = backupsOf(project, surroundings)
  const { watchdog } = project.config.delivery ?? { watchdog: { after: 10_000, policy: 'rollback' as const } }
  return {
    directory: project.directory,
    stateDirectory: project.stateDirectory,
    ...surroundings,
    ledger: state.ledger,
    evidence: state.evidence,
    runs: state.runs,
    delivery,
    backups,
    data: createDataPort({ project, surroundings }, backups),
    sources: sourcesOf(project, delivery, surroundings, candidate),
    watchdog: { afterMs: watchdog.after, policy: watchdog.policy },
    stopping,
    checksAtOnce: project.config.defaults.checksAtOnce,
    noWait,
    send: (message: RunMessage) => engine().send(run.id, message),
    hasMail: () => engine().hasMail(run.id),
    clock: steadyClock,
    emit,
  }
}

/** The time at the start of this process plus monotonic time since: samples and stretches of them do not mind a clock that is set. */
function steadyClock(): number {
  return Math.round(performance.timeOrigin + performance.now())
}
