// Judges a stream of samples by the run's guard rules. Pure; the state is plain JSON of bounded size per rule and version. What a
// rule looks for is its kind's; here is what all share: repeated looks, gaps, silence, the limit of unknowns, events.
import { plural } from '../lib/plural.ts'
import type { GuardRule, GuardSeries } from '../plan/guard-rule.ts'
import type { Sample } from '../plan/signal.ts'
import type { GuardContext, GuardKind, GuardKinds, GuardReading } from './guard-kind.ts'
import { subjectOf, trippedSentence } from './sentence.ts'
import { atOnce, continued, hasLasted, isWellAgain, noStretch, type Stretch } from './stretch.ts'

export interface JudgeContext {
  candidate: string
  stable: string
  /** Sampling interval; the pace of a source that looks less often is learned. @default 1000 */
  samplingMs?: number
  /** Signal → value before the release: compared with where the stable version has none at that look. */
  baseline?: Record<string, number>
  /** Stages of the delivery begun so far, from 0. @default 0 */
  stage?: number
}

/** When samples of one series came. */
interface Pace {
  lastAt: number
  /** From the sample before to the last one: the source's own pace. */
  spacingMs: number | null
}

/** What one rule knows about one version. */
interface Progress {
  /** Signal and version → when they came. */
  paces: Record<string, Pace>
  lastAt: number | null
  stretch: Stretch
  /** Unknown looks in a row. */
  unknown: number
  unknownTold: boolean
  tripped: boolean
  /** What the kind remembers; undefined before the first look. */
  own?: unknown
}

export interface JudgeState {
  rules: GuardRule[]
  context: Required<JudgeContext>
  /** Rule id → version (empty for the service) → progress. */
  progress: Record<string, Record<string, Progress>>
  /** Signal → the stable version's last sample, without what only its own series needs. */
  stable: Record<string, Sample>
  /** The present unbroken stretch of looks, at anything; null before the first. */
  stream: { sinceAt: number; lastAt: number } | null
}

export interface JudgeEvent {
  /** `unknown`: the rule's limit of unknown looks is reached. `recovered`: a rule that had tripped saw that it is well again. */
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
  paces: {},
  lastAt: null,
  stretch: noStretch,
  unknown: 0,
  unknownTold: false,
  tripped: false,
}

/** A judge that has seen nothing yet. */
export function createJudge(rules: readonly GuardRule[], context: JudgeContext): JudgeState {
  const complete = { samplingMs: 1000, baseline: {}, stage: 0, ...context }
  return { rules: [...rules], context: complete, progress: {}, stable: {}, stream: null }
}

/**
 * Takes the samples of one or more looks, each look whole. However a stretch of looks is cut into calls, and in whatever
 * order a look's samples stand, the events are the same.
 * @returns the next state (the given one is left as it is) and what happened, in order of time.
 */
export function judge(
  state: JudgeState,
  samples: readonly Sample[],
  kinds: GuardKinds,
): { state: JudgeState; events: JudgeEvent[] } {
  const next: JudgeState = { ...state, progress: { ...state.progress }, stable: { ...state.stable } }
  const events: JudgeEvent[] = []
  for (const [at, look] of [...Map.groupBy(samples, ({ at: time }) => time)].toSorted(byTime)) {
    next.stream = followed(next, at)
    for (const { detail: _, tally: __, ...sample } of look)
      if (sample.version === state.context.stable) next.stable[sample.signal] = sample
    for (const rule of state.rules) {
      for (const subject of subjectsOf(rule, state.context))
        events.push(...judgeSubject(next, { rule, kind: kinds(rule.kind), subject }, at, look))
      events.push(...hearSilence(next, rule, at))
    }
  }
  return { state: next, events }
}

