// Judges a stream of samples by the run's guard rules. Pure; the state is plain JSON of constant size per rule and version.
import type { GuardRule } from '../plan/guard-rule.ts'
import type { Sample } from '../plan/signal.ts'
import { emptyPool, type Pool } from './pool.ts'
import { readSample, type Baseline, type Judged, type Reading } from './reading.ts'
import { plural } from '../lib/plural.ts'
import { subjectOf, trippedSentence } from './sentence.ts'

export interface JudgeContext {
  candidate: string
  stable: string
  /** Sampling interval; the pace of a source that looks less often is learned. @default 1000 */
  samplingMs?: number
  /** Signal → value before the release: compared with where the stable version has none at that look. */
  baseline?: Record<string, number>
}

/** What one rule knows about one version. */
interface Progress {
  /** Of the last sample, of any kind. */
  lastAt: number | null
  /** From the sample before to the last one: the source's own pace. */
  spacingMs: number | null
  /** Of the last one that had a value. */
  lastKnownAt: number | null
  /** Bad ones in a row; unknown ones in between do not count, and do not break the row. */
  bad: number
  /** Start of the unbroken bad stretch. */
  badSinceAt: number | null
  /** Unknown ones in a row. */
  unknown: number
  unknownTold: boolean
  tripped: boolean
  pool: Pool
}

export interface JudgeState {
  rules: GuardRule[]
  context: Required<JudgeContext>
  /** Rule id → version (empty for the service) → progress. */
  progress: Record<string, Record<string, Progress>>
  /** Signal → the stable version's last sample. */
  stable: Record<string, { at: number; value: number | null; observations: number | null }>
  /** The present unbroken stretch of looks, at anything; null before the first. */
  stream: { sinceAt: number; lastAt: number } | null
}

export interface JudgeEvent {
  /** `unknown`: the rule's limit of unknown samples is reached. `recovered`: a rule that had tripped saw a good sample. */
  type: 'tripped' | 'unknown' | 'recovered'
  rule: GuardRule
  version: string | null
  /** Milliseconds since the epoch. */
  at: number
  /** The sample that did it; null where it was the lack of any. */
  sample: Sample | null
  /** For a person: `v2 error rate 100 % > 50 %, 1 sample, 37 requests`. */
  sentence: string
}

/** A silence longer than so many intervals of its source breaks a stretch that must be sustained. */
const GAP_INTERVALS = 3
const SERVICE = ''

const FRESH: Progress = {
  lastAt: null,
  spacingMs: null,
  lastKnownAt: null,
  bad: 0,
  badSinceAt: null,
  unknown: 0,
  unknownTold: false,
  tripped: false,
  pool: emptyPool,
}

/** A judge that has seen nothing yet. */
export function createJudge(rules: readonly GuardRule[], context: JudgeContext): JudgeState {
  const complete = { samplingMs: 1000, baseline: {}, ...context }
  return { rules: [...rules], context: complete, progress: {}, stable: {}, stream: null }
}

/**
 * Takes the samples of one or more looks, each look whole. However a stretch of looks is cut into calls, and in whatever
 * order a look's samples stand, the events are the same.
 * @returns the next state (the given one is left as it is) and what happened, in order of time.
 */
export function judge(state: JudgeState, samples: readonly Sample[]): { state: JudgeState; events: JudgeEvent[] } {
  const next: JudgeState = { ...state, progress: { ...state.progress }, stable: { ...state.stable } }
  const events: JudgeEvent[] = []
  for (const [at, look] of [...Map.groupBy(samples, ({ at: time }) => time)].toSorted(byTime)) {
    next.stream = continued(next, at)
    for (const { signal, version, value, observations } of look)
      if (version === state.context.stable) next.stable[signal] = { at, value, observations }
    for (const rule of state.rules) {
      events.push(...judgeRule(next, rule, look))
      events.push(...hearSilence(next, rule, at))
    }
  }
  return { state: next, events }
}

/** A conductor that was down looked at nothing: the time before it came back is no silence of the sources. */
function continued({ stream, context }: JudgeState, at: number): JudgeState['stream'] {
  const broken = !stream || Math.abs(at - stream.lastAt) > GAP_INTERVALS * context.samplingMs
  return broken ? { sinceAt: at, lastAt: at } : { ...stream, lastAt: Math.max(at, stream.lastAt) }
}

function byTime([a]: [number, unknown], [b]: [number, unknown]): number {
  return a - b
}

/** Whether the rule looks at samples of this version. */
function concerns(rule: GuardRule, version: string | null, { candidate, stable }: JudgeContext): boolean {
  switch (rule.scope) {
    case 'candidate':
      return version === candidate
    case 'stable':
      return version === stable
    case 'any':
      return version === candidate || version === stable
    case 'service':
      return version === null
  }
}

function judgeRule(state: JudgeState, rule: GuardRule, look: readonly Sample[]): JudgeEvent[] {
  const concerned = look
    .filter((sample) => sample.signal === rule.signal && concerns(rule, sample.version, state.context))
    .toSorted((a, b) => ((a.version ?? SERVICE) < (b.version ?? SERVICE) ? -1 : 1))
  return concerned.flatMap((sample) => {
    const version = sample.version ?? SERVICE
    const before = state.progress[rule.id]?.[version] ?? FRESH
    if (isRepeated(before, sample, gapMs(state, before))) return []
    const { reading, pool } = readSample(rule, sample, baselineAt(state, rule, sample), before.pool)
    const { progress, events } = advance(rule, { ...before, pool }, sample, reading, state)
    state.progress[rule.id] = { ...state.progress[rule.id], [version]: progress }
    return events
  })
}

