// Risks and recommendations: each follows from a fact of this run, none is general advice.
import { formatDuration } from '../lib/duration.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import type { LedgerReading } from './entries.ts'
import { EVIDENCE_MISSING } from './evidence.ts'
import { plural } from '../lib/plural.ts'
import { formatMoment, listWords, shorten, statusWord } from './format.ts'
import { itemNames } from './timeline.ts'
import type { Incident, ReportGuard, ReportItem, ReportPhase, ReportRollback, Risk } from './shape.ts'

interface Facts {
  plan: ReleasePlan
  reading: LedgerReading
  phases: readonly ReportPhase[]
  guards: readonly ReportGuard[]
  rollback: ReportRollback | null
  incident: Incident | null
}

/** What a reader must not overlook, most serious first. */
export function findRisks({ plan, reading, phases, rollback }: Facts): Risk[] {
  const nameOf = itemNames(plan)
  const items = phases.flatMap((phase) => phase.items)
  const risks: Risk[] = []
  const add = (kind: Risk['kind'], text: string, item: string | null = null): number => risks.push({ kind, text, item })
  if (rollback && rollback.finishedMs === null)
    add('unfinished-rollback', 'The rollback was begun and there is no record that all of it is back.')
  for (const { event, ok, detail } of rollback?.steps ?? [])
    if (!ok) add('unfinished-rollback', `The rollback's step "${event}" failed: ${detail ?? 'no reason was recorded'}.`)
  for (const entry of reading.unreadable)
    add('unreadable', `Ledger entry ${entry.seq} (${entry.kind}) could not be read.`, entry.item)
  for (const { id, evidence } of items)
    for (const { name, note } of evidence)
      if (note === EVIDENCE_MISSING) add('evidence', `Evidence "${name}" of ${nameOf(id)} is ${note}.`, id)
  for (const item of items) if (item.status === 'waived') add('waived', waivedSentence(item, nameOf(item.id)), item.id)
  for (const { id, status, summary } of items)
    if (status === 'unverified') add('unverified', `${nameOf(id)} was not verified: ${summary}.`, id)
  risks.push(...findOneWay(plan, reading))
  for (const { id, status, failedAttempts } of items)
    if (status === 'passed' && failedAttempts > 0)
      add('retried', `${nameOf(id)} passed after ${plural(failedAttempts, 'failed attempt')}.`, id)
  return risks
}

function waivedSentence({ waiver, waivedStatus, summary }: ReportItem, name: string): string {
  return `${name} was waived by ${waiver?.by} (${statusWord(waivedStatus ?? 'unverified')}: ${summary}): ${waiver?.reason}.`
}

/** Declared one-way actions that were run, and moments from which the run itself said that there was no way back. */
function findOneWay(plan: ReleasePlan, reading: LedgerReading): Risk[] {
  const nameOf = itemNames(plan)
  const done = new Set(reading.outcome.map(({ entry }) => entry.item))
  const declared = plan.items.flatMap(({ item, binding }): Risk[] =>
    binding.type === 'action' && binding.oneWay !== null && done.has(item)
      ? [{ kind: 'one-way', text: `${nameOf(item)} cannot be undone: ${binding.oneWay}.`, item }]
      : [],
  )
  const said = new Set<string>()
  const met = reading['way-back'].flatMap(({ entry, body }): Risk[] => {
    if (body.possible || said.has(body.how)) return []
    said.add(body.how)
    return [{ kind: 'one-way', text: `From ${formatMoment(entry.at)} there was no way back: ${body.how}.`, item: null }]
  })
  return [...declared, ...met]
}

/** What to do before the next release, by what happened in this one. */
export function findRecommendations({ plan, phases, guards, incident }: Facts, rehearsal: boolean): string[] {
  const nameOf = itemNames(plan)
  const items = phases.flatMap((phase) => phase.items)
  const unbound = plan.items.filter(({ binding }) => binding.type === 'unbound').map(({ item }) => item)
  const advice: string[] = []
  if (incident)
    advice.push(`Explain this before ${plan.delivery?.candidate ?? 'it'} is released again: ${incident.what}.`)
  if (unbound.length > 0)
    advice.push(`Bind ${plural(unbound.length, 'item')} that nobody verifies (gonogo bind): ${named(unbound, nameOf)}.`)
  for (const { id, status, remedy } of items)
    if (remedy && status !== 'passed') advice.push(`${nameOf(id)}: ${remedy.replace(/\.?\s*$/, '.')}`)
  const waived = items.filter(({ status }) => status === 'waived').map(({ id }) => id)
  if (waived.length > 0) advice.push(`Settle what was waived before the next release: ${named(waived, nameOf)}.`)
  for (const { rule, trips } of guards)
    if (rule.severity === 'notify' && trips.length > 0)
      advice.push(`Look into "${shorten(rule.title, 80)}": it warned ${plural(trips.length, 'time')}.`)
  const blind = guards.filter(({ samples }) => samples === 0).map(({ rule }) => `"${shorten(rule.title, 80)}"`)
  if (blind.length > 0)
    advice.push(
      `Give ${plural(blind.length, 'guard')} a source: without a sample it guarded nothing: ${listWords(blind)}.`,
    )
  for (const phase of phases) advice.push(...overrunOf(phase, rehearsal))
  const retried = items.filter(({ status, failedAttempts }) => status === 'passed' && failedAttempts > 0)
  if (retried.length > 0)
    advice.push(
      `Find out why these failed at first: ${named(
        retried.map(({ id }) => id),
        nameOf,
      )}.`,
    )
  return advice
}

function named(items: readonly string[], nameOf: (item: string) => string): string {
  return listWords(items.map(nameOf))
}

/** A rehearsal's clock says nothing about budgets. */
function overrunOf({ title, startedAt, endedAt, budgetMs }: ReportPhase, rehearsal: boolean): string[] {
  if (rehearsal || startedAt === null || endedAt === null || budgetMs === null) return []
  const tookMs = endedAt - startedAt
  if (tookMs <= budgetMs) return []
  return [
    `Give "${title}" more time or make it faster: ${formatDuration(tookMs)} of ${formatDuration(budgetMs)} planned.`,
  ]
}
