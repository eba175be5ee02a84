// gonogo lock | unlock: who holds the environment; keep it closed for releases, open it again, break what somebody left behind.
import { environmentHolds, giveUpRun, type EnvironmentHold } from '../../app/environment-hold.ts'
import { formatDuration } from '../../lib/duration.ts'
import { PlanError } from '../../lib/errors.ts'
import type { Project } from '../../config/load.ts'
import type { Place } from '../../store/environment-locks.ts'
import { oneOf, print, whoIs, withState, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'
import { paint, table } from '../screen.ts'

interface LockOptions extends GlobalOptions {
  reason?: string
  environment?: string
  break?: boolean
  as?: string
  format: string
}

/** Shows who holds what; with a reason, keeps the environment closed until it is unlocked. Exit 1 when the environment is held. */
export function lock(options: LockOptions): Promise<number> {
  const format = oneOf('--format', options.format, ['text', 'json'])
  return withState(options, async (state, project) => {
    const place = placeOf(project, options)
    const { reason } = options
    if (reason !== undefined) {
      await state.locks.take({ ...place, owner: whoIs(options), reason, since: Date.now() })
      print(`${place.service} in ${place.environment} is kept closed by ${whoIs(options)}: ${reason}`)
      print(`    ${paint('cyan', 'gonogo unlock')}`)
      return EXIT.ok
    }
    const holds = await environmentHolds(state, place)
    const history = await state.locks.history(place, HISTORY_SHOWN)
    if (format === 'json') print(JSON.stringify({ holds, history }, null, 2))
    else {
      print(table(holds.map(rowOf)))
      if (history.length > 0) print('')
      for (const { at, by, event, reason: why, owner } of history)
        print(
          paint(
            'dim',
            `${new Date(at).toISOString()}  ${event} by ${by}${by === owner ? '' : ` (of ${owner})`}: ${why}`,
          ),
        )
    }
    return holds[0]?.run || holds[0]?.lock ? EXIT.no : EXIT.ok
  })
}

const HISTORY_SHOWN = 5

/** Opens the environment again; with --break also what is somebody else's, or a run that nobody conducts any more. */
export function unlock(options: LockOptions): Promise<number> {
  return withState(options, async (state, project) => {
    const place = placeOf(project, options)
    const name = whoIs(options)
    const isBreaking = options.break ?? false
    if (isBreaking && !options.reason)
      throw new PlanError('to break it wants a reason', {
        expected: '--reason "..."',
        hint: 'it goes on record, with your name',
      })
    const reason = options.reason ?? 'over'
    const [hold] = await environmentHolds(state, place)
    if (hold?.lock) {
      const { event, owner } = await state.locks.release(place, { name, isBreaking, reason, at: Date.now() })
      print(
        `${place.service} in ${place.environment} is open again: ${event}${event === 'broken' ? `, it was ${owner}'s` : ''}`,
      )
    }
    if (hold?.run && !isBreaking)
      throw new PlanError(`run ${hold.run.id} of ${hold.run.startedBy} is ${hold.run.state} in ${place.environment}`, {
        hint: `gonogo resume ${hold.run.id}; or give it up: gonogo unlock --break --reason "..."`,
      })
    if (hold?.run) {
      const given = await giveUpRun(state, project.stateDirectory, place, { name, reason })
      if (given) print(`run ${given} is given up; ${place.environment} is free`)
    }
    if (!hold?.lock && !hold?.run) print(`nobody holds ${place.service} in ${place.environment}`)
    return EXIT.ok
  })
}

function placeOf({ config }: Project, { environment }: LockOptions): Place {
  return { service: config.service, environment: environment ?? config.environment }
}

function rowOf({ service, environment, run, lock: held }: EnvironmentHold): string[] {
  const since = (at: number): string => `${formatDuration(Date.now() - at)} ago`
  const by = [
    ...(held ? [`kept closed by ${held.owner} ${since(held.since)}: ${held.reason}`] : []),
    ...(run
      ? [`run ${run.id}, started by ${run.startedBy} ${since(run.createdAt)}, is ${run.state}: ${run.position}`]
      : []),
  ]
  return [service, environment, by.join('; ') || 'free']
}
