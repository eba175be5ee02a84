// Everything about one look: the words, the binding with its defaults, what was looked at, what it came to and on what that rests.
import { findKind } from '../../catalog/catalog.ts'
import { formatDuration } from '../../lib/duration.ts'
import { excerpt } from '../../lib/excerpt.ts'
import type { Status } from '../../plan/outcome.ts'
import { formatValue } from '../../report/format.ts'
import { cut, plainLine, wrap } from '../display-width.ts'
import { mark, paint } from '../screen.ts'
import type { CheckResult } from './look.ts'
import { shownOptions } from './shown-options.ts'

const NAME_COLUMNS = 10
const TEXT_COLUMNS_MIN = 20
const EVIDENCE_CHARS_MAX = 2000
const EVIDENCE_LINES_MAX = 24

/** @param width columns to fit into, or null where lines are not broken. */
export function explainResult(result: CheckResult, document: string, width: number | null): string {
  const { item, phase, binding, will, outcome, durationMs } = result
  const { evidence, measurements, remedy, status, summary } = outcome
  const text = width === null ? [plainLine(item.text)] : wrap(item.text, width)
  const row = (name: string, ...said: string[]): string[] => rows(name, said, width)
  return [
    ...text.map((line) => paint('bold', line)),
    paint('dim', item.id),
    paint('dim', `${document}:${item.line}, under ${plainLine(phase.title)}`),
    '',
    ...row('check', kindInWords(binding.check)),
    ...row('with', ...optionsInWords(binding)),
    ...row('deadline', formatDuration(binding.timeoutMs)),
    ...row('looks at', will),
    ...rows('result', [`${status} after ${formatDuration(durationMs)}: ${summary}`], width, status),
    ...row('measured', ...measurements.map(({ name, value, unit }) => `${name}: ${formatValue(value, unit)}`)),
    ...evidence.flatMap(({ name, content }) => evidenceRows(name, content, width)),
    ...(remedy && status !== 'passed' ? row('fix', remedy) : []),
  ].join('\n')
}

function kindInWords(check: string): string {
  return `${check}: ${findKind('check', check, { path: 'check' }).summary}`
}

function optionsInWords(binding: CheckResult['binding']): string[] {
  return shownOptions(binding).map(({ name, value, isDefault }) => `${name}: ${value}${isDefault ? ' (default)' : ''}`)
}

/** A name and what is said of it, the first line marked where there is a status; nothing where nothing is said. */
function rows(name: string, said: readonly string[], width: number | null, status?: Status): string[] {
  const indent = ' '.repeat(NAME_COLUMNS + 2)
  const columns = width === null ? null : Math.max(TEXT_COLUMNS_MIN, width - indent.length - (status ? 2 : 0))
  const lines = said.flatMap((text) => (columns === null ? [plainLine(text)] : wrap(text, columns)))
  const sign = status ? `${mark(status)} ` : ''
  return lines.map((line, index) =>
    index === 0
      ? `  ${paint('dim', name.padEnd(NAME_COLUMNS))}${sign}${line}`
      : `${indent}${status ? '  ' : ''}${line}`,
  )
}

/** What it rests on, as it is but bounded: every line behind a bar, so that it cannot be taken for gonogo's own words. */
function evidenceRows(name: string, content: string, width: number | null): string[] {
  const lines = excerpt(content.trimEnd(), EVIDENCE_CHARS_MAX).split('\n')
  const shown = lines.slice(0, EVIDENCE_LINES_MAX).map((line) => line.replaceAll('\t', '  '))
  const left = lines.length - shown.length
  if (left > 0) shown.push(`[... ${left} lines left out ...]`)
  const columns = width === null ? null : Math.max(TEXT_COLUMNS_MIN, width - NAME_COLUMNS - 4)
  const indent = ' '.repeat(NAME_COLUMNS + 2)
  return [
    ...rows('evidence', [name], width),
    ...shown.map((line) => paint('dim', `${indent}| ${columns === null ? line : cut(line, columns)}`.trimEnd())),
  ]
}
