// A fix and its undoing as a person reads them.
import { changesOf } from '../../consistency/fix/outcome.ts'
import type { FixReport, ReportedChange } from '../../consistency/fix/report.ts'
import type { UndoReport } from '../../consistency/undo/undo-fixes.ts'
import type { FixRun } from '../../consistency/undo/undo-fixes.ts'
import { plainNumbers } from '../../consistency/outcome.ts'
import { formatDuration } from '../../lib/duration.ts'
import { plural } from '../../lib/plural.ts'
import { mark, paint, table } from '../screen.ts'

const HEADLINES: Record<FixReport['outcome'], string> = {
  fixed: 'repaired',
  'nothing-to-fix': 'nothing to repair',
  'rolled-back': 'nothing was changed: it would not have been enough',
  incomplete: 'repaired in part',
  'would-fix': 'dry run: this would be done',
}

/** @param database name under `databases`. */
export function fixText(report: FixReport, database: string): string {
  const { outcome, rules, changes, run, durationMs, chunks, notes } = report
  const isGood = outcome !== 'rolled-back' && outcome !== 'incomplete'
  const what = changesOf(report)
  const lines = [
    `${mark(isGood ? 'passed' : 'failed')} ${HEADLINES[outcome]}${what === '' ? '' : `: ${what}`}`,
    table(
      rules.map(({ rule, fix, found, left, max }) => [
        `${mark(left === null ? 'unverified' : left <= max ? 'passed' : 'failed')} ${rule}`,
        `${found.toLocaleString('en')} -> ${left === null ? 'not counted' : left.toLocaleString('en')}`,
        paint('dim', `at most ${max}`),
        paint('dim', fix ?? 'no fix'),
      ]),
      '  ',
    ),
    ...changes.filter(({ samples }) => samples.length > 0).map(samplesText),
    ...notes.map((note) => paint('dim', `  ${note}`)),
    paint(
      'dim',
      `  ${formatDuration(durationMs)}, ${plural(chunks.count, 'transaction')}, the longest ${formatDuration(chunks.longestMs)}`,
    ),
  ]
  if (run !== null) lines.push(`undo it: ${paint('cyan', `gonogo data undo ${run} --database ${database}`)}`)
  else if (outcome === 'would-fix') lines.push(`do it: ${paint('cyan', `gonogo data fix ${database}`)}`)
  return lines.join('\n')
}

function samplesText({ table: name, type, rows, samples }: ReportedChange): string {
  const shown = samples.map(({ key, before, after }) => {
    const change =
      type === 'delete' ? short(before) : type === 'insert' ? short(after) : `${short(before)} -> ${short(after)}`
    return `      ${short(key)}  ${paint('dim', change)}`
  })
  const more = rows > samples.length ? [paint('dim', `      and ${plural(rows - samples.length, 'more', 'more')}`)] : []
  return [`    ${type} ${name}, ${plural(rows, 'row')}`, ...shown, ...more].join('\n')
}

const SHORT_MAX = 90

function short(row: object | null): string {
  const text = JSON.stringify(row, plainNumbers) ?? ''
  return text.length <= SHORT_MAX ? text : `${text.slice(0, SHORT_MAX)}...`
}

export function undoText(report: UndoReport): string {
  const { run, restored, conflicts, durationMs, notes } = report
  const lines = [
    `${mark(conflicts.count === 0 ? 'passed' : 'failed')} fix ${run} undone in ${formatDuration(durationMs)}: ${plural(restored, 'change')} taken back`,
    ...notes.map((note) => paint('dim', `  ${note}`)),
  ]
  if (conflicts.count > 0)
    lines.push(
      `  ${plural(conflicts.count, 'row')} edited since, left as they are:`,
      ...conflicts.rows.map((conflict) => `    ${short(conflict)}`),
    )
  return lines.join('\n')
}

export function runsText(runs: readonly FixRun[], database: string): string {
  if (runs.length === 0) return `nothing was ever fixed in "${database}"`
  return table([
    ['run', 'state', 'rows', 'tables', 'rules', 'when'].map((head) => paint('dim', head)),
    ...runs
      .toReversed()
      .map(({ run, state, rows, tables, rules, startedAt }) => [
        String(run),
        state,
        String(rows),
        tables.join(', '),
        rules.join(', '),
        new Date(startedAt).toISOString(),
      ]),
  ])
}
