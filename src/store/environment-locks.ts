// One release at a time in an environment: besides the run that is live in it, a person may keep it closed. Every taking, giving back and
// breaking stays on record.
import { sql } from 'kysely'
import type { Transaction } from 'kysely'
import { PlanError } from '../lib/errors.ts'
import { FINAL_STATES, type RunRecord } from '../plan/run-record.ts'
import type { Database, Tables } from './database.ts'

/** A service in an environment: what is locked. */
export interface Place {
  service: string
  environment: string
}

/** Who keeps it closed, why, and since when (milliseconds since the epoch). */
export interface EnvironmentLock extends Place {
  owner: string
  reason: string
  since: number
}

export interface LockEvent extends Place {
  at: number
  by: string
  event: 'locked' | 'unlocked' | 'broken'
  reason: string
  /** Whose it was. */
  owner: string
}

export interface EnvironmentLocks {
  /** Every environment that is kept closed. */
  list(): Promise<EnvironmentLock[]>
  /** What happened to the locks of a place, newest first. */
  history(place: Place, limit: number): Promise<LockEvent[]>
  /** @throws PlanError when somebody keeps it closed already. */
  take(lock: EnvironmentLock): Promise<void>
  /**
   * Opens it again. Its owner needs no reason; anybody else breaks it, under his name and with one.
   * @throws PlanError when it is not closed, or is somebody else's and `isBreaking` is false.
   */
  release(place: Place, by: { name: string; isBreaking: boolean; reason: string; at: number }): Promise<LockEvent>
  /**
   * Ends a run that nobody conducts any more, so that the environment is free: under a name, with a reason.
   * @returns the run that held it, or null when none does.
   */
  endRun(place: Place, by: { name: string; reason: string; at: number }): Promise<string | null>
}

/** Whoever changes who holds an environment holds this meanwhile. */
const LOCKS_LOCK = 7_166_403

/** Serialises with everybody else who takes, gives back or starts a run. */
export async function holdLocks(transaction: Transaction<Tables>): Promise<void> {
  await sql`select pg_advisory_xact_lock(${LOCKS_LOCK})`.execute(transaction)
}

/** @throws PlanError that names the owner when the place is kept closed. */
export async function requireOpen(transaction: Transaction<Tables>, { service, environment }: Place): Promise<void> {
  const lock = await find(transaction, { service, environment })
  if (!lock) return
  throw new PlanError(`${service} in ${environment} is kept closed by ${lock.owner}: ${lock.reason}`, {
    hint: `ask ${lock.owner}, or break it: gonogo unlock --break --reason "..."`,
  })
}

function find(transaction: Transaction<Tables>, { service, environment }: Place): Promise<EnvironmentLock | undefined> {
  return transaction
    .selectFrom('gonogo.environmentLocks')
    .selectAll()
    .where('service', '=', service)
    .where('environment', '=', environment)
    .executeTakeFirst()
}

export function createEnvironmentLocks(database: Database): EnvironmentLocks {
  const change = <T>(work: (transaction: Transaction<Tables>) => Promise<T>): Promise<T> =>
    database.query((db) =>
      db.transaction().execute(async (transaction) => {
        await holdLocks(transaction)
        return work(transaction)
      }),
    )
  const record = (transaction: Transaction<Tables>, event: LockEvent): Promise<unknown> =>
    transaction.insertInto('gonogo.lockEvents').values(event).execute()

  return {
    list: () =>
      database.query((db) =>
        db.selectFrom('gonogo.environmentLocks').selectAll().orderBy('service').orderBy('environment').execute(),
      ),

    history: ({ service, environment }, limit) =>
      database.query((db) =>
        db
          .selectFrom('gonogo.lockEvents')
          .select(['service', 'environment', 'at', 'by', 'event', 'reason', 'owner'])
          .where('service', '=', service)
          .where('environment', '=', environment)
          .orderBy('at', 'desc')
          .limit(limit)
          .execute(),
      ),

    take: (lock) =>
      change(async (transaction) => {
        const { service, environment, owner, reason, since } = lock
        const held = await find(transaction, lock)
        // Asked again after a connection broke.
        if (held && held.owner === owner && held.since === since) return
        if (held)
          throw new PlanError(`${service} in ${environment} is kept closed by ${held.owner} already: ${held.reason}`)
        await transaction.insertInto('gonogo.environmentLocks').values(lock).execute()
        await record(transaction, { service, environment, at: since, by: owner, event: 'locked', reason, owner })
      }),

    release: (place, { name, isBreaking, reason, at }) =>
      change(async (transaction) => {
        const { service, environment } = place
        const held = await find(transaction, place)
        if (!held) throw new PlanError(`${service} in ${environment} is not kept closed by anybody`)
        const isOwn = held.owner === name
        if (!isOwn && !isBreaking)
          throw new PlanError(`it is ${held.owner} who keeps ${service} in ${environment} closed: ${held.reason}`, {
            hint: `ask ${held.owner}, or break it under your name: --break --reason "..."`,
          })
        await transaction
          .deleteFrom('gonogo.environmentLocks')
          .where('service', '=', service)
          .where('environment', '=', environment)
          .execute()
        const event = isOwn ? 'unlocked' : 'broken'
        const entry: LockEvent = { service, environment, at, by: name, event, reason, owner: held.owner }
        await record(transaction, entry)
        return entry
      }),

    endRun: (place, { name, reason, at }) =>
      change(async (transaction) => {
        const { service, environment } = place
        const run = await liveRun(transaction, place)
        if (!run) return null
        await requireAbandoned(transaction, run)
        await transaction
          .updateTable('gonogo.runs')
          .set({ state: 'failed', endedAt: at, position: 'given up', reason: `given up by ${name}: ${reason}` })
          .where('id', '=', run.id)
          .execute()
        const owner = run.startedBy
        await record(transaction, {
          service,
          environment,
          at,
          by: name,
          event: 'broken',
          reason: `run ${run.id}: ${reason}`,
          owner,
        })
        return run.id
      }),
  }
}

/** Whoever conducts a run, on whatever host, holds a lock of its id. @throws PlanError when somebody does. */
async function requireAbandoned(
  transaction: Transaction<Tables>,
  run: Pick<RunRecord, 'id' | 'startedBy'>,
): Promise<void> {
  const { rows } = await sql<{ free: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${run.id}, 0)) as free`.execute(transaction)
  if (rows[0]?.free) return
  throw new PlanError(`run ${run.id} of ${run.startedBy} is being conducted at this moment`, {
    hint: `end it: gonogo abort ${run.id} --reason "..."`,
  })
}

/** The run that is live in a place. */
function liveRun(
  transaction: Transaction<Tables>,
  { service, environment }: Place,
): Promise<Pick<RunRecord, 'id' | 'startedBy' | 'state'> | undefined> {
  return transaction
    .selectFrom('gonogo.runs')
    .select(['id', 'startedBy', 'state'])
    .where('service', '=', service)
    .where('environment', '=', environment)
    .where('state', 'not in', FINAL_STATES)
    .executeTakeFirst()
}
