// What happens in a simulated release: traffic, its split, and how often each version fails, second by second.
import type { Arm } from '../../src/verdict/error-test.ts'
import { createRandom, type Random } from './random.ts'

export interface Scenario {
  name: string
  requestsPerSecond: number
  seconds: number
  /** The candidate's share of the traffic (0..1) in second `t`. */
  weight(t: number): number
  /** Counts the stages from 0. */
  stage(t: number): number
  /** Failing share (0..1) of each version in second `t`. */
  candidate(t: number): number
  stable(t: number): number
  /** Failures come in bursts of this mean size (geometric), each within one second and one version. @default 1 */
  burst?: number
  /** When the candidate begins to be worse. @default 0 */
  onset?: number
  /** Seconds of the stable version alone before. @default 0 */
  before?: number
}

/** One second of both versions; `events` counts a burst once. */
export interface Second {
  candidate: Arm
  stable: Arm
  candidateEvents: number
  stableEvents: number
}

/** 1, 10, 25, 50 % for 300 s each. */
export const RAMP = {
  weight: (t: number): number => [0.01, 0.1, 0.25, 0.5][Math.min(3, Math.floor(t / 300))] ?? 0.5,
  stage: (t: number): number => Math.min(3, Math.floor(t / 300)),
}

/** One weight from the start. */
export function constant(weight: number): Pick<Scenario, 'weight' | 'stage'> {
  return { weight: () => weight, stage: () => 0 }
}

/** Something that watches one release. */
export interface Watcher {
  /** A second before the candidate has traffic. */
  learn?(stable: Arm): void
  beginStage?(): void
  /** @returns whether it has made up its mind. */
  observe(second: Second, t: number): boolean
}

/** What came of many releases: of each the second of the decision counted from the onset, Infinity where there was none. */
export interface Outcomes {
  seconds: Float64Array
  /** Requests that reached the candidate until then. */
  candidateRequests: Float64Array
  /** Of these, those that failed. */
  badRequests: Float64Array
}

/** Runs a scenario `runs` times, each with a watcher of its own. The same seed gives the same traffic to every watcher. */
export function simulate(scenario: Scenario, create: () => Watcher, runs: number, seed: number): Outcomes {
  const outcomes: Outcomes = {
    seconds: new Float64Array(runs),
    candidateRequests: new Float64Array(runs),
    badRequests: new Float64Array(runs),
  }
  for (let run = 0; run < runs; run++) {
    const { at, requests, bad } = release(scenario, create(), createRandom(seed * 1_000_003 + run))
    outcomes.seconds[run] = at - (scenario.onset ?? 0)
    outcomes.candidateRequests[run] = requests
    outcomes.badRequests[run] = bad
  }
  return outcomes
}

function release(scenario: Scenario, watcher: Watcher, random: Random) {
  const { requestsPerSecond, burst = 1, before = 0 } = scenario
  const arm = (share: number, failing: number) => draw(random, requestsPerSecond * share, failing, burst)
  if (watcher.learn) for (let t = 0; t < before; t++) watcher.learn(arm(1, scenario.stable(0)).arm)
  let requests = 0
  let bad = 0
  let stage = 0
  for (let t = 0; t < scenario.seconds; t++) {
    const weight = scenario.weight(t)
    if (scenario.stage(t) !== stage) watcher.beginStage?.()
    stage = scenario.stage(t)
    const candidate = arm(weight, scenario.candidate(t))
    const stable = arm(1 - weight, scenario.stable(t))
    requests += candidate.arm.requests
    bad += candidate.arm.failures
    const second: Second = {
      candidate: candidate.arm,
      stable: stable.arm,
      candidateEvents: candidate.events,
      stableEvents: stable.events,
    }
    if (watcher.observe(second, t)) return { at: t + 1, requests, bad }
  }
  return { at: Number.POSITIVE_INFINITY, requests, bad }
}

function draw(random: Random, mean: number, failing: number, burst: number): { arm: Arm; events: number } {
  const requests = random.poisson(mean)
  if (burst === 1) {
    const failures = random.binomial(requests, failing)
    return { arm: { requests, failures }, events: failures }
  }
  const events = random.binomial(requests, failing / burst)
  let failures = 0
  for (let event = 0; event < events; event++)
    failures += 1 + Math.floor(Math.log(1 - random.uniform()) / Math.log(1 - 1 / burst))
  return { arm: { requests, failures: Math.min(failures, requests) }, events }
}

/** Share of releases in which a decision fell, and the times of it: medians count undecided ones as late. */
export function summary({ seconds, candidateRequests, badRequests }: Outcomes) {
  const decided = seconds.filter(Number.isFinite)
  return {
    share: decided.length / seconds.length,
    median: quantile(seconds, 0.5),
    p90: quantile(seconds, 0.9),
    mean: decided.reduce((sum, value) => sum + value, 0) / decided.length,
    requestsMedian: quantile(candidateRequests, 0.5),
    requestsP90: quantile(candidateRequests, 0.9),
    badMedian: quantile(badRequests, 0.5),
  }
}

/** The value that a share of all lies below; NaN of none. */
export function quantile(values: ArrayLike<number>, q: number): number {
  return Float64Array.from(values).toSorted()[Math.min(values.length - 1, Math.floor(q * values.length))] ?? Number.NaN
}
