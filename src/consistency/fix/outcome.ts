// A fix, and its undoing, as the outcome of an action: one sentence, the figures, the whole of it as evidence.
import { formatDuration } from '../../lib/duration.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, type Outcome } from '../../plan/outcome.ts'
import { plainNumbers } from '../outcome.ts'
import type { UndoReport } from '../undo/undo-fixes.ts'
import type { FixedRule, FixOutcome, FixReport } from './report.ts'

const WORDS: Record<FixOutcome, string> = {
  fixed: 'repaired',
  'nothing-to-fix': 'nothing to repair',
  'rolled-back': 'not enough, so nothing was kept',
  incomplete: 'repaired in part',
  'would-fix': 'would be repaired; nothing was kept',
}

/** Passed where every rule is within its limit afterwards. */
export function fixOutcome(report: FixReport): Outcome {
  const { outcome, run, rules, changes, durationMs, chunks } = report
  const rows = changes.reduce((sum, change) => sum + change.rows, 0)
  const over = rules.filter(({ left, max }) => left === null || left > max)
  const summary = [
    `${WORDS[outcome]}${rows === 0 ? '' : `: ${changesOf(report)}`}, in ${formatDuration(durationMs)}`,
    ...(over.length === 0 ? [] : [`still over its limit: ${over.map(leftOf).join(', ')}`]),
    ...(run === null ? [] : [`run ${run}`]),
  ].join('; ')
  const extra = {
    measurements: [
      { name: 'rows changed', value: rows, unit: 'count' },
      { name: 'duration', value: durationMs, unit: 'ms' },
      { name: 'longest transaction', value: Math.round(chunks.longestMs), unit: 'ms' },
    ],
    evidence: [evidenceOf('fix', report)],
  }
  const isDone = outcome === 'fixed' || outcome === 'nothing-to-fix' || outcome === 'would-fix'
  return isDone
    ? passed(summary, extra)
    : failed(summary, {
        ...extra,
        remedy: 'see what is left: gonogo data validate; give its rule another fix or limit',
      })
}

/** Passed where everything is as it was; failed where rows were edited since and therefore left alone. */
export function undoOutcome(report: UndoReport): Outcome {
  const { run, restored, conflicts, durationMs } = report
  const summary = `fix ${run} undone in ${formatDuration(durationMs)}: ${plural(restored, 'change')} taken back`
  const extra = {
    measurements: [
      { name: 'changes taken back', value: restored, unit: 'count' },
      { name: 'conflicts', value: conflicts.count, unit: 'count' },
    ],
    evidence: [evidenceOf('undo', report)],
  }
  if (conflicts.count === 0) return passed(summary, extra)
  return failed(`${summary}; ${plural(conflicts.count, 'row')} edited since, left as they are`, {
    ...extra,
    remedy: 'look at each of them in the evidence; they hold later work of others',
  })
}

/** `12 rows deleted from relationships, 5 updated in evidence`. */
export function changesOf({ changes }: Pick<FixReport, 'changes'>): string {
  const verbs = { delete: 'deleted from', update: 'updated in', insert: 'inserted into' }
  const byWhat = new Map<string, number>()
  for (const { table, type, rows } of changes) {
    const what = `${verbs[type]} ${table}`
    byWhat.set(what, (byWhat.get(what) ?? 0) + rows)
  }
  const parts = [...byWhat].filter(([, rows]) => rows > 0)
  return parts.map(([what, rows]) => `${plural(rows, 'row')} ${what}`).join(', ')
}

function leftOf({ rule, left, max }: FixedRule): string {
  return `${rule} (${left ?? 'not counted'}, at most ${max})`
}

function evidenceOf(name: string, report: object) {
  return { name, mediaType: 'application/json' as const, content: JSON.stringify(report, plainNumbers, 2) }
}
