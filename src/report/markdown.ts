// The report as Markdown, for a pull request, a wiki or a ticket. Text of the document cannot become markup in it.
import { formatDuration } from '../lib/duration.ts'
import { plural } from '../lib/plural.ts'
import {
  changeWords,
  dayAfter,
  formatClock,
  formatMoment,
  formatNumber,
  formatReading,
  formatValue,
  itemWord,
  listWords,
  statusWord,
} from './format.ts'
import type { Figure, MetricRow, ReportItem, ReportModel, ReportPhase } from './shape.ts'
import { escapeMarkdown } from './markdown-text.ts'
import { describeSample } from './summary.ts'
import type { ReportVerdict } from './verdict/shape.ts'
import {
  STAGE_COLUMNS,
  stageCells,
  untrippedWords,
  VERDICT_COLUMNS,
  verdictCells,
  verdictNote,
} from './verdict/words.ts'

/** GitHub-flavoured Markdown. */
export function renderMarkdown(model: ReportModel): string {
  const blocks: string[] = [
    `# ${escapeMarkdown(model.headline)}`,
    model.rehearsal ? `> ${escapeMarkdown(model.rehearsal)}` : '',
    model.summary.map(escapeMarkdown).join('\n\n'),
    ...incidentBlocks(model),
    ...section('Risks', bullets(model.risks.map(({ text }) => text)) || 'None was found.'),
    ...section('Recommendations', bullets(model.recommendations)),
    ...section('Verdict', model.verdicts.flatMap(verdictBlocks).join('\n\n')),
    ...section('Delivery', stageTable(model)),
    ...section('Before and after', metricTable(model)),
    '## Checklist',
    ...model.phases.flatMap(phaseBlocks),
    ...section('Guards', guardTable(model)),
    ...section('Decisions and sign-offs', signOffTable(model)),
    ...section('Timeline', timelineTable(model.timeline)),
    ...section('Record', recordList(model)),
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

/** Heading and body; nothing where there is no body. */
function section(title: string, body: string): string[] {
  return body === '' ? [] : [`## ${title}`, body]
}

function incidentBlocks({ incident }: ReportModel): string[] {
  if (!incident) return []
  const facts = [`What tripped: ${incident.rule ? incident.title : 'no rule: it was asked for'}`, incident.what]
  if (incident.sample)
    facts.push(`Deciding sample: ${describeSample(incident.sample)}, ${formatMoment(incident.sample.at)}`)
  if (incident.reactionMs !== null) facts.push(`From sample to traffic back: ${formatDuration(incident.reactionMs)}`)
  if (incident.candidateRequests !== null)
    facts.push(
      `Seen by clients: ${plural(incident.candidateErrors ?? 0, 'error')} in ${plural(incident.candidateRequests, 'request')}`,
    )
  return ['## Incident', bullets(facts), timelineTable(incident.timeline)]
}

/** What each metric came to, and how its evidence stood after each stage: the page draws it over time. */
function verdictBlocks(verdict: ReportVerdict): string[] {
  const blocks = [
    `### ${escapeMarkdown(verdict.title)}`,
    table(VERDICT_COLUMNS, verdict.metrics.map(verdictCells)),
    table(STAGE_COLUMNS, stageCells(verdict)),
    escapeMarkdown(verdictNote(verdict)),
  ]
  return blocks.filter((block) => block !== '')
}

function stageTable({ stages }: ReportModel): string {
  const rows = stages.map((stage) => [
    stage.name,
    `${formatNumber(stage.weight)} %`,
    stage.startedAt === null ? null : formatMoment(stage.startedAt),
    stage.startedAt === null || stage.endedAt === null ? null : formatDuration(stage.endedAt - stage.startedAt),
    stage.plannedMs === null ? null : formatDuration(stage.plannedMs),
    stage.requests === null ? null : formatNumber(stage.requests),
    stage.errorPercent === null ? null : formatValue(stage.errorPercent, 'percent'),
    stage.responseMs === null ? null : formatValue(stage.responseMs, 'ms'),
    statusWord(stage.status),
  ])
  return table(['Stage', 'Traffic', 'Started', 'Took', 'Planned', 'Requests', 'Errors', 'Response', 'Verdict'], rows)
}

function metricTable({ metrics, versions, rollback }: ReportModel): string {
  const stable = versions.stable ?? 'stable'
  const header = [
    'Signal',
    `${stable} before`,
    `${versions.candidate ?? 'candidate'}, ${metrics.candidateStretch}`,
    'Change',
  ]
  if (rollback) header.push(`${stable} after the rollback`)
  const rows = metrics.rows.map((row) => {
    const cells = [row.title, figureWords(row, row.before), figureWords(row, row.candidate), changeWords(row.change)]
    return rollback ? [...cells, figureWords(row, row.afterRollback)] : cells
  })
  return table(header, rows)
}

function figureWords({ signal, unit }: MetricRow, figure: Figure | null): string | null {
  if (!figure) return null
  return `${formatReading(signal, figure.average, unit)} (worst ${formatReading(signal, figure.worst, unit)})`
}

function phaseBlocks({ title, startedAt, items }: ReportPhase): string[] {
  const rows = items.map((item) => [
    itemWord(item),
    item.text,
    [item.summary, ...waiverWords(item), item.remedy && `What to do: ${item.remedy}`].filter(Boolean).join('; '),
    listWords(item.by),
    item.at === null ? null : formatMoment(item.at),
    item.evidence.map(({ name, sha256 }) => `${name} ${sha256.slice(0, 12)}`).join(', '),
  ])
  const started = startedAt === null ? '' : `Started ${formatMoment(startedAt)}.`
  return [`### ${escapeMarkdown(title)}`, started, table(['Status', 'Item', 'Result', 'By', 'When', 'Evidence'], rows)]
}

function waiverWords({ waiver }: ReportItem): string[] {
  return waiver ? [`waived by ${waiver.by}: ${waiver.reason}`] : []
}

function guardTable({ guards, verdicts }: ReportModel): string {
  const judgements = new Map(verdicts.map(({ rule, judgement }) => [rule, judgement]))
  const rows = guards.map(({ rule, condition, trips, worst, samples }) => [
    rule.title,
    condition,
    rule.severity,
    trips.length > 0
      ? trips.map(({ sentence }) => sentence).join('; ')
      : untrippedWords(samples, judgements.get(rule.id)),
    worst && formatReading(worst.signal, worst.value, worst.unit),
    formatNumber(samples),
  ])
  return table(['Rule', 'Condition', 'Severity', 'What it did', 'Worst seen', 'Samples'], rows)
}

function signOffTable({ signOffs }: ReportModel): string {
  const rows = signOffs.map(({ text, role, status, answers }) => [
    text,
    role,
    statusWord(status),
    answers
      .map(({ by, answer, at, reason }) => `${by}: ${answer}, ${formatMoment(at)}${reason ? ` (${reason})` : ''}`)
      .join('; '),
  ])
  return table(['Question', 'Asked', 'Result', 'Answers'], rows)
}

function timelineTable(timeline: ReportModel['timeline']): string {
  return table(
    ['Time (UTC)', 'What happened', 'Entry'],
    timeline.map(({ at, text, seq, hash }, index) => [
      [dayAfter(at, timeline[index - 1]?.at), formatClock(at)].filter(Boolean).join(' '),
      text,
      `${seq} ${hash.slice(0, 8)}`,
    ]),
  )
}

function recordList({ run, document, ledger, versions }: ReportModel): string {
  return bullets([
    `Run ${run.id}, started by ${run.startedBy} at ${formatMoment(run.startedAt)}`,
    `Versions: candidate ${versions.candidate ?? 'none'}, stable ${versions.stable ?? 'unknown'}`,
    `Checklist ${document.path}, SHA-256 ${document.sha256}`,
    `Locked plan ${run.planHash}`,
    `Ledger: ${plural(ledger.entries, 'entry', 'entries')}, head ${ledger.head ?? 'none'}`,
  ])
}

function bullets(texts: readonly string[]): string {
  return texts.map((text) => `- ${escapeMarkdown(text)}`).join('\n')
}

/** A table, or nothing without rows. */
function table(header: readonly string[], rows: readonly (readonly (string | null)[])[]): string {
  if (rows.length === 0) return ''
  return [tableLine(header), `|${' --- |'.repeat(header.length)}`, ...rows.map(tableLine)].join('\n')
}

function tableLine(cells: readonly (string | null)[]): string {
  return `| ${cells.map((text) => escapeMarkdown(text ?? '–')).join(' | ')} |`
}
