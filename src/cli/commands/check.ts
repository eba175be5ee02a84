// gonogo check: is everything ready? Looks, changes nothing, needs no database.
import { lazyDataPort } from '../../app/lazy-data-port.ts'
import { openProject, planProject, surroundingsOf } from '../../app/project.ts'
import { guardControls } from '../../planning/guard-controls.ts'
import type { CheckEnd } from '../check/checked.ts'
import { lookAtAll } from '../check/look.ts'
import { outputsOf, writeOutput } from '../check/outputs.ts'
import { renderCheck } from '../check/render.ts'
import { selectAll, selectOnly } from '../check/selection.ts'
import { verdictOf } from '../check/verdict.ts'
import { print, type GlobalOptions } from '../common.ts'

interface CheckOptions extends GlobalOptions {
  format: string
  output?: string[]
  full?: boolean
  only?: string[]
  explain?: boolean
  environment?: string
}

/** Exit 0 GO, 1 NO-GO, 3 when something is not verified, also because it was cancelled. */
export async function check(options: CheckOptions): Promise<number> {
  const outputs = outputsOf(options.format, options.output ?? [])
  const startedAt = Date.now()
  const project = await openProject(options.project)
  const { plan } = await planProject(project, {
    proposals: false,
    ...(options.environment ? { environment: options.environment } : {}),
  })
  const surroundings = surroundingsOf(project, plan.environment)
  const { chosen, unbound } = options.only ? selectOnly(plan, options.only) : selectAll(plan, options.full === true)
  const { directory, stateDirectory } = project
  const results = await lookAtAll(
    chosen,
    {
      directory,
      stateDirectory,
      data: lazyDataPort(project, surroundings),
      environment: plan.environment,
      clock: Date.now,
      ...surroundings,
    },
    project.config.defaults.checksAtOnce,
  )
  // Who names items asks about those, not about the guards.
  const controls = options.only ? [] : guardControls(plan, project.config)
  const verdict = verdictOf(results, unbound.length, controls)
  const end: CheckEnd = { directory, plan, results, unbound, controls, verdict, startedAt, endedAt: Date.now() }
  const explain = options.explain === true
  print((await renderCheck(outputs.terminal, end, { explain, width: widthOfTerminal() })).trimEnd())
  for (const { format, path } of outputs.files)
    writeOutput(path, await renderCheck(format, end, { explain, width: null }))
  if ([outputs.terminal, ...outputs.files.map(({ format }) => format)].includes('github'))
    (await import('../check/job-summary.ts')).appendJobSummary(end)
  return verdict.exitCode
}

/** Null where nobody looks: nothing is cut in a file. */
function widthOfTerminal(): number | null {
  return process.stdout.isTTY ? (process.stdout.columns ?? 80) : null
}
