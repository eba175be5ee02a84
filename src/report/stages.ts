// The delivery's stages as they went, with what the candidate did in each; planned stages nobody reached stay visible.
import type { Stage } from '../plan/stage.ts'
import type { StageBody } from '../plan/run-record.ts'
import type { Read } from './entries.ts'
import { countRequests, figureOf, type Recording } from './recording.ts'
import type { ReportStage } from './shape.ts'

interface StageContext {
  recording: Recording
  candidate: string | null
  /** Where an unfinished stage is taken to end: the run's end or now. */
  until: number
  /** Whether the run is over. */
  ended: boolean
}

/** Stages in the order they were started, then the planned ones that never were. */
export function reportStages(
  planned: readonly Stage[],
  entries: readonly Read<StageBody>[],
  context: StageContext,
): ReportStage[] {
  const rows: ReportStage[] = []
  for (const { entry, body } of entries) {
    const open = rows.at(-1)?.endedAt === null ? rows.at(-1) : undefined
    if (body.event === 'started') {
      // Stages do not overlap: one that is still open was broken off, as by a crash, and is begun again.
      if (open) Object.assign(open, { endedAt: entry.at, status: 'interrupted' })
      rows.push(newRow(body.stage, body.weight, planned, { startedAt: entry.at, running: !context.ended }))
    } else if (open?.name === body.stage) {
      open.endedAt = entry.at
      open.status = body.verdict ?? 'unverified'
      open.reason = body.reason ?? null
    }
  }
  for (const row of rows) addCandidateFigures(row, context)
  const reached = new Set(rows.map(({ name }) => name))
  const missing = planned.filter(({ name }) => !reached.has(name))
  return [...rows, ...missing.map(({ name, weight }) => newRow(name, weight, planned, null))]
}

function newRow(
  name: string,
  weight: number,
  planned: readonly Stage[],
  started: { startedAt: number; running: boolean } | null,
): ReportStage {
  return {
    name,
    weight,
    plannedMs: planned.find((stage) => stage.name === name)?.durationMs ?? null,
    startedAt: started?.startedAt ?? null,
    endedAt: null,
    status: started === null ? 'not-reached' : started.running ? 'running' : 'interrupted',
    reason: null,
    requests: null,
    errorPercent: null,
    responseMs: null,
  }
}

function addCandidateFigures(row: ReportStage, { recording, candidate, until }: StageContext): void {
  if (row.startedAt === null || candidate === null) return
  const stretch = { from: row.startedAt, to: row.endedAt ?? until }
  const errorRates = recording.of('error-rate', candidate, stretch)
  row.requests = countRequests(errorRates)?.requests ?? null
  row.errorPercent = figureOf(errorRates)?.average ?? null
  row.responseMs = figureOf(recording.of('response-time', candidate, stretch))?.average ?? null
}
