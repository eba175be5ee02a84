// What a check came to, in one of the forms that `--format` and `--output` name.
import { stripVTControlCharacters } from 'node:util'
import { controlsInWords } from '../../planning/guard-controls.ts'
import { checkAsText, endingLines } from './as-text.ts'
import type { CheckEnd } from './checked.ts'
import type { CheckResult } from './look.ts'
import type { CheckFormat } from './outputs.ts'
import { shownOptions } from './shown-options.ts'

interface Showing {
  explain: boolean
  /** Columns to fit into; null: it is for a file or a pipe, nothing is cut. */
  width: number | null
}

/** Ends in a line break. Only what the form needs is loaded. */
export async function renderCheck(format: CheckFormat, end: CheckEnd, showing: Showing): Promise<string> {
  if (format === 'text') return asText(end, showing)
  if (format === 'json') return `${JSON.stringify(asJson(end, showing.explain), null, 2)}\n`
  const { checkedRelease } = await import('./checked.ts')
  const checked = checkedRelease(end)
  switch (format) {
    case 'junit':
      return (await import('../../report/checked-junit.ts')).renderCheckedJunit(checked)
    case 'sarif':
      return (await import('../../report/sarif.ts')).renderSarif(checked)
    case 'github':
      return (await import('../../report/github.ts')).renderAnnotations(checked)
  }
}

async function asText(end: CheckEnd, { explain, width }: Showing): Promise<string> {
  const { plan, results, unbound, verdict, controls } = end
  const ending = { results, unbound, verdict, controls: controlsInWords(plan, controls) }
  const text = explain
    ? [...(await explained(end, width)), endingLines(ending, width).join('\n')].join('\n\n')
    : checkAsText(ending, width)
  return `${width === null ? stripVTControlCharacters(text) : text}\n`
}

async function explained({ results, plan }: CheckEnd, width: number | null): Promise<string[]> {
  const { explainResult } = await import('./explain.ts')
  return results.map((result) => explainResult(result, plan.checklist.document.path, width))
}

function asJson(end: CheckEnd, explain: boolean): object {
  const { verdict, results, unbound, controls } = end
  return {
    verdict: verdict.word,
    cancelled: results.some(({ isLookedAt }) => !isLookedAt),
    results: results.map((result) =>
      explain ? { ...resultAsJson(result), ...grounds(result) } : resultAsJson(result),
    ),
    unbound: unbound.map(({ item }) => item.id),
    guards: controls,
  }
}

function resultAsJson({ phase, item, binding, outcome, durationMs, waiver }: CheckResult): object {
  const { status, summary, measurements, remedy } = outcome
  return {
    item: item.id,
    phase: phase.title,
    line: item.line,
    text: item.text,
    check: binding.check,
    status,
    summary,
    measurements,
    remedy: remedy ?? null,
    waiver: waiver && { by: waiver.by, reason: waiver.reason, until: new Date(waiver.untilMs).toISOString() },
    durationMs: Math.round(durationMs),
  }
}

/** What `--explain` adds. */
function grounds({ binding, will, outcome }: CheckResult): object {
  const options = shownOptions(binding).map(({ name, value, isDefault }) => ({ name, value, isDefault }))
  return { options, timeoutMs: binding.timeoutMs, will, evidence: outcome.evidence }
}
