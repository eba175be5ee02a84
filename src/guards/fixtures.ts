// Builders for the guards' tests: one rule, one sample, a stream through the judge.
import type { GuardRule } from '../plan/guard-rule.ts'
import type { Sample } from '../plan/signal.ts'
import { type GuardKind, type GuardKinds } from './guard-kind.ts'
import { createJudge, judge, type JudgeContext, type JudgeEvent } from './judge.ts'
import { bound } from './kinds/bound.ts'

export const versions = { candidate: 'v2', stable: 'v1' }

/** Every rule is a bound. */
export const onlyBounds: GuardKinds = () => bound

const COMMON = {
  id: 'error-rate',
  title: 'Error rate exceeds 50 %',
  severity: 'rollback',
  restoreData: false,
  unknownMax: 0,
  item: null,
} as const

type Common = Pick<GuardRule, keyof typeof COMMON>

/** A rule of a kind, with options as gonogo.yaml writes them. */
function ruleOf(kind: GuardKind, given: unknown, common: Partial<Common> = {}): GuardRule {
  const options = kind.options.parse(given) as Record<string, unknown>
  const said = { scope: kind.scope(options), series: kind.series(options), condition: kind.describe(options) }
  return { ...COMMON, ...common, kind: kind.id, options, ...said }
}

type BoundGiven = Partial<Common> & Record<string, unknown>

/** A bound, error rate of the candidate above 50 %, with these options and common fields changed. */
export function rule(change: BoundGiven = {}): GuardRule {
  const isCommon = ([key]: [string, unknown]): boolean => key in COMMON
  const changes = Object.entries(change)
  const options = Object.fromEntries(changes.filter((entry) => !isCommon(entry)))
  const common = Object.fromEntries(changes.filter(isCommon))
  return ruleOf(bound, { signal: 'error-rate', is: '>', value: 50, ...options }, common)
}

/** A sample at second `at`. */
export function sample(at: number, value: number | null, change: Partial<Sample> = {}): Sample {
  return { signal: 'error-rate', version: 'v2', at: at * 1000, value, unit: 'percent', observations: 37, ...change }
}

/** Events of a stream, a look a call; the state passes through JSON each time, as it does when it is stored. */
export function eventsOf(
  rules: GuardRule[],
  samples: Sample[],
  context: Partial<JudgeContext> = {},
  kinds: GuardKinds = onlyBounds,
): JudgeEvent[] {
  let state = createJudge(rules, { ...versions, ...context })
  return [...Map.groupBy(samples, ({ at }) => at).values()].flatMap((look) => {
    const result = judge(JSON.parse(JSON.stringify(state)), look, kinds)
    state = result.state
    return result.events
  })
}
