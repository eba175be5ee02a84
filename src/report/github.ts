// What GitHub Actions shows: annotations at lines of the checklist, and a job summary in Markdown. Text of others stays text in both.
import { formatDuration } from '../lib/duration.ts'
import { countsInWords, UNBOUND_REMEDY, type CheckedItem, type CheckedRelease } from './checked.ts'
import { plainText, shorten } from './format.ts'
import { escapeMarkdown } from './markdown-text.ts'

const MESSAGE_CHARS_MAX = 4000
const TITLE_CHARS_MAX = 120
const CELL_CHARS_MAX = 400

/** Workflow commands: an error for what failed, a warning for what is not verified, a notice with the verdict. */
export function renderAnnotations(checked: CheckedRelease): string {
  const { items, unbound, blindGuards, file, verdict } = checked
  const lines = [
    ...items
      .filter(({ status }) => status === 'failed')
      .map((item) => command('error', file, item.line, titleOf(item), told(item))),
    ...blindGuards.map(({ title, line, sentence }) =>
      command('error', file, line, title, `this guard cannot turn red: ${sentence.replace(/^no: /, '')}`),
    ),
    ...items
      .filter(({ status }) => status === 'unverified')
      .map((item) => command('warning', file, item.line, titleOf(item), told(item))),
    ...unbound.map(({ line, text }) =>
      command('warning', file, line, text, `nobody said how to verify it\n${UNBOUND_REMEDY}`),
    ),
    ...items
      .filter(({ status }) => status === 'waived')
      .map((item) => command('notice', file, item.line, titleOf(item), item.summary)),
    command('notice', file, null, `gonogo: ${verdict.word}`, countsInWords(checked)),
  ]
  return `${lines.join('\n')}\n`
}

function titleOf({ label, text }: CheckedItem): string {
  return label ?? text
}

function told({ summary, remedy }: CheckedItem): string {
  return remedy ? `${summary}\nHow to fix: ${remedy}` : summary
}

function command(
  level: 'error' | 'warning' | 'notice',
  file: string,
  line: number | null,
  title: string,
  message: string,
): string {
  const short = shorten(plainText(title).replaceAll(/\s+/g, ' ').trim(), TITLE_CHARS_MAX)
  const place = line === null ? '' : `file=${escapeProperty(file)},line=${line},`
  const data = escapeData(shorten(plainText(message), MESSAGE_CHARS_MAX))
  return `::${level} ${place}title=${escapeProperty(short)}::${data}`
}

/** The runner takes these apart again; everything else is text to it. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

/** A job summary may have 1 MiB; GitHub shows nothing at all of a longer one. */
export const JOB_SUMMARY_BYTES_MAX = 1024 * 1024 - 8 * 1024

const SIGNS: Record<CheckedItem['status'], string> = {
  passed: '✓ passed',
  failed: '✗ failed',
  unverified: '? unverified',
  waived: '~ waived',
  skipped: '- skipped',
}

const VERDICT_SIGNS: Record<CheckedRelease['verdict']['word'], string> = {
  GO: '✓',
  'NO-GO': '✗',
  'NOT VERIFIED': '?',
}

/**
 * The verdict, then the items by phase. Where that is longer than `bytesMax`, what passed is left out, then what does
 * not fit, and it says so.
 */
export function renderJobSummary(checked: CheckedRelease, bytesMax = JOB_SUMMARY_BYTES_MAX): string {
  const whole = summaryOf(checked, checked.items, [])
  if (Buffer.byteLength(whole) <= bytesMax) return whole
  const rest = checked.items.filter(({ status }) => status !== 'passed' && status !== 'skipped')
  const short = summaryOf(checked, rest, ['What passed or was skipped is left out: it would not fit here.'])
  return cutLines(short, bytesMax)
}

function summaryOf(checked: CheckedRelease, items: readonly CheckedItem[], notes: readonly string[]): string {
  const { service, environment, verdict, unbound, blindGuards, cancelled } = checked
  const phases = [...Map.groupBy(items, ({ phase }) => phase)]
  const blocks = [
    `## ${VERDICT_SIGNS[verdict.word]} ${verdict.word}: ${inert(service)} to ${inert(environment)}`,
    `${inert(countsInWords(checked))}; took ${formatDuration(checked.endedAt - checked.startedAt)}.`,
    ...(cancelled ? ['**It was stopped before everything was looked at.**'] : []),
    ...notes,
    ...phases.flatMap(([title, rows]) => [`### ${inert(title)}`, table(rows.map(itemCells))]),
    ...(unbound.length > 0
      ? [
          '### Not bound to anything',
          table(unbound.map(({ text, line }) => [SIGNS.unverified, text, `line ${line}`, ''])),
        ]
      : []),
    ...(blindGuards.length > 0
      ? [
          '### Guards that cannot turn red',
          table(blindGuards.map((guard) => [SIGNS.failed, guard.title, guard.sentence, ''])),
        ]
      : []),
  ]
  return `${blocks.join('\n\n')}\n`
}

function itemCells(item: CheckedItem): string[] {
  const { status, summary, remedy, durationMs } = item
  const result = status === 'passed' || !remedy ? summary : `${summary} – how to fix: ${remedy}`
  return [SIGNS[status], titleOf(item), result, formatDuration(durationMs)]
}

function table(rows: readonly (readonly string[])[]): string {
  const lines = rows.map((cells) => `| ${cells.map((cell) => inert(shorten(cell, CELL_CHARS_MAX))).join(' | ')} |`)
  return ['| Status | Item | Result | Took |', '| --- | --- | --- | --- |', ...lines].join('\n')
}

/** Neither markup nor HTML, and nobody is mentioned by it: an invisible mark stands behind each sign that would. */
function inert(text: string): string {
  return escapeMarkdown(text).replaceAll('@', '@&#8203;').replaceAll('\\#', '\\#&#8203;')
}

/** Whole lines from the beginning, with a note where some are missing. */
function cutLines(text: string, bytesMax: number): string {
  if (Buffer.byteLength(text) <= bytesMax) return text
  const note = '\n\nThere is more than fits here: see the log or the files that were written.\n'
  let left = bytesMax - Buffer.byteLength(note)
  const kept: string[] = []
  for (const line of text.split('\n')) {
    left -= Buffer.byteLength(line) + 1
    if (left < 0) break
    kept.push(line)
  }
  return `${kept.join('\n')}${note}`
}
