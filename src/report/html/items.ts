// Each item with what it rests on: status, figure, who and when, evidence to unfold.
import { formatDuration } from '../../lib/duration.ts'
import { formatMoment, formatValue, itemWord, listWords, statusWord } from '../format.ts'
import type { ReportEvidence, ReportItem, ReportPhase } from '../shape.ts'
import { html, type Markup } from './markup.ts'
import { statusMarkup } from './status.ts'

/** The phases with their items, in document order. */
export function renderPhases(phases: readonly ReportPhase[]): Markup[] {
  return phases.map(
    (phase) =>
      html`<section aria-label="${phase.title}">
        <h3>${phase.title}${phase.verdict && html` ${statusMarkup(phase.verdict)}`}</h3>
        ${phaseTimes(phase)}
        <ol class="items">
          ${phase.items.map(renderItem)}
        </ol>
      </section>`,
  )
}

function phaseTimes({ startedAt, endedAt, budgetMs }: ReportPhase): Markup | null {
  if (startedAt === null) return null
  const took = endedAt === null ? 'not ended' : `took ${formatDuration(endedAt - startedAt)}`
  const budget = budgetMs === null ? '' : ` of ${formatDuration(budgetMs)} planned`
  return html`<p class="muted">Started ${formatMoment(startedAt)}, ${took}${budget}.</p>`
}

function renderItem(item: ReportItem): Markup {
  return html`<li id="item-${item.id}">
    <div>${statusMarkup(item.status, itemWord(item))}</div>
    <div>
      <p class="text">${item.text}</p>
      <p>${item.summary}</p>
      ${renderPeople(item)} ${item.remedy && html`<p class="warning">What to do: ${item.remedy}</p>`}
      ${renderMeta(item)} ${renderBasis(item)}
    </div>
  </li>`
}

function renderPeople({ waiver, waivedStatus, answers }: ReportItem): Markup | null {
  const acts = answers.map(({ by, role, answer, at, reason, values }) => {
    const filled = Object.entries(values).map(([name, value]) => `${name}: ${value}`)
    const did = { approve: 'approved', reject: 'rejected', fill: 'filled in' }[answer]
    const more = [reason, filled.length > 0 ? filled.join(', ') : null].filter((part) => part !== null)
    return html`<li>
      ${by}${role && ` (${role})`} ${did} on ${formatMoment(at)}${more.length > 0 && `: ${more.join('; ')}`}
    </li>`
  })
  if (waiver) {
    const covered = waivedStatus ? `, although ${statusWord(waivedStatus)}` : ''
    acts.push(html`<li>waived by ${waiver.by} on ${formatMoment(waiver.at)}${covered}: ${waiver.reason}</li>`)
  }
  return acts.length > 0
    ? html`<ul>
        ${acts}
      </ul>`
    : null
}

function renderMeta({ at, by, durationMs, line, binding, attempts }: ReportItem): Markup {
  const parts = [
    at === null ? null : `${formatMoment(at)}, by ${listWords(by)}`,
    durationMs === null ? null : `took ${formatDuration(durationMs)}`,
    attempts > 1 ? `${attempts} attempts` : null,
    binding,
    `line ${line}`,
  ]
  return html`<p class="meta">${parts.filter((part) => part !== null).join(' · ')}</p>`
}

function renderBasis({ evidence, measurements, will }: ReportItem): Markup | null {
  if (evidence.length === 0 && measurements.length === 0) return null
  const figures = measurements.map(({ name, value, unit }) => `${name} ${formatValue(value, unit)}`)
  return html`<details>
    <summary>Evidence</summary>
    <p>${will}</p>
    ${figures.length > 0 && html`<p>Measured: ${figures.join(', ')}</p>`} ${evidence.map(renderEvidence)}
  </details>`
}

function renderEvidence({ name, mediaType, bytes, sha256, content, note }: ReportEvidence): Markup {
  return html`<p>
      ${name}
      <span class="muted"
        >${mediaType}, ${formatValue(bytes, 'bytes')}, SHA-256 <span class="hash">${sha256}</span></span
      >
    </p>
    ${content !== null && html`<pre tabindex="0" aria-label="${name}">${content}</pre>`}
    ${note && html`<p class="warning">${note}</p>`}`
}
