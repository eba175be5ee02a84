// From the command's results to the data that every form of the report takes.
import { isAbsolute, join, relative } from 'node:path'
import { realpathSync } from 'node:fs'
import { toolVersions } from '../../backups/provenance.ts'
import { waiverInWords } from '../../conduct/checking/waiver.ts'
import { findKind } from '../../catalog/catalog.ts'
import type { NegativeControl } from '../../guards/negative-control.ts'
import type { ReleasePlan } from '../../plan/release-plan.ts'
import type { CheckedRelease, CheckVerdict } from '../../report/checked.ts'
import type { CheckResult } from './look.ts'
import type { Selection } from './selection.ts'

export interface CheckEnd {
  directory: string
  plan: ReleasePlan
  results: readonly CheckResult[]
  unbound: Selection['unbound']
  controls: readonly NegativeControl[]
  verdict: CheckVerdict
  startedAt: number
  endedAt: number
}

/** With the document's place in the repository, and the kinds that were used. */
export function checkedRelease(end: CheckEnd): CheckedRelease {
  const { directory, plan, results, unbound, controls, verdict, startedAt, endedAt } = end
  return {
    service: plan.service,
    environment: plan.environment,
    file: repositoryPath(directory, plan.checklist.document.path),
    version: toolVersions().gonogo ?? '',
    startedAt,
    endedAt,
    cancelled: results.some(({ isLookedAt }) => !isLookedAt),
    verdict,
    items: results.map(({ item, phase, binding, outcome, durationMs, waiver }) => ({
      id: item.id,
      line: item.line,
      phase: phase.title,
      text: item.text,
      label: item.label,
      check: binding.check,
      status: waiver ? 'waived' : outcome.status,
      summary: waiver ? `${outcome.summary}; ${waiverInWords(waiver)}` : outcome.summary,
      remedy: outcome.remedy ?? null,
      measurements: outcome.measurements,
      durationMs,
    })),
    unbound: unbound.map(({ item, phase }) => ({ id: item.id, line: item.line, phase: phase.title, text: item.text })),
    blindGuards: blindGuards(plan, controls),
    kinds: usedKinds(results),
  }
}

function usedKinds(results: readonly CheckResult[]): CheckedRelease['kinds'] {
  const used = new Set(results.map(({ binding }) => binding.check))
  const kinds = [...used].map((id) => findKind('check', id, { path: 'check' }))
  return kinds.map(({ id, summary, remedy }) => ({ id, summary, remedy }))
}

function blindGuards(plan: ReleasePlan, controls: readonly NegativeControl[]): CheckedRelease['blindGuards'] {
  return controls
    .filter(({ canTurnRed }) => !canTurnRed)
    .map(({ rule: id, sentence }) => {
      const rule = plan.guards.find((guard) => guard.id === id)
      const line = plan.checklist.items.find((item) => item.id === rule?.item)?.line ?? null
      return { id, title: rule?.title ?? id, line, sentence }
    })
}

/** As code hosting names it: below the workspace of the CI job, else below the working directory; absolute where it lies outside. */
function repositoryPath(directory: string, document: string): string {
  const path = realPath(isAbsolute(document) ? document : join(directory, document))
  const below = relative(realPath(process.env.GITHUB_WORKSPACE || process.cwd()), path)
  return below.startsWith('..') || isAbsolute(below) ? path : below.replaceAll('\\', '/')
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
