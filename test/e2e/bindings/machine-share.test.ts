// How much of the reference documents a machine verifies when somebody has bound them, and why the rest is a person's.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openProject, planProject } from '../../../src/app/project.ts'
import type { ReleasePlan } from '../../../src/plan/release-plan.ts'
import { requireRedGuards } from '../../../src/planning/guard-controls.ts'
import { verificationOf, type Verification } from '../../../src/planning/verification.ts'
import { layOut } from '../original-project.ts'
import { bidirectionalSync } from './bidirectional-sync.ts'
import type { Bound } from './binder.ts'
import { blueGreenHelm } from './blue-green-helm.ts'
import { eventPipelineKubernetes } from './event-pipeline-kubernetes.ts'
import { integratedStack } from './integrated-stack.ts'
import { isHere, planDocument } from './plan-document.ts'

type Counts = Omit<Verification, 'people' | 'nobody'>

interface Row {
  document: string
  planned: () => Promise<ReleasePlan>
  counts: Counts
}

const row = (bound: Bound, counts: Counts): Row => ({
  document: bound.document,
  planned: () => planDocument(bound),
  counts,
})

/** Exact, so that a change shows: of `total` items a machine verifies `machine`, which are `check`, `measured` and `deed` together. */
const ROWS: Row[] = [
  row(blueGreenHelm, { total: 176, machine: 145, check: 111, measured: 16, deed: 18, person: 31, skipped: 0 }),
  row(eventPipelineKubernetes, { total: 147, machine: 122, check: 92, measured: 22, deed: 8, person: 25, skipped: 0 }),
  // Of the 100, 57 are blanks to be filled in, and 17 headings over items of which a person answers one at least.
  row(bidirectionalSync, { total: 250, machine: 150, check: 126, measured: 10, deed: 14, person: 100, skipped: 0 }),
  row(integratedStack, { total: 94, machine: 87, check: 73, measured: 0, deed: 14, person: 7, skipped: 0 }),
  // On this very machine, and conducted for real: ../original-document.services.test.ts.
  {
    document: 'data-consistency-fixes.md',
    planned: planOriginal,
    counts: { total: 178, machine: 108, check: 52, measured: 39, deed: 17, person: 65, skipped: 5 },
  },
]

describe.each(ROWS)('$document', ({ document, planned, counts }) => {
  const here = isHere(document)
  if (!here) console.warn(`SKIPPED: there is no ../shared/checklists/${document}; its bindings are not planned`)

  test.skipIf(!here)(
    'is verified by machine so far, and every other item has a reason why a person is asked',
    async () => {
      const plan = await planned()
      const { people, nobody, ...found } = verificationOf(plan)
      expect(found).toEqual(counts)
      expect(nobody).toBe(0)
      const lineOf = new Map(plan.checklist.items.map(({ id, line }) => [id, line]))
      expect(people.filter(({ reason }) => reason === null).map(({ item }) => lineOf.get(item))).toEqual([])
      const asked = plan.items.filter(({ binding: { type } }) => type === 'poll' || type === 'record')
      expect(people.map(({ item }) => item)).toEqual(asked.map(({ item }) => item))
    },
  )
})

async function planOriginal(): Promise<ReleasePlan> {
  const folder = mkdtempSync(join(tmpdir(), 'gonogo-original-'))
  try {
    const project = await openProject(layOut(folder, 8400).directory)
    const { plan } = await planProject(project, { proposals: false })
    requireRedGuards(plan, project)
    return plan
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
