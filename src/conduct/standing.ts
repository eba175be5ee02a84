// How the candidate stands by the run's verdict guards: what they came to, as samples for the record, and after a restart what they
// had seen before. Pure.
import { guardKind } from '../catalog/catalog.ts'
import { createJudge, type JudgeState } from '../guards/judge.ts'
import { bound } from '../guards/kinds/bound.ts'
import { judgedSamples, replay } from '../guards/replay.ts'
import { verdictOptionsOf, verdictsOf, type VerdictState } from '../guards/kinds/verdict.ts'
import type { LedgerEntry, StageBody, Statement } from '../plan/run-record.ts'
import type { Sample } from '../plan/signal.ts'
import type { Judgement, Verdict } from '../plan/verdict.ts'

export interface Standing {
  /** `worse` when any metric is; `not-worse` when every one was shown not to be. */
  judgement: Judgement
  /** One a metric. */
  statements: Statement[]
}

/** Null where no guard of the run judges by statistics, or none has seen the candidate yet. */
export function standingOf(state: JudgeState): Standing | null {
  const verdicts = verdictsIn(state)
  if (verdicts.length === 0) return null
  const compared = verdicts.filter(({ metric }) => metric !== 'objective')
  const isWorse = verdicts.some(({ judgement }) => judgement === 'worse')
  const isFine = compared.length > 0 && compared.every(({ judgement }) => judgement === 'not-worse')
  return {
    judgement: isWorse ? 'worse' : isFine ? 'not-worse' : 'undecided',
    statements: verdicts.map(({ metric, judgement, sentence }) => ({ metric, judgement, sentence })),
  }
}

/** `errors shown not worse: canary errors 0.9 % vs 1 %, ...`. */
export function statementText({ metric, judgement, sentence }: Statement): string {
  return `${metric} ${WORDS[judgement]}: ${sentence}`
}

const WORDS: Record<Judgement, string> = {
  worse: 'shown worse',
  'not-worse': 'shown not worse',
  undecided: 'undecided',
}

/**
 * The evidence as samples, for charts and the record: `evidence-METRIC` in decimal logarithms (2 is 100 to 1), and the ends of the
 * interval that always holds.
 */
export function evidenceSamples(state: JudgeState, at: number): Sample[] {
  const about = { version: state.context.candidate, at, observations: null }
  return verdictsIn(state).flatMap(({ metric, logE, interval }) => {
    const evidence = { ...about, signal: `evidence-${metric}`, value: logE / Math.LN10, unit: 'log10' }
    if (!interval) return [evidence]
    const end = (name: string, value: number): Sample => {
      const isOpen = !Number.isFinite(value) || value <= 0
      return { ...about, signal: `${name}-${metric}`, value: isOpen ? null : value, unit: 'ratio' }
    }
    return [evidence, end('ratio-low', interval.low), end('ratio-high', interval.high)]
  })
}

/**
 * The state of a judge that goes on where an earlier process stopped: guards that gather over time look again at what was recorded, of the
 * candidate from its first stage on. Plain bounds begin anew. What trips now and stands in no ledger yet trips again at the next look:
 * the earlier process may have been killed before it could tell.
 */
export function withEarlierEvidence(
  state: JudgeState,
  samples: readonly Sample[],
  entries: readonly LedgerEntry[],
): JudgeState {
  const rules = state.rules.filter(({ kind }) => kind !== bound.id)
  const signals = new Set(rules.flatMap(({ series }) => series.map(({ signal }) => signal)))
  const stages = entries.filter(isStageStart).map(({ at }) => at)
  const { candidate } = state.context
  const seen = judgedSamples(samples, candidate, stages).filter(({ signal }) => signals.has(signal))
  if (!seen.some(({ version }) => version === candidate)) return state
  const { state: earlier } = replay(createJudge(rules, state.context), { samples: seen, stagesAt: stages }, guardKind)
  const told = new Set(entries.filter(({ kind }) => kind === 'guard').map(({ body }) => body.rule))
  const progress = mapValues(earlier.progress, (versions, rule) =>
    mapValues(versions, (one) => ({ ...one, tripped: one.tripped && told.has(rule) })),
  )
  const context = { ...state.context, stage: stages.length }
  return { ...state, context, progress: { ...state.progress, ...progress } }
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T, key: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]))
}

function isStageStart({ kind, body }: LedgerEntry): boolean {
  return kind === 'stage' && (body as unknown as StageBody).event === 'started'
}

function verdictsIn({ rules, progress, context }: JudgeState): Verdict[] {
  return rules.flatMap((rule) => {
    const options = verdictOptionsOf(rule)
    const own = progress[rule.id]?.[context.candidate]?.own as VerdictState | undefined
    return options === null || own?.since == null ? [] : verdictsOf(options, own)
  })
}
