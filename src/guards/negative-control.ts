// Negative control of a gate: before the release, a planted fault must turn each guard red. Runs the real judge. Pure.
import { formatDuration } from '../lib/duration.ts'
import type { GuardRule } from '../plan/guard-rule.ts'
import type { Sample } from '../plan/signal.ts'
import type { GuardKind, GuardKinds, GuardReading, ProvocationContext } from './guard-kind.ts'
import { createJudge, judge, type JudgeEvent } from './judge.ts'

export interface NegativeControl {
  /** Id of the rule. */
  rule: string
  canTurnRed: boolean
  /** Worst time from the begin of a plain fault to the trip; null where it cannot turn red, or cannot be bounded. */
  worstMs: number | null
  /** From the begin of the planted fault to the trip, as it was now; null where it did not turn red. */
  measuredMs: number | null
  /** For a person: "yes, within 3 s of the fault, given 5 requests". */
  sentence: string
}

/** Versions as a provocation calls them. */
const VERSIONS = { candidate: 'candidate', stable: 'stable' }

/**
 * Plants the fault of the rule's kind and looks whether the rule trips, and not before.
 * @param pace of the run: sampling interval, and signal → interval of a source that looks less often
 * @throws PlanError for a kind that is not there
 */
export function negativeControl(
  rule: GuardRule,
  kinds: GuardKinds,
  pace: Pick<ProvocationContext, 'samplingMs' | 'everyMs'>,
): NegativeControl {
  const kind = kinds(rule.kind)
  const context = { ...VERSIONS, ...pace }
  const { looks, faultAt } = kind.provocation(rule.options, context)
  const tripped = firstTrip(rule, kinds, context, looks)
  const red = { rule: rule.id, canTurnRed: false, worstMs: null, measuredMs: null }
  if (!tripped) return { ...red, sentence: `no: ${whyNot(rule, kind, context, looks)}` }
  if (tripped.at < faultAt) return { ...red, sentence: 'no: it is red without any fault, so it tells nothing' }
  const { ms, given } = kind.reaction(rule.options, context)
  const on = given === null ? '' : ms === null ? `, ${given}` : `, given ${given}`
  const sentence =
    ms === null
      ? `yes, after a time that cannot be bounded${on}`
      : `yes, within ${formatDuration(ms)} of the fault${on}`
  return { rule: rule.id, canTurnRed: true, worstMs: ms, measuredMs: tripped.at - faultAt, sentence }
}

/** What the kind said last of looks that did not trip it. */
function whyNot(rule: GuardRule, kind: GuardKind, pace: ProvocationContext, looks: readonly Sample[][]): string {
  const { candidate, stable, samplingMs } = pace
  const version = rule.scope === 'service' ? null : rule.scope === 'stable' ? stable : candidate
  const context = {
    candidate,
    stable,
    samplingMs,
    version,
    intervalMs: samplingMs,
    baseline: {},
    stage: 0,
    elapsedMs: null,
  }
  let state = kind.start(rule.options, context)
  let last: GuardReading | null = null
  for (const samples of looks) {
    const judged = kind.judge(rule.options, state, { at: samples[0]?.at ?? 0, samples }, context)
    state = judged.state
    last = judged.reading
  }
  const open = last?.kind === 'idle' || last?.kind === 'unknown' ? `: ${last.sentence}` : ''
  return `no fault makes it so that ${rule.condition}${open}`
}

function firstTrip(
  rule: GuardRule,
  kinds: GuardKinds,
  { candidate, stable, samplingMs }: ProvocationContext,
  looks: readonly Sample[][],
): JudgeEvent | null {
  let state = createJudge([rule], { candidate, stable, samplingMs })
  for (const look of looks) {
    const result = judge(state, look, kinds)
    state = result.state
    const trip = result.events.find(({ type }) => type === 'tripped')
    if (trip) return trip
  }
  return null
}