/** A conductor that was down looked at nothing: the time before it came back is no silence of the sources. */
function followed({ stream, context }: JudgeState, at: number): JudgeState['stream'] {
  const broken = !stream || Math.abs(at - stream.lastAt) > GAP_INTERVALS * context.samplingMs
  return broken ? { sinceAt: at, lastAt: at } : { ...stream, lastAt: Math.max(at, stream.lastAt) }
}

function byTime([a]: [number, unknown], [b]: [number, unknown]): number {
  return a - b
}

/** Whom the rule judges, in a fixed order; null for the service. */
function subjectsOf({ scope }: GuardRule, { candidate, stable }: JudgeContext): (string | null)[] {
  switch (scope) {
    case 'candidate':
      return [candidate]
    case 'stable':
      return [stable]
    case 'any':
      return candidate < stable ? [candidate, stable] : [stable, candidate]
    case 'service':
      return [null]
  }
}

/** The version whose samples a series is made of, where the rule judges `subject`. */
function versionIn({ scope }: GuardSeries, subject: string | null, context: JudgeContext): string | null {
  return scope === 'any' ? subject : scope === 'service' ? null : context[scope]
}

interface Judged {
  rule: GuardRule
  kind: GuardKind
  subject: string | null
}

function judgeSubject(state: JudgeState, judged: Judged, at: number, look: readonly Sample[]): JudgeEvent[] {
  const { rule, kind, subject } = judged
  const before = state.progress[rule.id]?.[subject ?? SERVICE] ?? FRESH
  const samples = look.filter(
    (sample) =>
      rule.series.some((series) => isOf(series, sample, subject, state.context)) && !isRepeated(state, before, sample),
  )
  if (samples.length === 0) return []
  samples.sort((a, b) => (keyOf(a.signal, a.version) < keyOf(b.signal, b.version) ? -1 : 1))
  const beside = rule.series.flatMap(({ signal }) => {
    const stable = state.stable[signal]
    const isOwn = stable && rule.series.some((series) => isOf(series, stable, subject, state.context))
    return stable?.at === at && !isOwn ? [stable] : []
  })
  const context = contextFor(state, before, subject, at)
  const whole = { at, samples: [...samples, ...beside] }
  const { state: own, reading } = kind.judge(
    rule.options,
    before.own ?? kind.start(rule.options, context),
    whole,
    context,
  )
  const progress = { ...before, lastAt: at, paces: pacesWith(before.paces, samples), own }
  const gapMs = GAP_INTERVALS * context.intervalMs
  const step = advance(
    judged,
    { ...progress, stretch: continued(before.stretch, reading, at, gapMs) },
    reading,
    at,
    state,
  )
  state.progress[rule.id] = { ...state.progress[rule.id], [subject ?? SERVICE]: step.progress }
  return step.events
}

function isOf(series: GuardSeries, sample: Sample, subject: string | null, context: JudgeContext): boolean {
  return sample.signal === series.signal && sample.version === versionIn(series, subject, context)
}

/** A look delivered twice, or late. One that lies further back means that the clock was set: it counts. */
function isRepeated(state: JudgeState, { paces }: Progress, sample: Sample): boolean {
  const pace = paces[keyOf(sample.signal, sample.version)]
  if (!pace) return false
  return sample.at <= pace.lastAt && sample.at > pace.lastAt - GAP_INTERVALS * intervalOf(state, pace)
}

function keyOf(signal: string, version: string | null): string {
  return `${signal} ${version ?? SERVICE}`
}

/** The pace at which samples of this series come: that of the sampling, or the source's own slower one. */
function intervalOf({ context }: JudgeState, { spacingMs }: Pace): number {
  return Math.max(context.samplingMs, spacingMs ?? 0)
}

function pacesWith(paces: Progress['paces'], samples: readonly Sample[]): Progress['paces'] {
  const next = { ...paces }
  for (const { signal, version, at } of samples) {
    const key = keyOf(signal, version)
    const before = next[key]
    const sinceLastMs = at - (before?.lastAt ?? at)
    next[key] = { lastAt: at, spacingMs: sinceLastMs > 0 ? sinceLastMs : (before?.spacingMs ?? null) }
  }
  return next
}

