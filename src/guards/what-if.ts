// What rules would have done in runs that are over: their recordings, replayed through the real judge. Pure.
import type { GuardRule } from '../plan/guard-rule.ts'
import type { Sample } from '../plan/signal.ts'
import { baselineOf } from './baseline.ts'
import type { GuardKinds } from './guard-kind.ts'
import { createJudge } from './judge.ts'
import { judgedSamples, replay } from './replay.ts'

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
  const { candidate, stable, samplingMs, stagesAt, untilAt } = run
  const samples = judgedSamples(run.samples, candidate, stagesAt).filter(({ at }) => untilAt === null || at <= untilAt)
  const startedAt = samples.reduce((first, { at }) => Math.min(first, at), Infinity)
  const state = createJudge(rules, { candidate, stable, samplingMs, baseline: baselineOf(run.samples, run) })
  const { events } = replay(state, { samples, stagesAt }, kinds)
  return rules.map((rule) => {
    const trip = events.find((event) => event.type === 'tripped' && event.rule.id === rule.id)
    return {
      rule: rule.id,
      fired: trip ? { run: run.id, at: trip.at, afterMs: trip.at - startedAt, sentence: trip.sentence } : null,
      looks: looksAt(rule, run, samples),
    }
  })
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
