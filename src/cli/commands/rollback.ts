// gonogo rollback: by the capsule in an emergency, else by the conductor.
import { conductorOf } from '../../app/conductor.ts'
import { PlanError } from '../../lib/errors.ts'
import { FINAL_STATES } from '../../plan/run-record.ts'
import { print, whoIs, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'

export interface RollbackOptions extends GlobalOptions {
  emergency?: boolean
  gradual?: boolean
  reason: string
  skipValidation?: boolean
  restoreData?: boolean
  as?: string
}

export async function rollback(id: string | undefined, options: RollbackOptions): Promise<number> {
  if (options.emergency && options.gradual) throw new PlanError('--emergency and --gradual exclude each other')
  // In an emergency nothing is loaded that is not needed: each import is time in which users see errors.
  return options.emergency ? (await import('./emergency.ts')).emergency(id, options) : askConductor(id, options)
}

async function askConductor(id: string | undefined, options: RollbackOptions): Promise<number> {
  const { openProject } = await import('../../app/project.ts')
  const { sendTo } = await import('../../app/messages.ts')
  const { chooseRun, openState } = await import('../../app/state.ts')
  const project = await openProject(options.project)
  const state = await openState(project.stateDirectory)
  try {
    const run = await chooseRun(state.runs, id)
    if (FINAL_STATES.includes(run.state))
      throw new PlanError(`run ${run.id} has ended: ${run.state}`, { hint: 'release the previous version to go back' })
    await sendTo(state, run, {
      type: 'rollback',
      by: whoIs(options),
      mode: 'gradual',
      reason: options.reason,
      skipValidation: options.skipValidation ?? false,
      restoreData: options.restoreData ?? false,
    })
    if (conductorOf(project.stateDirectory, run.id)) {
      print(`told ${run.id}: roll back gradually; follow it with "gonogo watch ${run.id}"`)
      return EXIT.ok
    }
    const { conductToEnd } = await import('./deploy.ts')
    return await conductToEnd(state, project, run, { noWait: true, json: false })
  } finally {
    await state.close()
  }
}
