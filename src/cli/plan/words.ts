// What the reader understood of an item, said in words: bounds, blanks, choices, times.
import { formatDuration } from '../../lib/duration.ts'
import { formatSize } from '../../lib/size.ts'
import type { Anchor, Blank, Choice, Item, Phase, Recurrence } from '../../plan/plan.ts'
import type { Threshold } from '../../plan/threshold.ts'
import { plainLine } from '../display-width.ts'

const SIGNS: Record<Threshold['operator'], string> = {
  '<': '<',
  '<=': '≤',
  '>': '>',
  '>=': '≥',
  '==': '=',
  '!=': '≠',
  between: '',
}

/** `p95 response time < 500 ms`, `error rate > 5 % for 5 min`, `load within SLA (no number)`. */
export function thresholdInWords(threshold: Threshold): string {
  const { subject, aggregate, operator, value, valueMax, unit, windowMs, consecutive, relativeTo } = threshold
  const named = aggregate && !subject.toLowerCase().includes(aggregate.toLowerCase()) ? aggregate : null
  const about = [named, plainLine(subject)].filter(Boolean).join(' ')
  if (value === null) return `${plainLine(threshold.text) || about} (no number)`
  const bound =
    operator === 'between'
      ? `${amountInWords(value, unit)} to ${amountInWords(valueMax ?? value, unit)}`
      : `${SIGNS[operator]} ${amountInWords(value, unit)}`
  // "5 consecutive failures": the count is the bound itself.
  const repeated = consecutive === null ? '' : consecutive === value ? ' in a row' : `, ${consecutive} in a row`
  return [
    about,
    `${bound}${repeated}`,
    relativeTo && `against the ${relativeTo === 'baseline' ? 'baseline' : 'previous version'}`,
    windowMs !== null && `for ${formatDuration(windowMs)}`,
  ]
    .filter(Boolean)
    .join(' ')
}

/** A value in base units as a person says it: `5 %`, `1.5 s`, `2 GB`, `v18`. */
export function amountInWords(value: number, unit: Threshold['unit']): string {
  switch (unit) {
    case 'percent':
      return `${value} %`
    case 'ms':
      return value < 0 ? `-${formatDuration(-value)}` : formatDuration(value)
    case 'bytes':
      return sizeInWords(value)
    case 'bytes-per-second':
      return `${sizeInWords(value)}/s`
    case 'per-second':
      return rateInWords(value)
    case 'version':
      return `v${value}`
    default:
      return unit === null || unit === 'count' ? String(value) : `${value} ${unit}`
  }
}

const BINARY = ['TB', 'GB', 'MB', 'kB']

/** The reader takes a document's GB as 1024 × 1024 × 1024 bytes; said the way it was written. */
function sizeInWords(bytes: number): string {
  for (const [index, unit] of BINARY.entries()) {
    const amount = bytes / 1024 ** (BINARY.length - index)
    if (Math.abs(amount) >= 1 && Math.abs(amount) < 1024 && Number.isInteger(amount * 10)) return `${amount} ${unit}`
  }
  return formatSize(bytes)
}

/** Rates are read per second; few are said so. */
function rateInWords(perSecond: number): string {
  const times: [number, string][] = [
    [1, 's'],
    [60, 'min'],
    [3600, 'hour'],
    [86_400, 'day'],
  ]
  const [seconds, unit] = times.find(([each]) => isRound(perSecond * each)) ?? [1, 's']
  return `${Number((perSecond * seconds).toPrecision(6))} per ${unit}`
}

function isRound(value: number): boolean {
  return Math.abs(value - Math.round(value)) < 1e-6 && (value === 0 || Math.round(value) !== 0)
}

/** `value in ms, target < 100 ms` */
export function blankInWords({ name, label, unit, target }: Blank): string {
  return [
    `${plainLine(label) || name}${unit ? ` in ${unit}` : ''}`,
    target && `target ${thresholdInWords({ ...target, subject: '', aggregate: null })}`,
  ]
    .filter(Boolean)
    .join(', ')
}

/** `Yes / No / Similar` */
export function choiceInWords({ label, options }: Choice): string {
  const named = plainLine(label)
  return `${named ? `${named}: ` : ''}${options.map(plainLine).join(' / ')}`
}

/** An item's words, with the tick that the document has set already, in its own notation. */
export function wordsOf({ text, state }: Pick<Item, 'text' | 'state'>): string {
  return state === 'open' ? text : `${state === 'ticked' ? '[x]' : '[~]'} ${text}`
}

/** What was understood of an item besides its text, for one line. */
export function factsOf(item: Item, severity: string | null): string[] {
  const { polarity, condition, thresholds, blanks, choices } = item
  return [
    ...(polarity === 'bad-state' ? [severity ? `bad state, ${severity}` : 'bad state'] : []),
    ...(condition === null ? [] : [plainLine(condition)]),
    ...thresholds.map(thresholdInWords),
    // That a form or a signature is to be filled in is said by its kind.
    ...blanks
      .filter(({ target }) => (item.kind !== 'record' && item.kind !== 'poll') || target !== null)
      .map((blank) => `fill in ${blankInWords(blank)}`),
    ...choices.map((choice) => `choose ${choiceInWords(choice)}`),
  ]
}

/** `readiness, T-24 h, 10 min budget, every 5 min` */
export function phaseInWords({ kind, anchor, budgetMs, every }: Phase): string {
  return [
    kind,
    anchor && anchorInWords(anchor),
    budgetMs !== null && `${formatDuration(budgetMs)} budget`,
    every && recurrenceInWords(every),
  ]
    .filter(Boolean)
    .join(', ')
}

function anchorInWords({ fromMs, toMs }: Anchor): string {
  return toMs === null ? momentInWords(fromMs) : `${momentInWords(fromMs)} to ${momentInWords(toMs)}`
}

/** `T-24 h`, `T+15 min`, `T` for the start of the release. */
function momentInWords(atMs: number): string {
  if (atMs === 0) return 'T'
  return `T${atMs < 0 ? '-' : '+'}${formatDuration(Math.abs(atMs))}`
}

function recurrenceInWords({ everyMs, forMs, thenEveryMs }: Recurrence): string {
  const first = `every ${formatDuration(everyMs)}${forMs === null ? '' : ` for ${formatDuration(forMs)}`}`
  return thenEveryMs === null ? first : `${first}, then every ${formatDuration(thenEveryMs)}`
}
