// gonogo up | down: the service itself, before and after releases.
import { deliveredTargets, deliveryParts } from '../../app/delivery-parts.ts'
import { openProject, surroundingsOf } from '../../app/project.ts'
import { armedRuns } from '../../conduct/capsule.ts'
import { PlanError } from '../../lib/errors.ts'
import { print, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'

async function partsOf(options: GlobalOptions) {
  const project = await openProject(options.project)
  const surroundings = surroundingsOf(project, project.config.environment)
  const parts = deliveryParts(project, surroundings)
  if (!parts) throw new PlanError('gonogo.yaml has no delivery', { hint: 'add a "delivery" section' })
  return { project, surroundings, parts }
}

/** Starts a version (the stable one unless named) and gives it all traffic. For the first time; later versions are released. */
export async function up(version: string | undefined, options: GlobalOptions): Promise<number> {
  const { project, parts } = await partsOf(options)
  refuseWhileLive(project.stateDirectory)
  const chosen = version ?? parts.stable
  const backends = await parts.target.prepare(chosen, new AbortController().signal)
  await parts.router.set({ weights: { [chosen]: 100 }, backends, stable: chosen })
  parts.remember(chosen)
  print(`${chosen} is up: ${backends.map((backend) => `${backend.id} on ${backend.host}:${backend.port}`).join(', ')}`)
  return EXIT.ok
}

/** Stops everything of the delivery that runs. */
export async function down(options: GlobalOptions): Promise<number> {
  const { project, surroundings, parts } = await partsOf(options)
  refuseWhileLive(project.stateDirectory)
  for (const target of deliveredTargets(project, surroundings).toReversed())
    for (const version of Object.keys(await target.current())) {
      await target.retire(version, new AbortController().signal)
      print(`${version} is stopped`)
    }
  await parts.router.stop()
  print('the router is stopped')
  return EXIT.ok
}

function refuseWhileLive(stateDirectory: string): void {
  const [live] = armedRuns(stateDirectory)
  if (live)
    throw new PlanError(`run ${live} has a live candidate`, {
      hint: `finish it, or go back: gonogo rollback ${live} --emergency --reason "..."`,
    })
}
