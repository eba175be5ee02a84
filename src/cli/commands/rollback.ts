// gonogo rollback: by the capsule in an emergency, else by the conductor.
import { rollBackNow } from '../../app/emergency.ts'
import { conductorOf, sendTo } from '../../app/messages.ts'
import { openProject } from '../../app/project.ts'
import { formatDuration } from '../../lib/duration.ts'
import { PlanError } from '../../lib/errors.ts'
import { FINAL_STATES } from '../../plan/run-record.ts'
import { print, whoIs, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'
import { paint } from '../screen.ts'

interface RollbackOptions extends GlobalOptions {
  emergency?: boolean
  gradual?: boolean
  reason: string
  skipValidation?: boolean
  restoreData?: boolean
  as?: string
}

export async function rollback(id: string | undefined, options: RollbackOptions): Promise<number> {
  if (options.emergency && options.gradual) throw new PlanError('--emergency and --gradual exclude each other')
  return options.emergency ? emergency(id, options) : askConductor(id, options)
}

/** Needs nothing but the capsule: the database is not even opened, and what speaks to it not even loaded. */
async function emergency(id: string | undefined, options: RollbackOptions): Promise<number> {
  const { stateDirectory } = openProject(options.project)
  const result = await rollBackNow({
    stateDirectory,
    runId: id ?? null,
    reason: options.reason,
    by: whoIs(options),
    restoreData: options.restoreData ?? false,
    onLine: (line) => print(`  ${line}`),
  })
  print(
    `${paint('bold', `${result.runId}: traffic was back after ${formatDuration(result.trafficMs)}`)}, everything after ${formatDuration(result.totalMs)}`,
  )
  if (conductorOf(stateDirectory, result.runId)) print('the conductor has noticed and finishes the run')
  else print(`nobody conducts the run: finish its record with\n    ${paint('cyan', `gonogo resume ${result.runId}`)}`)
  return EXIT.ok
}

async function askConductor(id: string | undefined, options: RollbackOptions): Promise<number> {
  const project = openProject(options.project)
  const { chooseRun, openState } = await import('../../app/state.ts')
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
