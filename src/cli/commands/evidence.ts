// gonogo evidence: one piece of evidence, by its hash.
import { openProject } from '../../app/project.ts'
import { PlanError } from '../../lib/errors.ts'
import { createEvidenceStore } from '../../store/evidence.ts'
import type { GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'

export async function evidence(hash: string, options: GlobalOptions): Promise<number> {
  const content = await createEvidenceStore((await openProject(options.project)).stateDirectory).get(hash)
  if (content === null)
    throw new PlanError(`there is no evidence ${hash}, or it was changed`, {
      expected: 'a SHA-256 of 64 hexadecimal digits',
    })
  process.stdout.write(content)
  return EXIT.ok
}
