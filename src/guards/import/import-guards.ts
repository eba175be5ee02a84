// Analyses of Argo Rollouts and Flagger to guards of gonogo, with a list of what does not carry over. Pure.
import { PlanError } from '../../lib/errors.ts'
import { ARGO_KINDS, importAnalysisTemplate } from './argo-analysis-template.ts'
import { argumentsPassed, importRolloutSteps } from './argo-rollout.ts'
import { Collected, type Imported, type NotCarriedOver } from './collected.ts'
import { importCanary, type CanarySurroundings } from './flagger-canary.ts'
import { readResources, type ImportFile, type Resource } from './resources.ts'

/**
 * Reads AnalysisTemplate, ClusterAnalysisTemplate, AnalysisRun and Rollout of Argo Rollouts, Canary and MetricTemplate of Flagger;
 * other kinds are passed over. Documents may refer to each other across files.
 * @throws PlanError with file and line for what is no YAML, and where there is nothing to import.
 */
export function importGuards(files: readonly ImportFile[]): Imported {
  const resources = files.flatMap(readResources)
  if (!resources.some(({ kind }) => kind === 'Canary' || ARGO_KINDS.includes(kind))) {
    const place = files.length === 1 && files[0] ? { file: files[0].path } : {}
    throw new PlanError('there is nothing to import', {
      ...place,
      expected: `${ARGO_KINDS.join(', ')} or Canary documents`,
    })
  }
  const into = new Collected()
  collectGuards(resources, into)
  const { signals, guards, stages } = into
  return { signals, guards, stages, notCarriedOver: inOrder(into.notCarriedOver, files) }
}

export function isRollout({ kind, value }: Resource): boolean {
  return kind === 'Rollout' && String(value.apiVersion).startsWith('argoproj.io/')
}

/** Signals, guards and stages of these documents. */
export function collectGuards(
  resources: readonly Resource[],
  into: Collected,
  surroundings: CanarySurroundings = { carried: new Set(), countsRequests: true },
): void {
  const rollouts = resources.filter(isRollout)
  const given = argumentsPassed(rollouts)
  const templates = resources.filter(({ kind }) => kind === 'MetricTemplate')
  for (const resource of rollouts) importRolloutSteps(resource, into)
  for (const resource of resources)
    if (ARGO_KINDS.includes(resource.kind)) importAnalysisTemplate(resource, given, into)
  for (const resource of resources)
    if (resource.kind === 'Canary') importCanary(resource, templates, into, surroundings)
}

/** As the files were given, and by line. */
export function inOrder(notes: readonly NotCarriedOver[], files: readonly ImportFile[]): NotCarriedOver[] {
  const order = (path: string): number => files.findIndex((file) => file.path === path)
  return notes.toSorted((a, b) => order(a.path) - order(b.path) || a.line - b.line)
}
