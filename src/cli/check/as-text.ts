// What `gonogo check` came to, for people: a line an item, what to do about those that are not green, the verdict.
import { formatDuration } from '../../lib/duration.ts'
import { waiverInWords } from '../../conduct/checking/waiver.ts'
import { plural } from '../../lib/plural.ts'
import type { Item } from '../../plan/plan.ts'
import type { CheckVerdict } from '../../report/checked.ts'
import { cut, displayWidth, padTo, plainLine, wrap } from '../display-width.ts'
import { mark, paint } from '../screen.ts'
import type { CheckResult } from './look.ts'
import type { Selection } from './selection.ts'

const NAME_COLUMNS_MAX = 34
/** So many of the items that are missing are listed. */
const LISTED_MAX = 5
/** Narrower than this a result is not readable beside a name. */
const RESULT_COLUMNS_MIN = 24

export interface CheckEnding {
  results: readonly CheckResult[]
  /** Items that were to be looked at and that nothing is bound to. */
  unbound: Selection['unbound']
  /** What there is to say of the guards, or null. */
  controls: string | null
  verdict: CheckVerdict
}

/** @param width columns to fit into, or null where nothing is cut. */
export function checkAsText(ending: CheckEnding, width: number | null): string {
  const { results } = ending
  const nameColumns = Math.min(NAME_COLUMNS_MAX, Math.max(0, ...results.map((one) => displayWidth(nameOf(one)))))
  const lines: string[] = []
  let title = ''
  for (const one of results) {
    const phase = plainLine(one.phase.title)
    if (phase !== title) lines.push('', paint('bold', (title = phase)))
    lines.push(...resultLines(one, nameColumns, width))
  }
  return [...lines, '', ...endingLines(ending, width)].join('\n')
}

function nameOf({ item }: CheckResult): string {
  return plainLine(item.label ?? item.text)
}

function resultLines(one: CheckResult, nameColumns: number, width: number | null): string[] {
  const { outcome, durationMs, waiver } = one
  const took = formatDuration(durationMs)
  const name = padTo(cut(nameOf(one), nameColumns), nameColumns)
  const summary = plainLine(waiver ? `${waiverInWords(waiver)}; ${outcome.summary}` : outcome.summary)
  const left = width === null ? null : Math.max(RESULT_COLUMNS_MIN, width - nameColumns - took.length - 8)
  const said = left === null ? summary : cut(summary, left)
  const needsWork = outcome.status === 'failed' || outcome.status === 'unverified'
  return [
    `  ${mark(waiver ? 'waived' : outcome.status)} ${name}  ${said}  ${paint('dim', took)}`,
    // What went wrong is never cut: it continues below.
    ...(needsWork && left !== null && said !== summary
      ? indented(summary, width).map((line) => paint('dim', line))
      : []),
    ...(needsWork && outcome.remedy ? indented(outcome.remedy, width).map((line) => paint('cyan', line)) : []),
  ]
}

function indented(text: string, width: number | null): string[] {
  const lines = width === null ? [plainLine(text)] : wrap(text, Math.max(20, width - 7))
  return lines.map((line) => `      ${line}`)
}

/** What is not bound, what there is to say of guards, what was cancelled, and the verdict. */
export function endingLines({ results, unbound, controls, verdict }: CheckEnding, width: number | null): string[] {
  const left = results.filter(({ isLookedAt }) => !isLookedAt)
  const colour = verdict.word === 'GO' ? 'green' : verdict.word === 'NO-GO' ? 'red' : 'yellow'
  const blocks = [
    controls ? [controls] : [],
    listed(`${plural(unbound.length, 'item')} not bound to anything: gonogo bind`, unbound, width),
    listed(`cancelled: ${left.length} of ${plural(results.length, 'check')} had no answer yet`, left, width),
  ]
  return [...blocks.filter((block) => block.length > 0).flatMap((block) => [...block, '']), paint(colour, verdict.word)]
}

/** A line about items, then the first of them by line and words; nothing where there is none. */
function listed(about: string, items: readonly { item: Item }[], width: number | null): string[] {
  if (items.length === 0) return []
  const shown = items.slice(0, LISTED_MAX).map(({ item }) => {
    const words = `line ${item.line}: ${plainLine(item.text)}`
    return `  ${width === null ? words : cut(words, width - 3)}`
  })
  const more = items.length - shown.length
  return [paint('yellow', about), ...shown, ...(more > 0 ? [`  and ${more} more`] : [])]
}
