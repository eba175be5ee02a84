// One release after another with known response times: when the verdict says "worse", and when one could have known.
import { createLatencyTest } from '../../src/verdict/latency/latency-test.ts'
import { weightAt, type LatencyScenario, type TimesOf } from './latency-scenarios.ts'
import { createRandom, type Random } from './random.ts'
import { quantile } from './scenario.ts'

export interface Simulated {
  /** Share of the runs that ended with "worse" within the horizon. */
  worse: number
  /** Seconds to "worse", of all runs: Infinity for those without. */
  medianSeconds: number
  p90Seconds: number
  /** Of those with. */
  meanSeconds: number
  /** Median of the likelihood ratio test that knows both distributions (from when the canary is slower). */
  oracleSeconds: number
  /** Median of the canary's requests until "worse". */
  canaryRequests: number
}

export interface SimulationOptions {
  runs: number
  seed: number
  /** Where a run ends without a verdict. */
  horizonSeconds: number
  /** Seconds of baseline alone before the canary. @default 0 */
  warmUpSeconds?: number
}

/** @returns what became of the runs; times count from when the canary is slower. */
export function simulateLatency(scenario: LatencyScenario, options: SimulationOptions): Simulated {
  const found: number[] = []
  const known: number[] = []
  const requests: number[] = []
  const logRatios = logDensityRatios(scenario)
  for (let run = 0; run < options.runs; run++) {
    const result = simulateRun(scenario, options, createRandom(options.seed * 1_000_003 + run), logRatios)
    const start = scenario.fromSecond ?? 0
    found.push(result.worseAt - start)
    known.push(result.knownAt - start)
    requests.push(result.canaryRequests)
  }
  const ended = found.filter((seconds) => Number.isFinite(seconds))
  return {
    worse: ended.length / options.runs,
    medianSeconds: quantile(found, 0.5),
    p90Seconds: quantile(found, 0.9),
    meanSeconds: ended.reduce((sum, seconds) => sum + seconds, 0) / ended.length,
    oracleSeconds: quantile(known, 0.5),
    canaryRequests: quantile(requests, 0.5),
  }
}

function simulateRun(
  scenario: LatencyScenario,
  { horizonSeconds, warmUpSeconds = 0 }: SimulationOptions,
  random: Random,
  logRatios: Float64Array | null,
) {
  const test = createLatencyTest()
  const boundsMs = [...scenario.boundsMs]
  const canary = { boundsMs, counts: Array.from({ length: boundsMs.length + 1 }, () => 0) }
  const stable = { boundsMs, counts: Array.from({ length: boundsMs.length + 1 }, () => 0) }
  const pauses = [createPauses(scenario, random), createPauses(scenario, random)]
  let knownLog = 0
  let canaryRequests = 0
  const ends = { worseAt: Infinity, knownAt: logRatios ? Infinity : Number.NaN }
  for (let second = -warmUpSeconds; second < horizonSeconds; second++) {
    fillLook(scenario, second, random, pauses, canary.counts, stable.counts)
    if (logRatios && ends.knownAt === Infinity && second >= (scenario.fromSecond ?? 0)) {
      knownLog += logLikelihoodRatio(canary.counts, stable.counts, logRatios)
      if (knownLog >= Math.log(100)) ends.knownAt = second + 1
    }
    if (ends.worseAt === Infinity) {
      const newStage = second > 0 && second <= 900 && second % 300 === 0
      test.observe({ candidate: canary, stable, newStage, elapsedMs: 1000 })
      for (const count of canary.counts) canaryRequests += count
      if (test.judgement() === 'worse') ends.worseAt = second + 1
    }
    if (ends.worseAt < Infinity && ends.knownAt !== Infinity) break
  }
  return { ...ends, canaryRequests }
}

function fillLook(
  scenario: LatencyScenario,
  second: number,
  random: Random,
  pauses: readonly (() => (at: number) => number)[],
  canary: number[],
  stable: number[],
): void {
  canary.fill(0)
  stable.fill(0)
  const { times, boundsMs, share } = scenario
  const weight = second < 0 ? 0 : weightAt(second)
  const wander = scenario.drift ? 0.3 * Math.sin(second / 200) + second / 3000 : 0
  const isSlow = second >= (scenario.fromSecond ?? 0)
  const slower = isSlow ? Math.log(scenario.factor) : 0
  const pausedAt = pauses.map((next) => next())
  const draws = [isSlow ? (scenario.canary ?? times) : times, times].map((of) => bucketDrawer(of, boundsMs))
  const usual = draws.map((drawer) => drawer(wander))
  for (let left = random.poisson(scenario.requestsPerSecond); left > 0; left--) {
    const version = random.uniform() < weight ? 0 : 1
    const isSlower = version === 0 && slower > 0 && (share === 1 || random.uniform() < share)
    const paused = scenario.pauses ? pausedAt[version]!(random.uniform()) : 0
    const draw = isSlower || paused > 0 ? draws[version]!(wander + paused + (isSlower ? slower : 0)) : usual[version]!
    const bucket = draw(random.uniform())
    if (version === 0) canary[bucket]!++
    else stable[bucket]!++
  }
}

