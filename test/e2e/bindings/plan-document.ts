// The plan of a document with the bindings written for it, as `gonogo plan` makes it: every option goes through the schema of its kind.
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { openProject, planProject, readDocument } from '../../../src/app/project.ts'
import type { ReleasePlan } from '../../../src/plan/release-plan.ts'
import { ROOT } from '../gonogo.ts'
import { requireRedGuards } from '../../../src/planning/guard-controls.ts'
import { bindByRules, type Bound } from './binder.ts'

const CHECKLISTS = join(ROOT, '../shared/checklists')

/** Whether the document is on this machine: third parties' documents are no part of the project. */
export function isHere(document: string): boolean {
  return existsSync(join(CHECKLISTS, document))
}

/** @throws PlanError for an option that a kind refuses or a guard that cannot turn red, Error for a rule that finds nothing. */
export async function planDocument({ document, config, ...rules }: Bound): Promise<ReleasePlan> {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-bound-'))
  try {
    copyFileSync(join(CHECKLISTS, document), join(directory, document))
    const { checklist } = readDocument(directory, document)
    const bindings = bindByRules(checklist, rules)
    writeFileSync(join(directory, 'gonogo.yaml'), stringify({ checklist: document, ...config, bindings }))
    const project = await openProject(directory)
    const { plan } = await planProject(project, { proposals: false })
    requireRedGuards(plan, project)
    return plan
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
