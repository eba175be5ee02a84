// gonogo return: the checklist, filled in. The original file is not touched.
import { returnedDocument } from '../../app/hand-over.ts'
import { chooseRun } from '../../app/state.ts'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { withState, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'

export function returnDocument(id: string | undefined, options: GlobalOptions & { output?: string }): Promise<number> {
  return withState(options, async (state, project) => {
    const run = await chooseRun(state.runs, id)
    const bytes = await returnedDocument(state, project.stateDirectory, run)
    if (options.output) writeFileAtomic(options.output, bytes)
    else process.stdout.write(bytes)
    return EXIT.ok
  })
}
