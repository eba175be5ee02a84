// The ledger as a story: one line an entry, in the ledger's order. Intents are left out unless nothing followed them.
import { describeWayBack } from '../plan/way-back.ts'
import { formatDuration } from '../lib/duration.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import type { LedgerEntry, RollbackBody } from '../plan/run-record.ts'
import type { LedgerReading, Read } from './entries.ts'
import { formatNumber, shorten, statusWord } from './format.ts'
import type { TimelineEntry, Tone } from './shape.ts'

type Line = { tone: Tone; text: string }

const STATUS_TONES: Record<string, Tone> = {
  passed: 'good',
  succeeded: 'good',
  failed: 'bad',
  aborted: 'bad',
  'rolled-back': 'bad',
  unverified: 'warning',
}

const ROLLBACK_TONES: Record<RollbackBody['event'], Tone> = {
  started: 'bad',
  traffic: 'neutral',
  processes: 'neutral',
  data: 'neutral',
  finished: 'good',
}

/** One line an entry that somebody reads afterwards. */
export function reportTimeline(
  ledger: readonly LedgerEntry[],
  reading: LedgerReading,
  plan: ReleasePlan,
): TimelineEntry[] {
  const lines = new Map<number, Line>()
  const write = <Body>(entries: readonly Read<Body>[], line: (body: Body, entry: LedgerEntry) => Line): void => {
    for (const { entry, body } of entries) lines.set(entry.seq, line(body, entry))
  }
  const nameOf = itemNames(plan)
  const phases = new Map(plan.checklist.phases.map(({ id, title }) => [id, title]))

  write(reading.run, (body) => ({
    tone: STATUS_TONES[body.state] ?? 'neutral',
    text: `Run ${body.event === 'ended' ? statusWord(body.state) : body.event}${because(body.reason)}`,
  }))
  write(reading.phase, (body) => ({
    tone: STATUS_TONES[body.verdict ?? ''] ?? 'neutral',
    text: `Phase ${phases.get(body.phase) ?? body.phase} ${body.event}${because(body.verdict)}`,
  }))
  write(reading.outcome, (body, { item }) => ({
    tone: STATUS_TONES[body.status] ?? 'neutral',
    text: `${nameOf(item)} ${statusWord(body.status)}: ${body.summary}`,
  }))
  write(reading.answer, ({ by, role, answer, reason }, { item }) => ({
    tone: answer === 'reject' ? 'bad' : 'good',
    text: `${by}${role ? ` (${role})` : ''} ${{ approve: 'approved', reject: 'rejected', fill: 'filled in' }[answer]} ${nameOf(item)}${because(reason)}`,
  }))
  write(reading.waiver, ({ by, reason }, { item }) => ({
    tone: 'warning',
    text: `${by} waived ${nameOf(item)}: ${reason}`,
  }))
  write(reading.stage, (body) => ({
    tone: STATUS_TONES[body.verdict ?? ''] ?? 'neutral',
    text: `Stage ${body.stage} (${formatNumber(body.weight)} %) ${body.event}${because(body.verdict)}${because(body.reason)}`,
  }))
  write(reading.guard, ({ severity, sentence }) => ({
    tone: severity === 'rollback' ? 'bad' : 'warning',
    text: `Guard tripped (${severity}): ${sentence}`,
  }))
  write(reading.rollback, (body) => ({
    tone: body.ok === false ? 'bad' : ROLLBACK_TONES[body.event],
    text: rollbackLine(body),
  }))
  write(reading['way-back'], (body) => ({ tone: body.possible ? 'neutral' : 'warning', text: describeWayBack(body) }))
  write(reading.control, ({ by, command, reason }) => ({
    tone: 'neutral',
    text: `${by} asked for ${command}${because(reason)}`,
  }))
  return ledger.flatMap((entry) => {
    const line = lines.get(entry.seq) ?? plainLine(entry, nameOf)
    return line ? { seq: entry.seq, at: entry.at, kind: entry.kind, hash: entry.hash, ...line } : []
  })
}

function because(reason: string | null | undefined): string {
  return reason ? `: ${reason}` : ''
}

/** Notes as they are, unreadable entries named as such; intents are only half of something told by its outcome. */
function plainLine(entry: LedgerEntry, nameOf: (item: string | null) => string): Line | null {
  if (entry.kind === 'intent') return null
  if (entry.kind !== 'note')
    return { tone: 'warning', text: `An entry of kind ${entry.kind} for ${nameOf(entry.item)} could not be read` }
  const text = Object.values(entry.body).filter((value) => typeof value === 'string')
  return { tone: 'neutral', text: text.length > 0 ? text.join(' ') : JSON.stringify(entry.body) }
}

function rollbackLine({ event, mode, reason, durationMs, ok, detail }: RollbackBody): string {
  if (ok === false) return `Rollback, ${event}: failed${because(detail)}`
  const after = durationMs === null ? '' : ` after ${formatDuration(durationMs)}`
  switch (event) {
    case 'started':
      return `Rollback started (${mode})${reason ? `: ${reason}` : ''}`
    case 'traffic':
      return `All traffic back on the stable version${after}`
    case 'processes':
      return `Processes back${after}`
    case 'data':
      return `Data back${after}`
    case 'finished':
      return `Rollback finished${after}`
  }
}

/** Label or the text's beginning, as items are called in one line; `undo:ID` is the undoing of an action. */
export function itemNames(plan: ReleasePlan): (item: string | null) => string {
  const items = new Map(plan.checklist.items.map((item) => [item.id, item.label ?? item.text]))
  return (item) => {
    if (item === null) return 'the run'
    const undone = item.startsWith('undo:') ? item.slice('undo:'.length) : null
    const name = `"${shorten(items.get(undone ?? item) ?? item, 80)}"`
    return undone === null ? name : `undoing ${name}`
  }
}
