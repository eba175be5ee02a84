// The rows of docs/verdict.md about response times (sets A and D), bursts, other services than those, and the speed of the test.
import { createLatencyTest } from '../../src/verdict/latency/latency-test.ts'
import { median, type Measure } from '../result.ts'
import { BURSTY, NULLS, OTHERS, SET_D, type LatencyScenario } from './latency-scenarios.ts'
import { simulateLatency } from './latency-simulation.ts'
import { createRandom } from './random.ts'

export interface LatencyBenchOptions {
  /** Fewer runs, same targets. */
  quick: boolean
  progress(line: string): void
}

/** How often each kind of release is simulated. */
const RUNS = {
  quick: { alike: 200, slower: 100, others: 15, bursts: 30 },
  full: { alike: 3000, slower: 1000, others: 100, bursts: 400 },
}
const STEADY_SECONDS = 600

export async function latencyMeasures({ quick, progress }: LatencyBenchOptions): Promise<Measure[]> {
  const runs = quick ? RUNS.quick : RUNS.full
  // First, as in a process that does nothing else.
  const fast = speed(quick, progress)
  const ratios = SET_D.map((scenario) => delay(scenario, runs.slower, 6000, progress))
  const geometricMean = Math.exp(
    ratios.reduce((sum, { measured, peer }) => sum + Math.log(measured / peer.measured), 0) / ratios.length,
  )
  const [burstyAlike, ...burstySlower] = BURSTY
  return [
    fast,
    ...NULLS.map((scenario) => falseAlarms(scenario, { runs: runs.alike, warmUpSeconds: 0 }, progress)),
    ...ratios,
    {
      what: 'latency, set D: geometric mean of the median delays over the oracle',
      measured: geometricMean,
      unit: 'times',
      target: { atMost: 1.2 },
    },
    ...OTHERS.map((scenario) => delay(scenario, runs.others, 3000, progress)),
    ...[0, STEADY_SECONDS].map((warmUpSeconds) => {
      // Dependent requests are beyond what the budget is promised for: shown, not judged.
      const { target: _, ...shown } = falseAlarms(burstyAlike!, { runs: runs.bursts, warmUpSeconds }, progress)
      return shown
    }),
    ...burstySlower.map((scenario) => burstyDelay(scenario, runs.bursts, progress)),
  ]
}

type Progress = LatencyBenchOptions['progress']

function falseAlarms(
  scenario: LatencyScenario,
  { runs, warmUpSeconds }: { runs: number; warmUpSeconds: number },
  progress: Progress,
): Measure {
  progress(`latency: ${scenario.name}`)
  const { worse } = simulateLatency(scenario, { runs, seed: 11, horizonSeconds: 1200, warmUpSeconds })
  const after = warmUpSeconds > 0 ? `, after ${warmUpSeconds} s of baseline` : ''
  return {
    what: `latency, ${scenario.name}: false rollbacks in 1,200 s${after} (${runs} runs)`,
    measured: worse * 100,
    unit: '%',
    // The budget of 1 % and three standard errors: 1.21 % at 20,000 runs.
    target: { atMost: 1 + 3 * Math.sqrt((1 * 99) / runs) },
  }
}

function delay(scenario: LatencyScenario, runs: number, horizonSeconds: number, progress: Progress) {
  progress(`latency: ${scenario.name}`)
  const result = simulateLatency(scenario, { runs, seed: 12, horizonSeconds })
  return {
    what: `latency, ${scenario.name}: median until found (p90 ${result.p90Seconds} s, ${result.canaryRequests} requests)`,
    measured: result.medianSeconds,
    unit: 's',
    peer: { name: 'oracle', measured: result.oracleSeconds },
  }
}

function burstyDelay(scenario: LatencyScenario, runs: number, progress: Progress): Measure {
  progress(`latency: ${scenario.name}`)
  const options = { runs, seed: 13, horizonSeconds: 2400, warmUpSeconds: STEADY_SECONDS }
  const { medianSeconds, worse } = simulateLatency(scenario, options)
  const what = `latency, ${scenario.name}: median until found (${Math.round(worse * 100)} % were)`
  return { what, measured: medianSeconds, unit: 's' }
}

/** Looks of 64 buckets that all hold requests of both versions, alike, so that no look is skipped. */
function speed(quick: boolean, progress: Progress): Measure {
  progress('latency: speed')
  const random = createRandom(3)
  const boundsMs = Array.from({ length: 63 }, (_, index) => 10 * 1.08 ** index)
  const histogram = () => ({ boundsMs, counts: Array.from({ length: 64 }, () => 1 + random.poisson(2)) })
  // Each look once with the sides exchanged, so that neither version is slower over all.
  const looks = Array.from({ length: 32 }, () => [histogram(), histogram()] as const).flatMap(([one, other]) => [
    { candidate: one, stable: other, newStage: false, elapsedMs: 1000 },
    { candidate: other, stable: one, newStage: false, elapsedMs: 1000 },
  ])
  const test = createLatencyTest()
  const judged = 50_000
  const rates = Array.from({ length: quick ? 5 : 15 }, () => {
    const before = process.cpuUsage()
    for (let look = 0; look < judged; look++) test.observe(looks[look % 64]!)
    // Of the processor, not of the clock: per core, whatever else runs.
    return (judged * 1e6) / process.cpuUsage(before).user
  })
  if (test.judgement() !== 'undecided') throw new Error('a decided test is not judged any more')
  return {
    what: 'latency: judged blocks of 64 buckets a second',
    measured: median(rates),
    unit: 'blocks/s',
    target: { atLeast: 200_000 },
  }
}
