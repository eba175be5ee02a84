// The latency rows of note 8's sets A and D, bursts, other services than those, and the speed of the test.
import { createLatencyTest } from '../../src/verdict/latency/latency-test.ts'
import type { Measure } from '../result.ts'
import { BURSTY, NULLS, OTHERS, SET_D, type LatencyScenario } from './latency-scenarios.ts'
import { simulateLatency } from './latency-simulation.ts'
import { createRandom } from './random.ts'

export interface LatencyBenchOptions {
  /** Fewer runs, same targets. */
  quick: boolean
  progress(line: string): void
}

/** Three standard errors of 20,000 runs above the budget of 1 %. */
const FALSE_ALARMS_MAX = 1.21

export async function latencyMeasures({ quick, progress }: LatencyBenchOptions): Promise<Measure[]> {
  const measures: Measure[] = []
  const falseAlarms = (scenario: LatencyScenario, warmUpSeconds: number, runs: number) => {
    progress(`latency: ${scenario.name}`)
    const { worse } = simulateLatency(scenario, { runs, seed: 11, horizonSeconds: 1200, warmUpSeconds })
    const what = `latency, ${scenario.name}: false rollbacks in 1,200 s`
    measures.push({ what, measured: worse * 100, unit: '%', target: { atMost: FALSE_ALARMS_MAX } })
  }
  for (const scenario of NULLS) falseAlarms(scenario, 0, quick ? 500 : 20_000)
  const [burstyNull, ...burstySlower] = BURSTY
  if (burstyNull) falseAlarms(burstyNull, 600, quick ? 300 : 5000)

  const ratios = SET_D.map((scenario) => delays(scenario, quick ? 200 : 2000, 6000))
  measures.push({
    what: 'latency, set D: geometric mean of the median delays over the oracle',
    measured: Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length),
    unit: 'times',
    target: { atMost: 1.2 },
  })
  for (const scenario of OTHERS) delays(scenario, quick ? 60 : 500, 3000)
  for (const scenario of burstySlower) {
    progress(`latency: ${scenario.name}`)
    const options = { runs: quick ? 60 : 500, seed: 13, horizonSeconds: 2400, warmUpSeconds: 600 }
    const { medianSeconds, worse } = simulateLatency(scenario, options)
    const what = `latency, ${scenario.name}: median until found (${Math.round(worse * 100)} % were)`
    measures.push({ what, measured: medianSeconds, unit: 's' })
  }
  progress('latency: speed')
  measures.push({ ...speed(quick), target: { atLeast: 200_000 } })
  return measures

  function delays(scenario: LatencyScenario, runs: number, horizonSeconds: number): number {
    progress(`latency: ${scenario.name}`)
    const result = simulateLatency(scenario, { runs, seed: 12, horizonSeconds })
    measures.push({
      what: `latency, ${scenario.name}: median until found (p90 ${result.p90Seconds} s, ${result.canaryRequests} requests)`,
      measured: result.medianSeconds,
      unit: 's',
      peer: { name: 'oracle', measured: result.oracleSeconds },
    })
    return result.medianSeconds / result.oracleSeconds
  }
}

/** Looks of 64 buckets that all hold requests of both versions, alike, so that no look is skipped. */
function speed(quick: boolean): Measure {
  const random = createRandom(3)
  const boundsMs = Array.from({ length: 63 }, (_, index) => 10 * 1.08 ** index)
  const histogram = () => ({ boundsMs, counts: Array.from({ length: 64 }, () => 1 + random.poisson(2)) })
  // Each look once with the sides exchanged, so that neither version is slower over all.
  const looks = Array.from({ length: 32 }, () => [histogram(), histogram()] as const).flatMap(([one, other]) => [
    { candidate: one, stable: other, newStage: false, elapsedMs: 1000 },
    { candidate: other, stable: one, newStage: false, elapsedMs: 1000 },
  ])
  const test = createLatencyTest()
  const judged = quick ? 100_000 : 500_000
  for (let look = 0; look < 10_000; look++) test.observe(looks[look % 64]!)
  const before = process.cpuUsage()
  for (let look = 0; look < judged; look++) test.observe(looks[look % 64]!)
  // Of the processor, not of the clock: per core, whatever else runs.
  const seconds = process.cpuUsage(before).user / 1e6
  if (test.judgement() !== 'undecided') throw new Error('a decided test is not judged any more')
  return { what: 'latency: judged blocks of 64 buckets a second', measured: judged / seconds, unit: 'blocks/s' }
}
