// gonogo report: the record of a run, for people and machines.
import { FORMATS, reportOf, type Format } from '../../app/hand-over.ts'
import { chooseRun } from '../../app/state.ts'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { oneOf, withState, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'

interface ReportOptions extends GlobalOptions {
  format: string
  output?: string
}

export function report(id: string | undefined, options: ReportOptions): Promise<number> {
  const format = oneOf('--format', options.format, Object.keys(FORMATS) as Format[])
  return withState(options, async (state, project) => {
    const run = await chooseRun(state.runs, id)
    const text = FORMATS[format](await reportOf(state, project.stateDirectory, run))
    if (options.output) writeFileAtomic(options.output, text)
    else process.stdout.write(text)
    return EXIT.ok
  })
}
