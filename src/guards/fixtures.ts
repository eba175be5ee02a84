// Builders for the guards' tests: one rule, one sample, a stream through the judge.
import type { GuardRule } from '../plan/guard-rule.ts'
import type { Sample } from '../plan/signal.ts'
import { createJudge, judge, type JudgeContext, type JudgeEvent } from './judge.ts'

export const versions = { candidate: 'v2', stable: 'v1' }

export function rule(change: Partial<GuardRule> = {}): GuardRule {
  return {
    id: 'error-rate',
    title: 'Error rate exceeds 50 %',
    signal: 'error-rate',
    scope: 'candidate',
    operator: '>',
    value: 50,
    valueMax: null,
    relativeTo: null,
    consecutive: 1,
    forMs: 0,
    observationsMin: 0,
    severity: 'rollback',
    restoreData: false,
    unknownMax: 0,
    item: null,
    ...change,
  }
}

/** A sample at second `at`. */
export function sample(at: number, value: number | null, change: Partial<Sample> = {}): Sample {
  return { signal: 'error-rate', version: 'v2', at: at * 1000, value, unit: 'percent', observations: 37, ...change }
}

/** Events of a stream, a look a call; the state passes through JSON each time, as it does when it is stored. */
export function eventsOf(rules: GuardRule[], samples: Sample[], context: Partial<JudgeContext> = {}): JudgeEvent[] {
  let state = createJudge(rules, { ...versions, ...context })
  return [...Map.groupBy(samples, ({ at }) => at).values()].flatMap((look) => {
    const result = judge(JSON.parse(JSON.stringify(state)), look)
    state = result.state
    return result.events
  })
}
