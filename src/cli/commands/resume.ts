// gonogo resume: goes on with a run. One that is being conducted is told; one that nobody conducts is conducted here.
import { conductorOf } from '../../app/conductor.ts'
import { sendTo } from '../../app/messages.ts'
import { chooseRun } from '../../app/state.ts'
import { FINAL_STATES } from '../../plan/run-record.ts'
import { PlanError } from '../../lib/errors.ts'
import { print, whoIs, withState, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'
import { conductToEnd } from './deploy.ts'

interface ResumeOptions extends GlobalOptions {
  as?: string
  wait: boolean
  json?: boolean
}

export function resume(id: string | undefined, options: ResumeOptions): Promise<number> {
  return withState(options, async (state, project) => {
    const run = await chooseRun(state.runs, id)
    if (FINAL_STATES.includes(run.state))
      throw new PlanError(`run ${run.id} has ended: ${run.state}`, { hint: `see "gonogo report ${run.id}"` })
    const by = whoIs(options)
    // One that waits looks again what it waits for, and may not wait here at all.
    if (run.state === 'paused' || run.state === 'waiting') await sendTo(state, run, { type: 'resume', by })
    if (conductorOf(project.stateDirectory, run.id)) {
      print(`told the conductor of ${run.id}`)
      return EXIT.ok
    }
    return conductToEnd(state, project, run, { noWait: !options.wait, json: options.json ?? false })
  })
}
