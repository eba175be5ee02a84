// Evidence, intervals and judgements as every form of the report writes them.
import { formatMoment, formatNumber, listWords } from '../format.ts'
import type { Tone } from '../shape.ts'
import type { IntervalPoint, JudgedMetric, MetricVerdict, ReportJudgement, ReportVerdict } from './shape.ts'

const METRIC_TITLES: Record<JudgedMetric, string> = {
  errors: 'Errors',
  latency: 'Response times',
  objective: 'Errors against the limit',
}

const JUDGEMENT_WORDS: Record<ReportJudgement, string> = {
  worse: 'shown worse',
  'not-worse': 'shown not worse',
  undecided: 'undecided',
  'not-judged': 'not judged',
}

const JUDGEMENT_TONES: Record<ReportJudgement, Tone> = {
  worse: 'bad',
  'not-worse': 'good',
  undecided: 'warning',
  'not-judged': 'warning',
}

export function metricTitle(metric: JudgedMetric): string {
  return METRIC_TITLES[metric]
}

export function judgementWord(judgement: ReportJudgement): string {
  return JUDGEMENT_WORDS[judgement]
}

/** How a judgement is meant: what is not shown is never good. */
export function judgementTone(judgement: ReportJudgement): Tone {
  return JUDGEMENT_TONES[judgement]
}

/** `200:1` from the decimal logarithm; far beyond both ends only the side is said. */
export function formatOdds(log10: number): string {
  if (log10 > 6) return 'over 1,000,000:1'
  if (log10 < -4) return 'under 0.0001:1'
  return `${formatNumber(Number((10 ** log10).toPrecision(2)))}:1`
}

/** `×1.3 to ×4.2`, `at least ×1.3`, `at most ×4.2`; nothing known on either side is said as such. */
export function intervalWords({ low, high }: Pick<IntervalPoint, 'low' | 'high'>): string {
  if (low === null && high === null) return 'open on both sides'
  if (high === null) return `at least ×${ratio(low)}`
  if (low === null) return `at most ×${ratio(high)}`
  return `×${ratio(low)} to ×${ratio(high)}`
}

/** Near 1 a third digit tells. */
function ratio(value: number | null): string {
  const known = value ?? Number.NaN
  return formatNumber(known > 0.5 && known < 2 ? known : Number(known.toPrecision(2)))
}

/** The table of a guard's metrics: what each came to. */
export const VERDICT_COLUMNS = [
  'Metric',
  'Judgement',
  'What was seen',
  'Evidence',
  'Highest',
  'Worse from',
  'Candidate : stable',
  'Shown',
]

/** One row a metric, in the order of the columns; null where nothing is known. */
export function verdictCells({ metric, judgement, sentence, ...of }: MetricVerdict): (string | null)[] {
  const { evidence, threshold, interval, shownAt } = of
  return [
    metricTitle(metric),
    judgementWord(judgement),
    sentence,
    evidence && formatOdds(evidence.last.value),
    evidence && formatOdds(evidence.peak.value),
    formatOdds(threshold),
    interval && intervalWords(interval.last),
    shownAt === null ? null : formatMoment(shownAt),
  ]
}

export const STAGE_COLUMNS = ['Stage', 'Metric', 'Evidence at its end', 'Highest', 'Candidate : stable']

/** How the evidence stood at the end of each stage, the stages in order. */
export function stageCells({ metrics }: ReportVerdict): (string | null)[][] {
  const rows = metrics.flatMap(({ metric, stages }) => stages.map((stage, index) => ({ metric, stage, index })))
  return rows
    .toSorted((a, b) => a.index - b.index)
    .map(({ metric, stage: { stage, weight, last, peak, interval } }) => [
      `${stage} (${formatNumber(weight)} %)`,
      metricTitle(metric),
      formatOdds(last),
      formatOdds(peak),
      interval && intervalWords(interval),
    ])
}

/** What the evidence and the interval mean, in two sentences. */
export function verdictNote({ falseAlarmPercent }: ReportVerdict): string {
  return (
    `Evidence is how strongly the looks so far speak for "the candidate is worse": of good releases at most ${formatNumber(falseAlarmPercent)} % ever get as far as "worse from". ` +
    'Candidate : stable is the odds ratio of failing, or the ratio of the median response times, in an interval that holds at all looks at once (95 %); ×1 is alike.'
  )
}

/** What a guard did that never tripped: one that judges by statistics has not shown the candidate to be good by that. */
export function untrippedWords(samples: number, judgement: ReportJudgement | undefined): string {
  if (samples === 0 || judgement === 'not-judged') return 'never judged'
  return judgement ? `did not trip, ${judgementWord(judgement)}` : 'did not trip'
}

/** "errors shown worse, response times undecided". */
export function judgementsWords({ metrics }: ReportVerdict): string {
  if (metrics.length === 0) return 'nothing was judged: its options cannot be read'
  return metrics
    .map(({ metric, judgement }) => `${metricTitle(metric).toLowerCase()} ${judgementWord(judgement)}`)
    .join(', ')
}

/** A sentence for the summary; each metric with what it rests on. */
export function verdictSentence(verdict: ReportVerdict, isOnly: boolean): string {
  const name = isOnly ? 'Verdict on the candidate' : `Verdict of "${verdict.title}"`
  const parts = verdict.metrics.map((metric) => {
    const word = `${metricTitle(metric.metric).toLowerCase()} ${judgementWord(metric.judgement)}`
    return `${word} (${basisOf(metric)})`
  })
  return `${name}: ${listWords(parts) || judgementsWords(verdict)}.`
}

function basisOf({ judgement, sentence, evidence, threshold }: MetricVerdict): string {
  if (judgement !== 'undecided' || !evidence) return sentence
  return `evidence ${formatOdds(evidence.last.value)} at the end, ${formatOdds(evidence.peak.value)} at most, of the ${formatOdds(threshold)} that it takes`
}
