// What rules would have done in runs that are over: their recordings, replayed through the real judge. Pure.
import type { GuardRule } from '../plan/guard-rule.ts'
import type { Sample } from '../plan/signal.ts'
import { baselineOf } from './baseline.ts'
import type { GuardKinds } from './guard-kind.ts'
import { createJudge, judge, type JudgeEvent } from './judge.ts'

/** A run as it was recorded. */
export interface RecordedRun {
  id: string
  candidate: string
  stable: string
  samplingMs: number
  /** Of the whole run, in any order. */
  samples: readonly Sample[]
  /** When the stages of the delivery began. Guards look at the candidate from the first one on; null: nothing is known of stages. */
  stagesAt: readonly number[] | null
  /** When guards no longer acted, as the run went back or the candidate was made the stable version; null: they did to the end. */
  untilAt: number | null
}

/** The first time a rule would have tripped. */
export interface Firing {
  run: string
  /** Milliseconds since the epoch. */
  at: number
  /** Since the run's first sample. */
  afterMs: number
  sentence: string
}

/** What one rule would have done in one run. */
export interface Replayed {
  rule: string
  /** Null: it would not have tripped. */
  fired: Firing | null
  /** Looks with a known sample of what it looks at: 0 means that nothing can be said of this run. */
  looks: number
}

/** What one rule would have done in all of them. */
export interface WhatIf {
  rule: GuardRule
  runs: number
  /** Runs that have no known sample of what it looks at. */
  blind: string[]
  firings: Firing[]
}

/** Replays one run. @throws PlanError for a kind that is not there. */
export function replayed(rules: readonly GuardRule[], run: RecordedRun, kinds: GuardKinds): Replayed[] {
  const { candidate, stable, samplingMs, stagesAt } = run
  const samples = run.samples.filter((sample) => isJudged(sample, run)).toSorted((a, b) => a.at - b.at)
  const startedAt = samples[0]?.at ?? 0
  const baseline = baselineOf(run.samples, run)
  const firings = new Map<string, Firing>()
  let state = createJudge(rules, { candidate, stable, samplingMs, baseline })
  for (const [at, look] of Map.groupBy(samples, (sample) => sample.at)) {
    const stage = (stagesAt ?? []).filter((stageAt) => stageAt <= at).length
    state = { ...state, context: { ...state.context, stage } }
    const result = judge(state, look, kinds)
    state = result.state
    for (const event of result.events) note(event)
  }
  return rules.map((rule) => ({
    rule: rule.id,
    fired: firings.get(rule.id) ?? null,
    looks: looksAt(rule, run, samples),
  }))

  function note({ type, rule, at, sentence }: JudgeEvent): void {
    if (type === 'tripped' && !firings.has(rule.id))
      firings.set(rule.id, { run: run.id, at, afterMs: at - startedAt, sentence })
  }
}

/** A candidate that is still starting is ill by nature, and one that is on its way out too. */
function isJudged({ at, version }: Sample, { candidate, stagesAt, untilAt }: RecordedRun): boolean {
  const live = version !== candidate || stagesAt === null || at >= (stagesAt[0] ?? Infinity)
  return live && (untilAt === null || at <= untilAt)
}

function looksAt({ series }: GuardRule, { candidate, stable }: RecordedRun, samples: readonly Sample[]): number {
  const versions = { candidate: [candidate], stable: [stable], any: [candidate, stable], service: [null] }
  const known = samples.filter(
    ({ signal, version, value }) =>
      value !== null &&
      series.some((one) => one.signal === signal && (versions[one.scope] as (string | null)[]).includes(version)),
  )
  return new Set(known.map(({ at }) => at)).size
}

/** All runs together, a line a rule. */
export function whatIf(
  rules: readonly GuardRule[],
  runs: readonly (readonly Replayed[])[],
  ids: readonly string[],
): WhatIf[] {
  return rules.map((rule) => {
    const own = runs.map((run) => run.find((one) => one.rule === rule.id))
    return {
      rule,
      runs: runs.length,
      blind: ids.filter((_, index) => (own[index]?.looks ?? 0) === 0),
      firings: own.flatMap((one) => one?.fired ?? []),
    }
  })
}

/** `would have fired on 2 of 30 runs; 5 runs have no samples of it`. */
export function whatIfInWords({ runs, blind, firings }: WhatIf): string {
  const judged = runs - blind.length
  const none =
    blind.length > 0 ? `; ${blind.length} ${blind.length === 1 ? 'run has' : 'runs have'} no samples of it` : ''
  return `would have fired on ${firings.length} of ${judged} ${judged === 1 ? 'run' : 'runs'}${none}`
}
