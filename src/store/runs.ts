// The runs: which there were, how they stand, and the plan each was started with.
import type { Runs } from '../conduct/ports.ts'
import { PlanError } from '../lib/errors.ts'
import { FINAL_STATES } from '../plan/run-record.ts'
import type { RunRecord } from '../plan/run-record.ts'
import { isTaken } from './database.ts'
import { holdLocks, requireOpen } from './environment-locks.ts'
import type { Database } from './database.ts'

/** Everything but the plan, which is large and rarely wanted. */
const RECORD = [
  'id',
  'service',
  'environment',
  'planHash',
  'state',
  'position',
  'wayBack',
  'pace',
  'startedBy',
  'createdAt',
  'endedAt',
  'reason',
] as const satisfies (keyof RunRecord)[]

/** Runs in Postgres. One live run a service and environment: a partial unique index sees to it. */
export function createRuns(database: Database): Runs {
  const find = (id: string): Promise<RunRecord | undefined> =>
    database.query((db) => db.selectFrom('gonogo.runs').select(RECORD).where('id', '=', id).executeTakeFirst())

  const findPlan = async (id: string): Promise<string | null> => {
    const row = await database.query((db) =>
      db.selectFrom('gonogo.runs').select('plan').where('id', '=', id).executeTakeFirst(),
    )
    return row?.plan ?? null
  }

  return {
    async create(record, plan) {
      const row = { ...record, wayBack: JSON.stringify(record.wayBack), pace: JSON.stringify(record.pace), plan }
      try {
        await database.query((db) =>
          db.transaction().execute(async (transaction) => {
            await holdLocks(transaction)
            await requireOpen(transaction, record)
            await transaction.insertInto('gonogo.runs').values(row).execute()
          }),
        )
      } catch (error) {
        if (!isTaken(error)) throw error
        // The connection can break after the row was written: the repeated insert then meets its own row.
        const found = await find(record.id)
        if (!found) throw await occupied(database, record)
        if (found.createdAt !== record.createdAt || (await findPlan(record.id)) !== plan)
          throw new PlanError(`run ${record.id} exists already`, { hint: `gonogo status ${record.id}` })
      }
    },
    async update(runId, change) {
      const { wayBack, ...rest } = change
      const columns = wayBack ? { ...rest, wayBack: JSON.stringify(wayBack) } : rest
      const { numUpdatedRows } = await database.query((db) =>
        db.updateTable('gonogo.runs').set(columns).where('id', '=', runId).executeTakeFirst(),
      )
      if (numUpdatedRows !== 1n) throw new Error(`there is no run ${runId} to update`)
    },
    async get(runId) {
      return (await find(runId)) ?? null
    },
    plan: findPlan,
    async list(limit) {
      return await database.query((db) =>
        db
          .selectFrom('gonogo.runs')
          .select(RECORD)
          .orderBy('createdAt', 'desc')
          .orderBy('id', 'desc')
          .limit(limit)
          .execute(),
      )
    },
  }
}

/** The error that says who is in the way. */
async function occupied(database: Database, wanted: RunRecord): Promise<PlanError> {
  const other = await database.query((db) =>
    db
      .selectFrom('gonogo.runs')
      .select(['id', 'startedBy', 'state'])
      .where('service', '=', wanted.service)
      .where('environment', '=', wanted.environment)
      .where('state', 'not in', FINAL_STATES)
      .executeTakeFirst(),
  )
  const what = `${wanted.service} in ${wanted.environment}`
  if (!other) return new PlanError(`another run of ${what} was alive until just now`, { hint: 'try again' })
  return new PlanError(`${what} is being released: run ${other.id}, started by ${other.startedBy}, is ${other.state}`, {
    hint: `gonogo status ${other.id}`,
  })
}
