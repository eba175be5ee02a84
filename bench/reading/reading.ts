// A labelled document as gonogo reads it, with the proposals of every kind of check.
import { kindsOf, loadKinds } from '../../src/catalog/catalog.ts'
import { readChecklist } from '../../src/checklist/read.ts'
import { withProposals } from '../../src/checklist/statements/recognise.ts'
import type { Checklist } from '../../src/plan/plan.ts'
import type { Labelled } from './labels.ts'

await loadKinds()

export function readWithProposals({ name, bytes }: Labelled): Checklist {
  return withProposals(readChecklist(name, bytes), kindsOf('check'))
}
