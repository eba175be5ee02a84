// Who holds an environment: the run that is live in it, or a person who keeps it closed; and how either is ended by a named person.
import { executedParts, capsuleDirectory, isArmed } from '../conduct/capsule.ts'
import { PlanError } from '../lib/errors.ts'
import { FINAL_STATES, type RunRecord } from '../plan/run-record.ts'
import type { EnvironmentLock, Place } from '../store/environment-locks.ts'
import { conductorOf } from './conductor.ts'
import type { State } from './state.ts'

export interface EnvironmentHold extends Place {
  run: Pick<RunRecord, 'id' | 'startedBy' | 'state' | 'position' | 'createdAt'> | null
  lock: EnvironmentLock | null
}

const RUNS_LOOKED_AT = 200

/** Every environment in which something is held, and this one. */
export async function environmentHolds(state: State, place: Place): Promise<EnvironmentHold[]> {
  const [locks, runs] = await Promise.all([state.locks.list(), state.runs.list(RUNS_LOOKED_AT)])
  const live = runs.filter((run) => !FINAL_STATES.includes(run.state))
  const places = new Map(
    [place, ...locks, ...live].map(({ service, environment }) => [
      `${service}\n${environment}`,
      { service, environment },
    ]),
  )
  return [...places.values()].map(({ service, environment }) => {
    const isHere = (one: Place): boolean => one.service === service && one.environment === environment
    return { service, environment, run: live.find(isHere) ?? null, lock: locks.find(isHere) ?? null }
  })
}

/**
 * Ends a run that holds an environment and that nobody conducts any more.
 * @throws PlanError when it is conducted, or something of it is live: there are better ways to end that.
 */
export async function giveUpRun(
  state: State,
  stateDirectory: string,
  place: Place,
  by: { name: string; reason: string },
): Promise<string | null> {
  const [hold] = await environmentHolds(state, place)
  const run = hold?.run
  if (!run) return null
  const conductor = conductorOf(stateDirectory, run.id)
  if (conductor !== null)
    throw new PlanError(`run ${run.id} of ${run.startedBy} is conducted by process ${conductor}`, {
      hint: `end it: gonogo abort ${run.id} --reason "..."`,
    })
  const capsule = capsuleDirectory(stateDirectory, run.id)
  if (isArmed(capsule) && executedParts(capsule).length === 0)
    throw new PlanError(`run ${run.id} has a live candidate: users may be on it`, {
      hint: `take it back first: gonogo rollback ${run.id} --emergency --reason "..."`,
    })
  const at = Date.now()
  const body = { by: by.name, command: 'give up', reason: by.reason }
  await state.ledger.append(run.id, { key: `control:given-up:${at}`, kind: 'control', item: null, body })
  return state.locks.endRun(place, { ...by, at })
}
