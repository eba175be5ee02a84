// The report's tables: stages, before and after, guards, sign-offs, timeline.
import { formatDuration } from '../../lib/duration.ts'
import {
  changeWords,
  dayAfter,
  formatClock,
  formatMoment,
  formatNumber,
  formatReading,
  formatValue,
  listWords,
} from '../format.ts'
import type { Figure, MetricRow, ReportGuard, ReportModel, ReportStage, SignOff, TimelineEntry } from '../shape.ts'
import { html, type Markup } from './markup.ts'
import type { ReportJudgement, ReportVerdict } from '../verdict/shape.ts'
import { judgementTone, untrippedWords } from '../verdict/words.ts'
import { statusMarkup } from './status.ts'

type Column = string | { number: string }

/** A table that scrolls by itself where it is too wide. */
export function table(
  label: string,
  columns: readonly Column[],
  rows: readonly Markup[],
  note: string | null = null,
): Markup {
  return html`${note && html`<p class="muted">${note}</p>`}
    <div class="scroll" tabindex="0" role="region" aria-label="${label}">
      <table>
        <thead>
          <tr>
            ${columns.map((column) =>
              typeof column === 'string'
                ? html`<th scope="col">${column}</th>`
                : html`<th scope="col" class="number">${column.number}</th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>`
}

export const cell = (text: string | null): Markup => html`<td class="number">${text ?? '–'}</td>`

/** Planned against actual, and what the candidate did. */
export function renderStages(stages: readonly ReportStage[]): Markup {
  const columns = ['Stage', { number: 'Traffic' }, 'Started', { number: 'Took' }, { number: 'Planned' }]
  const figures = [{ number: 'Requests' }, { number: 'Errors' }, { number: 'Response' }, 'Verdict']
  const rows = stages.map(
    (stage) =>
      html`<tr>
        <th scope="row">${stage.name}</th>
        ${cell(`${formatNumber(stage.weight)} %`)}
        <td class="time">${stage.startedAt === null ? '–' : formatMoment(stage.startedAt)}</td>
        ${cell(stage.startedAt === null || stage.endedAt === null ? null : formatDuration(stage.endedAt - stage.startedAt))}
        ${cell(stage.plannedMs === null ? null : formatDuration(stage.plannedMs))}
        ${cell(stage.requests === null ? null : formatNumber(stage.requests))}
        ${cell(stage.errorPercent === null ? null : formatValue(stage.errorPercent, 'percent'))}
        ${cell(stage.responseMs === null ? null : formatValue(stage.responseMs, 'ms'))}
        <td>${statusMarkup(stage.status)}${stage.reason && html`<br />${stage.reason}`}</td>
      </tr>`,
  )
  return table(
    'Stages of the delivery',
    [...columns, ...figures],
    rows,
    'Requests, errors and average response time are the candidate’s.',
  )
}

/** Average and worst sample of each signal. */
export function renderMetrics({ metrics, versions, rollback }: ReportModel): Markup {
  const columns: Column[] = [
    'Signal',
    { number: `${versions.stable ?? 'stable'} before` },
    { number: `${versions.candidate ?? 'candidate'}, ${metrics.candidateStretch}` },
    { number: 'Change' },
  ]
  if (rollback) columns.push({ number: `${versions.stable ?? 'stable'} after the rollback` })
  const rows = metrics.rows.map(
    (row) =>
      html`<tr>
        <th scope="row">${row.title}</th>
        ${figureCell(row, row.before)} ${figureCell(row, row.candidate)} ${cell(changeWords(row.change))}
        ${rollback && figureCell(row, row.afterRollback)}
      </tr>`,
  )
  return table('Before and after', columns, rows, 'Averages are weighted by the number of observations.')
}

function figureCell({ signal, unit }: MetricRow, figure: Figure | null): Markup {
  if (figure === null) return cell(null)
  const worst = formatReading(signal, figure.worst, unit)
  return html`<td class="number">
    ${formatReading(signal, figure.average, unit)}<br /><span class="muted">worst ${worst}</span>
  </td>`
}

/** `verdicts`: a guard that judges by statistics and did not trip has not shown the candidate to be good. */
export function renderGuards(guards: readonly ReportGuard[], verdicts: readonly ReportVerdict[]): Markup {
  const judgements = new Map(verdicts.map(({ rule, judgement }) => [rule, judgement]))
  const rows = guards.map(
    ({ rule, condition, trips, worst, samples, unknown }) =>
      html`<tr>
        <th scope="row">${rule.title}<br /><span class="muted">${condition}</span></th>
        <td>${rule.severity}</td>
        <td>
          ${
            trips.length > 0
              ? html`<span class="status bad">tripped</span>
                  ${trips.map(({ at, sentence }) => html`<br />${formatMoment(at)}: ${sentence}`)}`
              : untripped(samples, judgements.get(rule.id))
          }
        </td>
        ${cell(worst && formatReading(worst.signal, worst.value, worst.unit))}
        ${cell(`${formatNumber(samples)}${unknown > 0 ? ` (${formatNumber(unknown)} unknown)` : ''}`)}
      </tr>`,
  )
  return table('Guards', ['Rule', 'Severity', 'What it did', { number: 'Worst seen' }, { number: 'Samples' }], rows)
}

function untripped(samples: number, judgement: ReportJudgement | undefined): Markup {
  const tone = samples === 0 ? 'warning' : judgement ? judgementTone(judgement) : 'good'
  return html`<span class="status ${tone}">${untrippedWords(samples, judgement)}</span>`
}

export function renderSignOffs(signOffs: readonly SignOff[]): Markup {
  const rows = signOffs.map(
    ({ text, role, asked, quorum, status, answers }) =>
      html`<tr>
        <th scope="row">${text}</th>
        <td>${role}${quorum > 1 && `, ${quorum} approvals`}<br /><span class="muted">${listWords(asked)}</span></td>
        <td>${statusMarkup(status)}</td>
        <td>
          ${answers.map(
            ({ by, answer, at, reason }) =>
              html`<div>${by}: ${answer}, ${formatMoment(at)}${reason && ` (${reason})`}</div>`,
          )}
        </td>
      </tr>`,
  )
  return table('Decisions and sign-offs', ['Question', 'Asked', 'Result', 'Answers'], rows)
}

export function renderTimeline(entries: readonly TimelineEntry[], label: string): Markup {
  const rows = entries.map(({ at, text, tone, seq, hash }, index) => {
    const day = dayAfter(at, entries[index - 1]?.at)
    return html`<tr>
      <td class="time">${day && html`<span class="muted">${day}</span><br />`}${formatClock(at)}</td>
      <td class="${tone === 'bad' || tone === 'warning' ? tone : ''}">${text}</td>
      <td class="number hash">${seq} ${hash.slice(0, 8)}</td>
    </tr>`
  })
  return table(label, ['Time (UTC)', 'What happened', { number: 'Ledger entry' }], rows)
}
