// Ledger entries by kind, with their bodies checked: a body of another shape is set aside and named, never believed.
import { z } from 'zod'
import type {
  AnswerBody,
  ControlBody,
  GuardBody,
  LedgerEntry,
  OutcomeBody,
  PhaseBody,
  RollbackBody,
  RunBody,
  StageBody,
  WaiverBody,
  WayBackBody,
} from '../plan/run-record.ts'

export interface Read<Body> {
  entry: LedgerEntry
  body: Body
}

/** The ledger, sorted by kind; each list in the ledger's order. */
export interface LedgerReading {
  run: Read<RunBody>[]
  phase: Read<PhaseBody>[]
  outcome: Read<OutcomeBody>[]
  answer: Read<AnswerBody>[]
  waiver: Read<WaiverBody>[]
  stage: Read<StageBody>[]
  guard: Read<GuardBody>[]
  rollback: Read<RollbackBody>[]
  'way-back': Read<WayBackBody>[]
  control: Read<ControlBody>[]
  /** Entries whose body is not what their kind promises. */
  unreadable: LedgerEntry[]
}

const status = z.enum(['passed', 'failed', 'unverified', 'skipped'])
const text = z.string().nullable().default(null)
const severity = z.enum(['notify', 'pause', 'rollback'])

const sample = z.object({
  signal: z.string(),
  version: z.string().nullable(),
  at: z.number(),
  value: z.number().nullable(),
  unit: z.string(),
  observations: z.number().nullable(),
  detail: z.string().optional(),
})

const BODIES = {
  run: z.object({
    event: z.enum(['created', 'started', 'waiting', 'paused', 'resumed', 'ended']),
    state: z.enum(['planned', 'waiting', 'running', 'paused', 'succeeded', 'rolled-back', 'failed', 'aborted']),
    reason: text,
  }),
  phase: z.object({ event: z.enum(['started', 'ended']), phase: z.string(), verdict: status.nullable().default(null) }),
  outcome: z.object({
    status,
    summary: z.string(),
    // A measurement that is no number is left out; the outcome's status does not rest on it.
    measurements: z.array(z.object({ name: z.string(), value: z.number(), unit: z.string() })).catch([]),
    evidence: z
      .array(z.object({ name: z.string(), mediaType: z.string(), sha256: z.string(), bytes: z.number() }))
      .default([]),
    remedy: z.string().optional(),
    startedAt: z.number(),
    endedAt: z.number(),
  }),
  answer: z.object({
    by: z.string(),
    role: text,
    answer: z.enum(['approve', 'reject', 'fill']),
    reason: text,
    values: z.record(z.string(), z.string()).default({}),
  }),
  waiver: z.object({ by: z.string(), reason: z.string() }),
  stage: z.object({
    stage: z.string(),
    weight: z.number(),
    event: z.enum(['started', 'ended']),
    verdict: status.nullable().default(null),
    reason: text,
  }),
  guard: z.object({ rule: z.string(), severity, sentence: z.string(), sample: sample.nullable().default(null) }),
  rollback: z.object({
    event: z.enum(['started', 'traffic', 'processes', 'data', 'finished']),
    mode: z.enum(['automatic', 'emergency', 'gradual', 'watchdog']),
    reason: text,
    durationMs: z.number().nullable().default(null),
    detail: text,
    ok: z.boolean().default(true),
  }),
  'way-back': z.object({ possible: z.boolean(), estimateMs: z.number().nullable(), how: z.string() }),
  control: z.object({ by: z.string(), command: z.string(), reason: text }),
}

/** Sorts the ledger by kind and checks each body; `intent` and `note` entries have no fixed shape and are not in it. */
export function readLedger(ledger: readonly LedgerEntry[]): LedgerReading {
  const reading: LedgerReading = {
    run: [],
    phase: [],
    outcome: [],
    answer: [],
    waiver: [],
    stage: [],
    guard: [],
    rollback: [],
    'way-back': [],
    control: [],
    unreadable: [],
  }
  for (const entry of ledger) {
    if (entry.kind === 'intent' || entry.kind === 'note') continue
    const parsed = BODIES[entry.kind].safeParse(entry.body)
    if (parsed.success) (reading[entry.kind] as Read<unknown>[]).push({ entry, body: parsed.data })
    else reading.unreadable.push(entry)
  }
  return reading
}
