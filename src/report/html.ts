// The report as one HTML file that needs nothing else: no script, no request, every word of the document escaped.
import { formatDuration } from '../lib/duration.ts'
import { plural } from '../lib/plural.ts'
import { formatMoment, formatNumber, statusWord } from './format.ts'
import { renderCharts } from './html/chart.ts'
import { renderPhases } from './html/items.ts'
import { html, Markup } from './html/markup.ts'
import { toneOf } from './html/status.ts'
import { STYLE } from './html/style.ts'
import { renderVerdicts } from './html/verdict.ts'
import { renderGuards, renderMetrics, renderSignOffs, renderStages, renderTimeline } from './html/tables.ts'
import type { Incident, ReportModel } from './shape.ts'
import { describeSample } from './summary.ts'

// Should escaping ever fail, the browser still runs no script and asks nobody for anything.
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

interface Section {
  id: string
  title: string
  body: Markup
}

/** A whole HTML document. */
export function renderHtml(model: ReportModel): string {
  const sections = sectionsOf(model)
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${model.headline}</title>
        <style>
          ${new Markup(STYLE)}
        </style>
      </head>
      <body>
        <header>
          <p class="kicker">Release report · ${model.document.title}</p>
          <h1>${model.headline}</h1>
          ${renderFigures(model)} ${model.rehearsal && html`<p class="notice">${model.rehearsal}</p>`}
          <nav aria-label="Contents">
            <ul>
              ${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}
            </ul>
          </nav>
        </header>
        <main>
          ${sections.map(
            ({ id, title, body }) =>
              html` <section aria-labelledby="${id}">
                <h2 id="${id}">${title}</h2>
                ${body}
              </section>`,
          )}
        </main>
        <footer>
          <p>Written by gonogo from ledger, samples and evidence of run ${model.run.id}. Times are UTC.</p>
        </footer>
      </body>
    </html> `.toString()
}

function sectionsOf(model: ReportModel): Section[] {
  const { incident, risks, recommendations, stages, charts, metrics, guards, verdicts, signOffs, timeline, phases } =
    model
  const sections: (Section | null)[] = [
    { id: 'summary', title: 'Summary', body: html`${model.summary.map((sentence) => html`<p>${sentence}</p>`)}` },
    incident && { id: 'incident', title: 'Incident', body: renderIncident(incident) },
    {
      id: 'risks',
      title: 'Risks',
      body: renderFindings(
        risks.map(({ text }) => text),
        'None was found.',
      ),
    },
    recommendations.length > 0
      ? { id: 'recommendations', title: 'Recommendations', body: renderFindings(recommendations, '') }
      : null,
    verdicts.length > 0 ? { id: 'verdict', title: 'Verdict', body: renderVerdicts(model) } : null,
    stages.length > 0 || charts.length > 0 ? { id: 'delivery', title: 'Delivery', body: renderDelivery(model) } : null,
    metrics.rows.length > 0 ? { id: 'metrics', title: 'Before and after', body: renderMetrics(model) } : null,
    { id: 'items', title: 'Checklist', body: html`${renderPhases(phases)}` },
    guards.length > 0 ? { id: 'guards', title: 'Guards', body: renderGuards(guards, verdicts) } : null,
    signOffs.length > 0 ? { id: 'sign-offs', title: 'Decisions and sign-offs', body: renderSignOffs(signOffs) } : null,
    { id: 'timeline', title: 'Timeline', body: renderTimeline(timeline, 'Timeline of the run') },
    { id: 'record', title: 'Record', body: renderRecord(model) },
  ]
  return sections.filter((section) => section !== null)
}

function renderFigures({ run, counts, stages, rollback }: ReportModel): Markup {
  const reached = stages.filter(({ startedAt }) => startedAt !== null)
  const figures: [string, string, string][] = [
    ['Outcome', statusWord(run.state), toneOf(run.state)],
    ['Duration', formatDuration(run.durationMs), ''],
    ['Items passed', `${counts.passed} of ${counts.total}`, ''],
  ]
  if (reached.length > 0) {
    const top = Math.max(...reached.map(({ weight }) => weight))
    figures.push(['Traffic reached', `${formatNumber(top)} %`, ''])
  }
  if (rollback)
    figures.push([
      'Traffic back after',
      rollback.trafficMs === null ? 'not recorded' : formatDuration(rollback.trafficMs),
      '',
    ])
  return html`<dl class="figures">
    ${figures.map(
      ([name, value, tone]) =>
        html`<div>
          <dt>${name}</dt>
          <dd class="${tone}">${value}</dd>
        </div>`,
    )}
  </dl>`
}

function renderDelivery(model: ReportModel): Markup {
  return html`${model.stages.length > 0 && renderStages(model.stages)}
  ${
    model.charts.length > 0
      ? html`<div class="charts">${renderCharts(model)}</div>`
      : html`<p class="muted">No samples were recorded: there is nothing to draw.</p>`
  }`
}

function renderIncident(incident: Incident): Markup {
  const facts: [string, string][] = [['What tripped', incident.rule ? incident.title : 'no rule: it was asked for']]
  if (incident.sample)
    facts.push(['Deciding sample', `${describeSample(incident.sample)}, ${formatMoment(incident.sample.at)}`])
  if (incident.reactionMs !== null) facts.push(['From sample to traffic back', formatDuration(incident.reactionMs)])
  if (incident.candidateRequests !== null)
    facts.push([
      'Seen by clients',
      `${plural(incident.candidateErrors ?? 0, 'error')} in ${plural(incident.candidateRequests, 'request')} that the candidate answered`,
    ])
  return html`<p class="notice bad">${incident.what}</p>
    <dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
    ${renderTimeline(incident.timeline, 'Timeline of the incident')}`
}

function renderFindings(sentences: readonly string[], none: string): Markup {
  if (sentences.length === 0) return html`<p class="muted">${none}</p>`
  return html`<ul class="findings">
    ${sentences.map((sentence) => html`<li>${sentence}</li>`)}
  </ul>`
}

function hash(value: string): Markup {
  return html`<span class="hash">${value}</span>`
}

function renderRecord({ run, document, ledger, versions }: ReportModel): Markup {
  const facts: [string, Markup | string][] = [
    ['Run', html`${run.id}, started by ${run.startedBy} at ${formatMoment(run.startedAt)}`],
    ['Versions', `candidate ${versions.candidate ?? 'none'}, stable ${versions.stable ?? 'unknown'}`],
    ['Checklist', html`${document.path}, SHA-256 ${hash(document.sha256)}`],
    ['Locked plan', hash(run.planHash)],
    ['Ledger', html`${plural(ledger.entries, 'entry', 'entries')}, head ${hash(ledger.head ?? 'none')}`],
  ]
  return html`<dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
    <p>
      Each ledger entry holds the hash of the one before it; <code>gonogo ledger verify ${run.id}</code> proves that
      none was changed or removed.
    </p>`
}
