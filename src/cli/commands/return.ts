// gonogo return: the checklist, filled in. The original file is not touched.
import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { handOver, returnedDocument, runDirectory } from '../../app/hand-over.ts'
import { chooseRun } from '../../app/state.ts'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { withState, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'

interface ReturnOptions extends GlobalOptions {
  output?: string
  /** An address of the report; true: the report of the run on this disk. */
  annotate?: string | true
}

export function returnDocument(id: string | undefined, options: ReturnOptions): Promise<number> {
  return withState(options, async (state, project) => {
    const { stateDirectory } = project
    const run = await chooseRun(state.runs, id)
    const report = join(runDirectory(stateDirectory, run.id), 'report.html')
    // A run that is not over has no report yet that a link could lead to.
    if (options.annotate === true && !existsSync(report)) await handOver(state, stateDirectory, run)
    const bytes = await returnedDocument(state, stateDirectory, run, reportAddress(report, options))
    if (options.output) writeFileAtomic(options.output, bytes)
    else process.stdout.write(bytes)
    return EXIT.ok
  })
}

/** Links are relative to where the document is written; printed, to where one is. */
function reportAddress(report: string, { annotate, output }: ReturnOptions): string | null {
  if (annotate === undefined) return null
  if (annotate !== true) return annotate
  return relative(output ? dirname(resolve(output)) : process.cwd(), report)
    .split(sep)
    .join('/')
}
