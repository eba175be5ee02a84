// A validation as a person reads it: a line a rule, the first rows that break it, the figures, the next thing to type.
import { successPercent, verdictOf, type RuleResult, type Validation } from '../../consistency/result.ts'
import type { Key } from '../../consistency/rule.ts'
import { formatDuration } from '../../lib/duration.ts'
import { plural } from '../../lib/plural.ts'
import { columns, fit, mark, paint, table } from '../screen.ts'

/** What was looked at besides the rules. */
export interface Besides {
  what: string
  findings: readonly string[]
}

/** Findings that are shown of one thing. */
const FINDINGS_MAX = 10
const TITLE_WIDTH_MAX = 60

/** @param keysMax keys shown of one rule. @param plans whether the query plans are shown too. */
export function validationText(
  validation: Validation,
  { besides, keysMax, plans }: { besides: readonly Besides[]; keysMax: number; plans: boolean },
): string {
  const { results, durationMs, snapshot, mode, identity } = validation
  const success = successPercent(results)
  const lines = [
    ...besides.flatMap(besidesLines),
    ...(results.length === 0
      ? [`${mark('unverified')} no rule was judged`]
      : rulesTable(results).map((line, index) =>
          [line, ...detailsOf(results[index] as RuleResult, keysMax, plans)].join('\n'),
        )),
    '',
    [
      success === null ? null : `validation success ${shownPercent(success)} %`,
      mode === 'sampled' ? 'on a sample, which can fail but not pass' : null,
      `${identity} as of ${snapshot}`,
      formatDuration(durationMs),
    ]
      .filter((part) => part !== null)
      .join(paint('dim', ' | ')),
  ]
  const next = nextStep(validation)
  return [...lines, ...(next ? [`next: ${paint('cyan', next)}`] : [])].join('\n')
}

/** Never rounded up to a hundred. */
function shownPercent(success: number): string {
  return success === 100 ? '100' : String(Math.floor(success * 10_000) / 10_000)
}

function besidesLines({ what, findings }: Besides): string[] {
  const shown = findings.slice(0, FINDINGS_MAX).map((finding) => `    ${finding}`)
  const more = findings.length > FINDINGS_MAX ? [`    and ${findings.length - FINDINGS_MAX} more`] : []
  return [`${mark(findings.length === 0 ? 'passed' : 'failed')} ${what}`, ...shown, ...more]
}

function rulesTable(results: readonly RuleResult[]): string[] {
  const width = Math.min(TITLE_WIDTH_MAX, Math.max(20, columns() - 70))
  return table(
    results.map((result) => [
      `${mark(result.status)} ${result.rule}`,
      countOf(result),
      paint('dim', `at most ${result.max}`),
      paint('dim', [result.way, formatDuration(result.durationMs)].filter(Boolean).join(', ')),
      paint('dim', fit(result.title, width).trimEnd()),
    ]),
  ).split('\n')
}

function countOf({ count, judged, certainty, severity }: RuleResult): string {
  const words = severity === 'warning' ? ' (warning)' : ''
  if (count === null) return `not judged${words}`
  const of = judged === null ? '' : ` of ${judged.toLocaleString('en')}`
  return `${certainty === 'sampled' ? 'at least ' : ''}${count.toLocaleString('en')}${of}${words}`
}

function detailsOf({ problem, count, keys, keyColumns, plan }: RuleResult, keysMax: number, plans: boolean): string[] {
  const shown = keys.slice(0, keysMax)
  const more = (count ?? 0) > shown.length ? `, and ${plural((count ?? 0) - shown.length, 'more', 'more')}` : ''
  return [
    ...(problem === null ? [] : [`    ${problem}`]),
    ...(shown.length === 0 ? [] : [`    ${keyColumns.join(', ')}: ${shown.map(keyText).join('; ')}${more}`]),
    ...(plans && plan ? plan.map((line) => paint('dim', `    ${line}`)) : []),
  ]
}

function keyText(key: Key): string {
  return key
    .map((value) => {
      if (value === null) return 'null'
      if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`
      return typeof value === 'string' ? JSON.stringify(shortened(value)) : String(value)
    })
    .join(', ')
}

const KEY_CHARACTERS_MAX = 60

function shortened(text: string): string {
  return text.length <= KEY_CHARACTERS_MAX ? text : `${text.slice(0, KEY_CHARACTERS_MAX)}...`
}

function nextStep({ database, results, mode }: Validation): string | null {
  if (results.some(({ status }) => status === 'failed')) return `gonogo data fix ${database} --dry-run`
  return mode === 'sampled' && verdictOf(results) === 'unverified' ? `gonogo data validate ${database}` : null
}
