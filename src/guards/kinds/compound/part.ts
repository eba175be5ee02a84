// One condition inside of a compound guard: judged by its own kind, with its own stretch; whether it holds is three-valued. Pure.
import type { GuardSeries } from '../../../plan/guard-rule.ts'
import type { GuardContext, GuardKind, GuardReading, Look } from '../../guard-kind.ts'
import { atOnce, continued, hasLasted, isWellAgain, noStretch, type Stretch } from '../../stretch.ts'

/** A condition that is in force: its kind, and the options as that gave them. */
export interface Part {
  kind: GuardKind
  options: Record<string, unknown>
}

/** `idle`: nobody asked, or not yet; `unknown`: the source could not tell. */
export type Truth = 'holds' | 'fails' | 'idle' | 'unknown'

export interface PartState {
  /** What the kind remembers; undefined before the first look. */
  own?: unknown
  stretch: Stretch
  truth: Truth
  /** What was said of it last. */
  sentence: string
  /** Of the last look, and of the last that was known. */
  lastAt: number | null
  knownAt: number | null
  spacingMs: number | null
}

export const newPart: PartState = {
  stretch: noStretch,
  truth: 'idle',
  sentence: 'nothing was measured yet',
  lastAt: null,
  knownAt: null,
  spacingMs: null,
}

/** A known state older than so many intervals of its source is known no longer. */
const GAP_INTERVALS = 3
const SENTENCE_MAX = 300

/** The part after a look; as it was where the look has none of its series. */
export function judgedPart({ kind, options }: Part, before: PartState, look: Look, whole: GuardContext): PartState {
  const series = kind.series(options)
  const signals = new Set(series.map(({ signal }) => signal))
  const samples = look.samples.filter(({ signal }) => signals.has(signal))
  if (
    !samples.some(({ signal, version }) =>
      series.some((one) => one.signal === signal && versionOf(one, whole) === version),
    )
  )
    return before
  const context = contextFor({ kind, options }, before, look.at, whole)
  const { state: own, reading } = kind.judge(
    options,
    before.own ?? kind.start(options, context),
    { at: look.at, samples },
    context,
  )
  const stretch = continued(before.stretch, reading, look.at, GAP_INTERVALS * context.intervalMs)
  const isKnown = reading.kind === 'good' || reading.kind === 'bad'
  const elapsed = context.elapsedMs
  return {
    own,
    stretch,
    truth: truthOf({ kind, options }, before, stretch, reading, look.at),
    sentence:
      reading.kind === 'idle' && before.knownAt !== null ? before.sentence : reading.sentence.slice(0, SENTENCE_MAX),
    lastAt: look.at,
    knownAt: isKnown ? look.at : before.knownAt,
    spacingMs: elapsed !== null && elapsed > 0 ? elapsed : before.spacingMs,
  }
}

/** Whether the part holds at this moment: what was known too long ago is unknown. */
export function truthAt(part: PartState, at: number, samplingMs: number): Truth {
  if (part.truth !== 'holds' && part.truth !== 'fails') return part.truth
  const limitMs = GAP_INTERVALS * Math.max(samplingMs, part.spacingMs ?? 0)
  return part.knownAt !== null && at - part.knownAt <= limitMs ? part.truth : 'unknown'
}

/** The version that a series of a part is about; a part has no scope `any`. */
export function versionOf(
  { scope }: GuardSeries,
  { candidate, stable }: { candidate: string; stable: string },
): string | null {
  return scope === 'service' ? null : scope === 'stable' ? stable : candidate
}

function contextFor({ kind, options }: Part, before: PartState, at: number, whole: GuardContext): GuardContext {
  const version = versionOf({ signal: '', scope: kind.scope(options), bad: null }, whole)
  const intervalMs = Math.max(whole.samplingMs, before.spacingMs ?? 0)
  const elapsedMs = before.lastAt === null || at < before.lastAt ? null : at - before.lastAt
  return { ...whole, version, intervalMs, elapsedMs }
}

function truthOf(
  { kind, options }: Part,
  before: PartState,
  stretch: Stretch,
  reading: GuardReading,
  at: number,
): Truth {
  const lasting = kind.lasting?.(options) ?? atOnce
  switch (reading.kind) {
    case 'unknown':
      return 'unknown'
    case 'idle':
      // Too little to judge by changes nothing; what was known before grows old by itself.
      return before.truth === 'unknown' ? 'idle' : before.truth
    case 'good':
      return before.truth === 'holds' && !isWellAgain(stretch, at, lasting) ? 'holds' : 'fails'
    case 'bad':
      if (hasLasted(stretch, at, lasting)) return 'holds'
      // Bad, but not for long enough yet: what was known before still stands.
      return before.truth === 'unknown' ? 'idle' : before.truth
  }
}
