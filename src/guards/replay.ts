// A recording judged again, look by look, at the stage that the delivery was in. Pure.
import type { Sample } from '../plan/signal.ts'
import type { GuardKinds } from './guard-kind.ts'
import { judge, type JudgeEvent, type JudgeState } from './judge.ts'

/**
 * What guards looked at in a run: the candidate from its first stage on, for one that is still starting is ill by nature.
 * @param stagesAt when the stages of the delivery began; null: nothing is known of stages.
 */
export function judgedSamples(
  samples: readonly Sample[],
  candidate: string,
  stagesAt: readonly number[] | null,
): Sample[] {
  const firstStageAt = stagesAt === null ? Number.NEGATIVE_INFINITY : (stagesAt[0] ?? Number.POSITIVE_INFINITY)
  return samples.filter(({ version, at }) => version !== candidate || at >= firstStageAt)
}

/** Feeds recorded samples to a judge, in order of time. @throws PlanError for a kind that is not there. */
export function replay(
  state: JudgeState,
  { samples, stagesAt }: { samples: readonly Sample[]; stagesAt: readonly number[] | null },
  kinds: GuardKinds,
): { state: JudgeState; events: JudgeEvent[] } {
  const events: JudgeEvent[] = []
  let current = state
  const inOrder = samples.toSorted((a, b) => a.at - b.at)
  for (const [at, look] of Map.groupBy(inOrder, (sample) => sample.at)) {
    const stage = (stagesAt ?? []).filter((stageAt) => stageAt <= at).length
    const result = judge({ ...current, context: { ...current.context, stage } }, look, kinds)
    current = result.state
    events.push(...result.events)
  }
  return { state: current, events }
}