function contextFor(state: JudgeState, before: Progress, subject: string | null, at: number): GuardContext {
  const { candidate, stable, samplingMs, baseline, stage } = state.context
  const paces = Object.values(before.paces).map((pace) => intervalOf(state, pace))
  const elapsedMs = before.lastAt === null || at < before.lastAt ? null : at - before.lastAt
  const intervalMs = Math.max(samplingMs, ...paces)
  return { candidate, stable, version: subject, samplingMs, intervalMs, baseline, stage, elapsedMs }
}

type Step = { progress: Progress; events: JudgeEvent[] }

function advance(judged: Judged, progress: Progress, reading: GuardReading, at: number, state: JudgeState): Step {
  const { rule, kind, subject } = judged
  const event = (type: JudgeEvent['type'], sentence: string): JudgeEvent[] => [
    { type, rule, version: subject, at, sample: reading.sample, sentence },
  ]
  if (reading.kind === 'idle') return { progress, events: [] }
  if (reading.kind === 'unknown') {
    const unknown = progress.unknown + 1
    if (rule.unknownMax === 0 || unknown < rule.unknownMax || progress.unknownTold)
      return { progress: { ...progress, unknown }, events: [] }
    const sentence = `${nameOf(rule, subject, state)} unknown, ${plural(unknown, 'sample')} (${reading.sentence})`
    return { progress: { ...progress, unknown, unknownTold: true }, events: event('unknown', sentence) }
  }
  const known = { ...progress, unknown: 0, unknownTold: false }
  const lasting = kind.lasting?.(rule.options) ?? atOnce
  if (reading.kind === 'good') {
    if (!known.tripped || !isWellAgain(known.stretch, at, lasting)) return { progress: known, events: [] }
    const sentence = `${nameOf(rule, subject, state)} is well again`
    return { progress: { ...known, tripped: false }, events: event('recovered', sentence) }
  }
  if (known.tripped || !hasLasted(known.stretch, at, lasting)) return { progress: known, events: [] }
  const sentence = trippedSentence(reading, known.stretch, at, kind.lasting ? lasting : null)
  return { progress: { ...known, tripped: true }, events: event('tripped', sentence) }
}

/** What the rule is about, in a sentence: its one series, or its title where it looks at several. */
function nameOf({ series, title }: GuardRule, subject: string | null, { context }: JudgeState): string {
  const [first, ...others] = series
  return first && others.every(({ signal }) => signal === first.signal)
    ? subjectOf(first.signal, versionIn(first, subject, context))
    : `"${title}"`
}

/**
 * A series that was there and then fell silent is unknown too. Not so the stable version's: it may have been retired.
 */
function hearSilence(state: JudgeState, rule: GuardRule, at: number): JudgeEvent[] {
  if (rule.unknownMax === 0 || rule.scope === 'stable') return []
  const subject = rule.scope === 'service' ? null : state.context.candidate
  const before = state.progress[rule.id]?.[subject ?? SERVICE]
  if (!before || before.unknownTold) return []
  for (const series of rule.series.filter(({ scope }) => scope !== 'stable')) {
    const version = versionIn(series, subject, state.context)
    const pace = before.paces[keyOf(series.signal, version)]
    if (!pace || pace.spacingMs === null) continue
    const silentMs = at - Math.max(pace.lastAt, state.stream?.sinceAt ?? at)
    if (silentMs <= rule.unknownMax * intervalOf(state, pace)) continue
    state.progress[rule.id] = { ...state.progress[rule.id], [subject ?? SERVICE]: { ...before, unknownTold: true } }
    const sentence = `${subjectOf(series.signal, version)} unknown, no sample for ${Math.round(silentMs / 1000)} s`
    return [{ type: 'unknown', rule, version: subject, at, sample: null, sentence }]
  }
  return []
}