/** A look delivered twice, or late. One that lies further back means that the clock was set: it counts. */
function isRepeated({ lastAt }: Progress, { at }: Sample, limitMs: number): boolean {
  return lastAt !== null && at <= lastAt && at > lastAt - limitMs
}

/** The stable version's value at the same look, or else the one from before the release; `idle`: nobody asked it. */
function baselineAt({ stable, context }: JudgeState, rule: GuardRule, sample: Sample): Baseline | 'idle' | null {
  const now = sample.version === context.stable ? undefined : stable[rule.signal]
  const same = now?.at === sample.at ? now : undefined
  if (same && same.value !== null) return { value: same.value, observations: same.observations }
  const before = context.baseline[rule.signal]
  if (before !== undefined) return { value: before, observations: null }
  return same?.observations === 0 ? 'idle' : null
}

/** The pace at which samples of this series come: that of the sampling, or the source's own slower one. */
function intervalMs({ context }: JudgeState, { spacingMs }: Progress): number {
  return Math.max(context.samplingMs, spacingMs ?? 0)
}

function gapMs(state: JudgeState, progress: Progress): number {
  return GAP_INTERVALS * intervalMs(state, progress)
}

type Step = { progress: Progress; events: JudgeEvent[] }

function advance(rule: GuardRule, before: Progress, sample: Sample, reading: Reading, state: JudgeState): Step {
  const sinceLastMs = sample.at - (before.lastAt ?? sample.at)
  const progress = { ...before, lastAt: sample.at, spacingMs: sinceLastMs > 0 ? sinceLastMs : before.spacingMs }
  if (sample.value !== null && reading.kind !== 'unknown') progress.lastKnownAt = sample.at
  switch (reading.kind) {
    case 'idle':
      return { progress, events: [] }
    case 'unknown':
      return advanceUnknown(rule, progress, sample, reading.why)
    case 'good':
      return advanceGood(rule, progress, sample)
    case 'bad':
      return advanceBad(
        rule,
        { ...progress, ...stretchStart(before, sample, gapMs(state, before)) },
        sample,
        reading.judged,
        state,
      )
  }
}

function advanceUnknown(rule: GuardRule, before: Progress, sample: Sample, why: string): Step {
  const progress = { ...before, unknown: before.unknown + 1 }
  if (rule.unknownMax === 0 || progress.unknown < rule.unknownMax || progress.unknownTold)
    return { progress, events: [] }
  progress.unknownTold = true
  const sentence = `${subjectOf(rule.signal, sample.version)} unknown, ${plural(progress.unknown, 'sample')} (${why})`
  return { progress, events: [{ type: 'unknown', rule, version: sample.version, at: sample.at, sample, sentence }] }
}

function advanceGood(rule: GuardRule, before: Progress, sample: Sample): Step {
  const progress = { ...before, bad: 0, badSinceAt: null, unknown: 0, unknownTold: false, tripped: false }
  if (!before.tripped) return { progress, events: [] }
  const sentence = `${subjectOf(rule.signal, sample.version)} is well again`
  return { progress, events: [{ type: 'recovered', rule, version: sample.version, at: sample.at, sample, sentence }] }
}

/** Where the bad stretch began: before, unless a gap or a clock that was set back lies in between. */
function stretchStart(before: Progress, { at }: Sample, limitMs: number): Pick<Progress, 'badSinceAt'> {
  const { badSinceAt, lastKnownAt } = before
  const unbroken = badSinceAt !== null && lastKnownAt !== null && at >= lastKnownAt && at - lastKnownAt <= limitMs
  return { badSinceAt: unbroken ? badSinceAt : at }
}

function advanceBad(rule: GuardRule, before: Progress, sample: Sample, judged: Judged, { context }: JudgeState): Step {
  const progress = { ...before, bad: before.bad + 1, unknown: 0, unknownTold: false }
  const durationMs = sample.at - (progress.badSinceAt ?? sample.at)
  if (progress.tripped || progress.bad < rule.consecutive || durationMs < rule.forMs) return { progress, events: [] }
  progress.tripped = true
  const stretch = { samples: progress.bad, durationMs, stable: context.stable }
  const sentence = trippedSentence(rule, sample, judged, stretch)
  return { progress, events: [{ type: 'tripped', rule, version: sample.version, at: sample.at, sample, sentence }] }
}

/**
 * A series that was there and then fell silent is unknown too. Not so the stable version's: it may have been retired.
 */
function hearSilence(state: JudgeState, rule: GuardRule, at: number): JudgeEvent[] {
  if (rule.unknownMax === 0 || rule.scope === 'stable') return []
  const version = rule.scope === 'service' ? SERVICE : state.context.candidate
  const before = state.progress[rule.id]?.[version]
  if (!before || before.lastAt === null || before.spacingMs === null || before.unknownTold) return []
  const silentMs = at - Math.max(before.lastAt, state.stream?.sinceAt ?? at)
  if (silentMs <= rule.unknownMax * intervalMs(state, before)) return []
  state.progress[rule.id] = { ...state.progress[rule.id], [version]: { ...before, unknownTold: true } }
  const named = version === SERVICE ? null : version
  const sentence = `${subjectOf(rule.signal, named)} unknown, no sample for ${Math.round(silentMs / 1000)} s`
  return [{ type: 'unknown', rule, version: named, at, sample: null, sentence }]
}
