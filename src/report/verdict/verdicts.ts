// What each verdict guard of the plan came to: from what the ledger says was shown, and from the recorded evidence.
import type { GuardRule } from '../../plan/guard-rule.ts'
import type { LedgerEntry } from '../../plan/run-record.ts'
import type { LedgerReading } from '../entries.ts'
import type { Recording, Stretch } from '../recording.ts'
import type { ReportStage } from '../shape.ts'
import { evidenceSeries, signalsOf } from './evidence-series.ts'
import { intervalStretches } from './interval-series.ts'
import { judgedMetrics, type MetricDesign } from './judged-metrics.ts'
import { lastSaid, trippedOn, type Said } from './said.ts'
import type {
  EvidenceSeries,
  IntervalSeries,
  MetricVerdict,
  ReportJudgement,
  ReportVerdict,
  StageEvidence,
} from './shape.ts'
import { formatOdds } from './words.ts'

export interface VerdictContext {
  ledger: readonly LedgerEntry[]
  reading: LedgerReading
  recording: Recording
  candidate: string | null
  stages: readonly ReportStage[]
  /** Where an unfinished stage is taken to end. */
  until: number
}

/** Kind of the guards that are told of here. */
const KIND = 'verdict'
/** Of the intervals that a run records. */
const LEVEL_PERCENT = 95
/** Evidence nearer to 1:1 than this comes of rounding. */
const NOTHING = 1e-6

/** One a guard of kind `verdict`, in the plan's order; none where there is none. */
export function reportVerdicts(rules: readonly GuardRule[], context: VerdictContext): ReportVerdict[] {
  const designs = rules.filter(({ kind }) => kind === KIND).map((rule) => ({ rule, ...judgedMetrics(rule) }))
  const judgedBy = Map.groupBy(
    designs.flatMap(({ metrics }) => metrics),
    ({ metric }) => metric,
  )
  return designs.map(({ rule, falseAlarmPercent, metrics: judged }) => {
    const metrics = judged.map((design) => {
      const recorded = recordOf(design, context)
      const isOwn = judgedBy.get(design.metric)?.length === 1
      return metricVerdict(rule.id, design, context, isOwn ? recorded : { ...NOT_TOLD_APART, blank: recorded.blank })
    })
    return { rule: rule.id, title: rule.title, judgement: overall(metrics), falseAlarmPercent, metrics }
  })
}

interface Recorded {
  evidence: EvidenceSeries | null
  interval: IntervalSeries | null
  stages: StageEvidence[]
  /** Why there is nothing to judge by; null where there is something. */
  blank: string | null
}

/** Several guards judge the metric: their samples are of one name and cannot be told apart. */
const NOT_TOLD_APART = { evidence: null, interval: null, stages: [] }

function recordOf(design: MetricDesign, context: VerdictContext): Recorded {
  const { evidence, interval } = seriesIn(design, context)
  const stages = context.stages.flatMap((stage): StageEvidence[] => {
    if (stage.startedAt === null) return []
    const stretch = { from: stage.startedAt, to: stage.endedAt ?? context.until + 1 }
    const seen = seriesIn(design, context, stretch)
    if (!seen.evidence) return []
    const { last, peak } = seen.evidence
    const { name, weight } = stage
    return [{ stage: name, weight, last: last.value, peak: peak.value, interval: seen.interval?.last ?? null }]
  })
  return { evidence, interval, stages, blank: blankOf(design, evidence, interval) }
}

function seriesIn(
  { metric, threshold, accepted }: MetricDesign,
  { recording, candidate }: VerdictContext,
  stretch?: Stretch,
): Pick<Recorded, 'evidence' | 'interval'> {
  if (candidate === null) return { evidence: null, interval: null }
  const { evidence, low, high } = signalsOf(metric)
  const found = intervalStretches(recording.of(low, candidate, stretch), recording.of(high, candidate, stretch))
  const of = metric === 'latency' ? ('median-ratio' as const) : ('odds-ratio' as const)
  return {
    evidence: evidenceSeries(recording.of(evidence, candidate, stretch), threshold),
    interval: found && { of, levelPercent: LEVEL_PERCENT, accepted, ...found },
  }
}

/** A metric without data is recorded too, at 1:1 and without an interval: that is no evidence. */
function blankOf(
  { metric }: MetricDesign,
  evidence: EvidenceSeries | null,
  interval: IntervalSeries | null,
): string | null {
  if (!evidence) return 'no look had counts of the new version to judge by'
  const isFlat = evidence.points.every(({ value }) => Math.abs(value ?? 0) < NOTHING)
  if (metric === 'objective' || interval || !isFlat) return null
  const what = metric === 'latency' ? 'response times' : 'counts of requests'
  return `no look with ${what} of both versions counted`
}

function metricVerdict(rule: string, design: MetricDesign, context: VerdictContext, recorded: Recorded): MetricVerdict {
  const { evidence, interval, stages, blank } = recorded
  const said = trippedOn(rule, design.metric, context.reading) ?? lastSaid(design.metric, context.ledger)
  const { judgement, sentence, shownAt } = judgementOf(design, said, evidence, blank)
  const { metric, budgetPercent, threshold } = design
  return { metric, judgement, sentence, shownAt, budgetPercent, threshold, evidence, interval, stages }
}

/** `worse` by either of both; `not-worse` only by the ledger's word; nothing to judge by is never more than that. */
function judgementOf(
  { threshold }: MetricDesign,
  said: Said | null,
  evidence: EvidenceSeries | null,
  blank: string | null,
): Pick<MetricVerdict, 'judgement' | 'sentence' | 'shownAt'> {
  const crossedAt = evidence?.crossedAt ?? null
  if (said?.judgement === 'worse') {
    return { judgement: 'worse', sentence: said.sentence, shownAt: Math.min(said.at, crossedAt ?? said.at) }
  }
  if (crossedAt !== null)
    return { judgement: 'worse', sentence: `the evidence reached ${formatOdds(threshold)}`, shownAt: crossedAt }
  if (said?.judgement === 'not-worse') return { judgement: 'not-worse', sentence: said.sentence, shownAt: said.at }
  if (blank !== null) return { judgement: 'not-judged', sentence: said?.sentence ?? blank, shownAt: null }
  return { judgement: 'undecided', sentence: said?.sentence ?? undecidedSentence(evidence, threshold), shownAt: null }
}

function undecidedSentence(evidence: EvidenceSeries | null, threshold: number): string {
  if (!evidence) return 'nothing was said; several guards judge it, and their recorded evidence cannot be told apart'
  return `evidence of at most ${formatOdds(evidence.peak.value)}, where it takes ${formatOdds(threshold)}`
}

/** A fixed limit that was not shown to be broken says nothing against the old version: it does not make a release undecided. */
function overall(metrics: readonly MetricVerdict[]): ReportJudgement {
  const judgements = metrics.map(({ judgement }) => judgement)
  if (judgements.includes('worse')) return 'worse'
  const compared = metrics.filter(({ metric }) => metric !== 'objective')
  if (compared.length > 0 && compared.every(({ judgement }) => judgement === 'not-worse')) return 'not-worse'
  return judgements.every((judgement) => judgement === 'not-judged') ? 'not-judged' : 'undecided'
}
