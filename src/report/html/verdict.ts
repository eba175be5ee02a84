// The verdict as a section: what each metric came to, its evidence and interval over time, and how they stood after each stage.
import { formatMoment } from '../format.ts'
import type { ReportModel } from '../shape.ts'
import type { MetricVerdict, ReportVerdict } from '../verdict/shape.ts'
import {
  formatOdds,
  intervalWords,
  judgementTone,
  judgementWord,
  metricTitle,
  STAGE_COLUMNS,
  stageCells,
  verdictNote,
} from '../verdict/words.ts'
import { html, type Markup } from './markup.ts'
import { cell, table } from './tables.ts'
import { renderVerdictCharts } from './verdict-charts.ts'

/** One part a verdict guard. */
export function renderVerdicts(model: ReportModel): Markup {
  return html`${model.verdicts.map((verdict, index) => renderVerdict(verdict, model, `verdict-${index + 1}`))}`
}

function renderVerdict(verdict: ReportVerdict, model: ReportModel, id: string): Markup {
  const charts = renderVerdictCharts(verdict, model, id)
  const stages = stageCells(verdict)
  return html`<h3>
      ${verdict.title}:
      <span class="status ${judgementTone(verdict.judgement)}">${judgementWord(verdict.judgement)}</span>
    </h3>
    ${metricTable(verdict)}
    <p class="muted">${verdictNote(verdict)}</p>
    ${
      charts.length > 0
        ? html`<div class="charts">${charts}</div>`
        : html`<p class="muted">No evidence was recorded: there is nothing to draw.</p>`
    }
    ${stages.length > 0 && stageTable(verdict.title, stages)}`
}

function metricTable({ title, metrics }: ReportVerdict): Markup {
  const figures = ['Evidence', 'Worse from', 'Candidate : stable'].map((number) => ({ number }))
  return table(`Verdict of ${title}`, ['Metric', 'Judgement', ...figures], metrics.map(metricRow))
}

function metricRow({ metric, judgement, shownAt, sentence, evidence, threshold, interval }: MetricVerdict): Markup {
  return html`<tr>
    <th scope="row">${metricTitle(metric)}</th>
    <td class="wide">
      <span class="status ${judgementTone(judgement)}">${judgementWord(judgement)}</span>${
        shownAt !== null && `, ${formatMoment(shownAt)}`
      }<br />${sentence}
    </td>
    <td class="number">
      ${evidence ? formatOdds(evidence.last.value) : '–'}${
        evidence && html`<br /><span class="muted">highest ${formatOdds(evidence.peak.value)}</span>`
      }
    </td>
    ${cell(formatOdds(threshold))} ${cell(interval && intervalWords(interval.last))}
  </tr>`
}

function stageTable(title: string, rows: readonly (string | null)[][]): Markup {
  const [stage = '', metric = '', ...figures] = STAGE_COLUMNS
  const body = rows.map(
    ([stageName = '', metricName = '', ...cells]) =>
      html`<tr>
        <th scope="row">${stageName}</th>
        <td>${metricName}</td>
        ${cells.map(cell)}
      </tr>`,
  )
  return table(`Evidence after each stage, ${title}`, [stage, metric, ...figures.map((number) => ({ number }))], body)
}
