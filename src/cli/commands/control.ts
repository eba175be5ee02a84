// gonogo pause | promote | abort: a person's word to a run.
import { conductorOf } from '../../app/conductor.ts'
import { sendTo } from '../../app/messages.ts'
import { chooseRun } from '../../app/state.ts'
import { planOf } from '../../app/hand-over.ts'
import { mayAnswer } from '../../conduct/people.ts'
import { PlanError } from '../../lib/errors.ts'
import { FINAL_STATES } from '../../plan/run-record.ts'
import { print, whoIs, withState, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'

interface ControlOptions extends GlobalOptions {
  as?: string
  reason?: string
}

export const pause = (id: string | undefined, options: ControlOptions): Promise<number> => tell('pause', id, options)
export const promote = (id: string | undefined, options: ControlOptions): Promise<number> =>
  tell('promote', id, options)
export const abort = (id: string | undefined, options: ControlOptions): Promise<number> => tell('abort', id, options)

function tell(type: 'pause' | 'promote' | 'abort', id: string | undefined, options: ControlOptions): Promise<number> {
  return withState(options, async (state, project) => {
    const run = await chooseRun(state.runs, id)
    if (FINAL_STATES.includes(run.state)) throw new PlanError(`run ${run.id} has ended: ${run.state}`)
    const by = whoIs(options)
    if (type === 'promote') {
      const plan = await planOf(state, run)
      const role = plan.delivery?.approver ?? ''
      if (!mayAnswer(plan.people, role, by)) {
        throw new PlanError(`${by} may not promote`, {
          expected: `one of ${role}: ${plan.people[role]?.join(', ') ?? 'nobody'}`,
          hint: 'say who you are with --as',
        })
      }
      await sendTo(state, run, { type, by })
    } else {
      await sendTo(state, run, { type, by, reason: options.reason ?? `asked by ${by}` })
    }
    const conducted = conductorOf(project.stateDirectory, run.id) !== null
    print(
      conducted
        ? `told ${run.id}: ${type}`
        : `${run.id} will hear "${type}" when it is conducted again: gonogo resume ${run.id}`,
    )
    return EXIT.ok
  })
}
