// gonogo rollback --emergency: by the capsule on disk, with as little of gonogo as possible.
import { conductorOf } from '../../app/conductor.ts'
import { rollBackNow } from '../../app/emergency.ts'
import { findStateDirectory } from '../../config/locate.ts'
import { formatDuration } from '../../lib/duration.ts'
import { EXIT } from '../exit.ts'
import { print, whoIs } from '../common.ts'
import { paint } from '../screen.ts'
import type { RollbackOptions } from './rollback.ts'

/** Needs nothing but the capsule: no database, and not even a configuration that can be read. */
export async function emergency(id: string | undefined, options: RollbackOptions): Promise<number> {
  const stateDirectory = findStateDirectory(options.project)
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
