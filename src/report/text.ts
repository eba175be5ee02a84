// The report in a terminal: what one wants to know first, without colour.
import { formatDuration } from '../lib/duration.ts'
import { plural } from '../lib/plural.ts'
import { formatClock, formatNumber, itemWord, plainText, shorten } from './format.ts'
import type { ReportItem, ReportModel } from './shape.ts'
import { countWords } from './summary.ts'
import { judgementsWords } from './verdict/words.ts'

/** Items that are listed one by one; more are counted. */
const LISTED_MAX = 12

/** A dozen aligned lines: headline, figures, what did not pass, where the record stands. */
export function renderText(model: ReportModel): string {
  const lines = [model.headline, '']
  lines.push(...aligned(figuresOf(model)))
  const bad = model.phases
    .flatMap(({ items }) => items)
    .filter(({ status }) => status === 'failed' || status === 'unverified' || status === 'waived')
  if (bad.length > 0) lines.push('', ...aligned(bad.slice(0, LISTED_MAX).map(itemRow)))
  if (bad.length > LISTED_MAX) lines.push(`  and ${bad.length - LISTED_MAX} more`)
  if (model.rehearsal) lines.push('', model.rehearsal)
  return `${lines.map(oneLine).join('\n')}\n`
}

function figuresOf({
  run,
  stages,
  rollback,
  incident,
  counts,
  guards,
  verdicts,
  risks,
  ledger,
}: ReportModel): [string, string][] {
  const rows: [string, string][] = [['duration', formatDuration(run.durationMs)]]
  if (incident) rows.push(['why', incident.what])
  else if (run.reason) rows.push(['why', run.reason])
  if (rollback) {
    const traffic = rollback.trafficMs === null ? 'not recorded' : formatDuration(rollback.trafficMs)
    const whole =
      rollback.finishedMs === null ? 'not everything is back' : `complete after ${formatDuration(rollback.finishedMs)}`
    rows.push(['way back', `traffic after ${traffic}, ${whole}`])
  }
  const reached = stages.filter(({ startedAt }) => startedAt !== null)
  const last = reached.at(-1)
  if (last)
    rows.push(['reached', `${last.name} (${formatNumber(last.weight)} %), stage ${reached.length} of ${stages.length}`])
  rows.push(['items', countWords(counts)])
  const trips = guards.flatMap((guard) => guard.trips)
  if (guards.length > 0)
    rows.push([
      'guards',
      `${guards.length}, ${
        trips.length === 0
          ? 'none tripped'
          : `tripped ${trips
              .map(({ at }) => formatClock(at))
              .slice(0, 3)
              .join(', ')}`
      }`,
    ])
  for (const verdict of verdicts) rows.push(['verdict', judgementsWords(verdict)])
  if (risks.length > 0) rows.push(['risks', `${risks.length}, see the report`])
  rows.push(['ledger', `${plural(ledger.entries, 'entry', 'entries')}, head ${ledger.head?.slice(0, 16) ?? 'none'}`])
  return rows
}

function itemRow(item: ReportItem): [string, string] {
  return [itemWord(item), `${shorten(item.text, 60)}: ${item.summary}`]
}

function aligned(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)
}

/** Control characters of a document must not steer the terminal, nor a line break make a line of its own. */
function oneLine(text: string): string {
  return plainText(text).replaceAll(/[\n\t]/g, ' ')
}