/** Second by second: by how much (ln) a request is slower that comes at a part of the second. */
function createPauses({ pauses }: LatencyScenario, random: Random): () => (at: number) => number {
  let startsIn = pauses ? -Math.log(1 - random.uniform()) / pauses.perSecond : Infinity
  return () => {
    const start = startsIn
    if (pauses && --startsIn + pauses.seconds < 0)
      startsIn += -Math.log(1 - random.uniform()) / pauses.perSecond + pauses.seconds
    return (at) => (pauses && at >= start && at < start + pauses.seconds ? Math.log(pauses.factor) : 0)
  }
}

type Drawer = (shift: number) => (uniform: number) => number
const drawers = new Map<TimesOf, Map<readonly number[], Drawer>>()

/** Draws the bucket of a request's time when times are `exp(shift)` times as long: tables, made once. */
function bucketDrawer(times: TimesOf, boundsMs: readonly number[]): Drawer {
  const ofTimes = drawers.get(times) ?? new Map<readonly number[], Drawer>()
  drawers.set(times, ofTimes)
  const known = ofTimes.get(boundsMs)
  if (known) return known
  const logBounds = Float64Array.from(boundsMs, Math.log)
  const tables = new Map<number, (uniform: number) => number>()
  const drawer: Drawer = (shift) => {
    const table =
      tables.get(shift) ?? drawTable(Float64Array.from(logBounds, (log) => times.below(log + 1e-12 - shift)))
    tables.set(shift, table)
    return table
  }
  ofTimes.set(boundsMs, drawer)
  return drawer
}

/** Inverts a distribution: from a guide (Chen & Asau 1974) on to the first bucket that reaches the number. */
function drawTable(below: Float64Array): (uniform: number) => number {
  const guide = new Uint16Array(GUIDES)
  for (let index = 0, bucket = 0; index < GUIDES; index++) {
    while (bucket < below.length && below[bucket]! <= index / GUIDES) bucket++
    guide[index] = bucket
  }
  return (uniform) => {
    let bucket = guide[Math.floor(uniform * GUIDES)]!
    while (bucket < below.length && below[bucket]! <= uniform) bucket++
    return bucket
  }
}

const GUIDES = 1024

/** By bucket, canary over stable; null where nothing is wrong, or where pauses make the requests dependent. */
function logDensityRatios({
  times,
  canary = times,
  share,
  factor,
  boundsMs,
  pauses,
}: LatencyScenario): Float64Array | null {
  if ((factor === 1 && canary === times) || pauses) return null
  const edges = boundsMs.map((boundMs) => Math.log(boundMs) + 1e-12)
  const mass = (of: TimesOf, bucket: number, shift: number) => {
    const upper = bucket < edges.length ? of.below(edges[bucket]! - shift) : 1
    return Math.max(upper - (bucket > 0 ? of.below(edges[bucket - 1]! - shift) : 0), 1e-12)
  }
  return Float64Array.from({ length: boundsMs.length + 1 }, (_, bucket) => {
    const slower = (1 - share) * mass(canary, bucket, 0) + share * mass(canary, bucket, Math.log(factor))
    return Math.log(slower / mass(times, bucket, 0))
  })
}

function logLikelihoodRatio(canary: readonly number[], stable: readonly number[], logRatios: Float64Array): number {
  let ofCanary = 0
  let ofBoth = 0
  for (let bucket = 0; bucket < canary.length; bucket++) {
    ofCanary += canary[bucket]!
    ofBoth += canary[bucket]! + stable[bucket]!
  }
  if (ofCanary === 0 || ofCanary === ofBoth) return 0
  const weight = ofCanary / ofBoth
  let sum = 0
  for (let bucket = 0; bucket < canary.length; bucket++) {
    const both = canary[bucket]! + stable[bucket]!
    if (both === 0) continue
    const logRatio = logRatios[bucket]!
    sum += canary[bucket]! * logRatio - both * Math.log(1 + weight * Math.expm1(logRatio))
  }
  return sum
}
