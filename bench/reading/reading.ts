// A labelled document as gonogo reads it, with the proposals of every kind of check.
import { catalog } from '../../src/catalog/catalog.ts'
import { readChecklist } from '../../src/checklist/read.ts'
import { withProposals } from '../../src/checklist/statements/recognise.ts'
import type { Checklist } from '../../src/plan/plan.ts'
import type { Labelled } from './labels.ts'

export function readWithProposals({ name, bytes }: Labelled): Checklist {
  return withProposals(readChecklist(name, bytes), catalog.check)
}
