// What `gonogo plan` shows: the document, what is bound to it and proposed for it, and how much that covers.
import { existsSync, realpathSync } from 'node:fs'
import { isAbsolute, relative, resolve } from 'node:path'
import { kindsOf, loadKinds } from '../../catalog/catalog.ts'
import { openProject, planProject, readDocument } from '../../app/project.ts'
import { coverageOf, measureCoverage, type Coverage, type Covered } from '../../checklist/coverage.ts'
import type { Project } from '../../config/load.ts'
import { findProject } from '../../config/locate.ts'
import type { Checklist } from '../../plan/plan.ts'
import type { ReleasePlan } from '../../plan/release-plan.ts'
import type { NegativeControl } from '../../guards/negative-control.ts'
import { guardControls } from '../../planning/guard-controls.ts'
import { knownOf } from '../../planning/known.ts'
import { nextSteps, type NextStep } from '../../planning/next-steps.ts'
import { proposeBindings, type BindingProposal } from '../../planning/propose.ts'

export interface Reading {
  checklist: Checklist
  /** Null, like `plan`, where no gonogo.yaml is about this document: it can be read without one. */
  project: Project | null
  plan: ReleasePlan | null
  /** Why the gonogo.yaml that is there was left aside, or null. */
  aside: string | null
  /** What could be bound to items that nothing is bound to. */
  proposals: ReadonlyMap<string, BindingProposal>
  covered: ReadonlyMap<string, Covered>
  coverage: Coverage
  /** Whether each guard of the plan can turn red, in the plan's order. */
  controls: NegativeControl[]
  /** What would add most comes first. */
  steps: NextStep[]
}

export interface ReadingChoices {
  /** Directory to start from. */
  project: string
  environment?: string
  candidate?: string
}

/**
 * Reads the document of the project, or the one that is named.
 * @throws PlanError for a document that cannot be read, and for a gonogo.yaml that is wrong or missing where it is needed.
 */
export async function readPlan(file: string | undefined, choices: ReadingChoices): Promise<Reading> {
  await loadKinds(['check', 'source', 'backup'])
  const kinds = kindsOf('check')
  const directory = findProject(choices.project)
  const path = file === undefined ? null : locate(file, choices.project, directory)
  if (path !== null && (directory === null || isOutside(path, directory)))
    return measured(readDocument(choices.project, path, { kinds }).checklist, null, null, null)
  const project = await openProject(choices.project)
  if (path !== null && isOther(path, project)) {
    const { checklist } = readDocument(project.directory, path, { kinds })
    const aside = `gonogo.yaml binds ${project.config.checklist}, and nothing of ${checklist.document.path}: read without it`
    if (!checklist.items.some(({ id }) => Object.hasOwn(project.config.bindings, id)))
      return measured(checklist, null, null, aside)
  }
  const { environment, candidate } = choices
  const { plan } = await planProject(project, {
    ...(path === null ? {} : { file: path }),
    ...(environment ? { environment } : {}),
    ...(candidate ? { candidate } : {}),
  })
  return measured(plan.checklist, project, plan, null)
}

function measured(
  checklist: Checklist,
  project: Project | null,
  plan: ReleasePlan | null,
  aside: string | null,
): Reading {
  const config = project?.config ?? null
  const proposals = proposeBindings(checklist, plan, config)
  const covered = coverageOf(checklist, knownOf(checklist, plan, proposals))
  const coverage = measureCoverage(checklist, covered)
  const steps = nextSteps({ checklist, plan, config, proposals, covered })
  const controls = plan && config ? guardControls(plan, config) : []
  return { checklist, project, plan, aside, proposals, covered, coverage, controls, steps }
}

/** A document is named from where one is, as a shell completes it; else from where gonogo.yaml is. */
function locate(file: string, from: string, project: string | null): string {
  const near = resolve(from, file)
  return project === null || isAbsolute(file) || existsSync(near) ? near : resolve(project, file)
}

function isOutside(path: string, directory: string): boolean {
  const below = relative(real(directory), real(path))
  return below.startsWith('..') || isAbsolute(below)
}

/** Not the project's own checklist, while that has bindings: those would not fit. */
function isOther(path: string, { directory, config }: Project): boolean {
  const own = real(resolve(directory, config.checklist))
  return Object.keys(config.bindings).length > 0 && real(path) !== own
}

/** Temporary directories and home directories are often links; what does not exist is left to whoever reads it. */
function real(path: string): string {
  return existsSync(path) ? realpathSync(path) : path
}
