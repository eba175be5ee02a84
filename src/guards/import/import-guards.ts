// Analyses of Argo Rollouts and Flagger to guards of gonogo, with a list of what does not carry over. Pure.
import { PlanError } from '../../lib/errors.ts'
import { ARGO_KINDS, importAnalysisTemplate } from './argo-analysis-template.ts'
import { argumentsPassed, importRolloutSteps } from './argo-rollout.ts'
import { Collected, type Imported } from './collected.ts'
import { importCanary } from './flagger-canary.ts'
import { readResources, type ImportFile } from './resources.ts'

/**
 * Reads AnalysisTemplate, ClusterAnalysisTemplate, AnalysisRun and Rollout of Argo Rollouts, Canary and MetricTemplate of Flagger;
 * other kinds are passed over. Documents may refer to each other across files.
 * @throws PlanError with file and line for what is no YAML, and where there is nothing to import.
 */
export function importGuards(files: readonly ImportFile[]): Imported {
  const resources = files.flatMap(readResources)
  const into = new Collected()
  const rollouts = resources.filter(
    ({ kind, value }) => kind === 'Rollout' && String(value.apiVersion).startsWith('argoproj.io/'),
  )
  const given = argumentsPassed(rollouts)
  const templates = resources.filter(({ kind }) => kind === 'MetricTemplate')
  const analyses = resources.filter(({ kind }) => ARGO_KINDS.includes(kind))
  const canaries = resources.filter(({ kind }) => kind === 'Canary')
  if (analyses.length + canaries.length === 0) {
    const place = files.length === 1 && files[0] ? { file: files[0].path } : {}
    throw new PlanError('there is nothing to import', {
      ...place,
      expected: `${ARGO_KINDS.join(', ')} or Canary documents`,
    })
  }
  for (const resource of rollouts) importRolloutSteps(resource, into)
  for (const resource of analyses) importAnalysisTemplate(resource, given, into)
  for (const resource of canaries) importCanary(resource, templates, into)
  const { signals, guards, stages } = into
  const order = (path: string): number => files.findIndex((file) => file.path === path)
  const notCarriedOver = into.notCarriedOver.toSorted((a, b) => order(a.path) - order(b.path) || a.line - b.line)
  return { signals, guards, stages, notCarriedOver }
}
