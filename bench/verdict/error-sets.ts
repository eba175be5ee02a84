// Sets A (errors), B, C, E, F, G and H of docs/verdict.md, simulated.
import type { BenchOptions, Measure } from '../result.ts'
import { ALPHA, informationSeconds, oracle, ours, oursOfEvents, promotion } from './error-watchers.ts'
import { constant, RAMP, simulate, summary, type Scenario } from './scenario.ts'

const BASE = { requestsPerSecond: 100, seconds: 1200, ...RAMP }

/** A release in which shares stay as they are. */
function steady(name: string, stable: number, candidate: number, changes: Partial<Scenario> = {}): Scenario {
  return { ...BASE, name, stable: () => stable, candidate: () => candidate, ...changes }
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`
const certain = 1 - 1e-12

/** Set A: nothing is worse, however much happens. */
export const NULLS: Scenario[] = [
  ...[0.001, 0.01, 0.05].map((base) => steady(`base ${percent(base)}`, base, base)),
  steady('better canary', 0.02, 0.01),
  twins('shared outage x20 for 60 s', (t) => (t >= 400 && t < 460 ? 0.2 : 0.01)),
  twins('drift 0.5 to 3 %', (t) => 0.005 + (0.025 * t) / 1200),
  twins('common rise 1 to 5 % at the 50 % stage', (t) => (t < 900 ? 0.01 : 0.05)),
  ...[0.001, 0.01, 0.05].map((base) =>
    steady(`bursts of 3, base ${percent(base)}`, base, base, { burst: 3, before: 600 }),
  ),
]

function twins(name: string, share: (t: number) => number): Scenario {
  return { ...BASE, name, stable: share, candidate: share }
}

/** Set B. */
export const ERRORS: Scenario[] = [
  [0.001, 0.002],
  [0.001, 0.005],
  [0.001, 0.011],
  [0.001, 0.051],
  [0.001, certain],
  [0.01, 0.02],
  [0.01, 0.05],
  [0.01, 0.06],
  [0.05, 0.06],
  [0.05, 0.1],
  [0.05, 0.25],
  [0.05, certain],
].map(([base = 0, bad = 0]) => steady(`${percent(base)} to ${percent(bad)}`, base, bad, { seconds: 3600 }))

/** Effects that nobody chose the method for. */
const OTHERS: Scenario[] = [
  steady('1 % to 1.5 %', 0.01, 0.015, { seconds: 3600 }),
  steady('1 % to 3 %', 0.01, 0.03, { seconds: 3600 }),
  steady('0.2 % to 0.6 %', 0.002, 0.006, { seconds: 3600 }),
  steady('1 % to 20 %', 0.01, 0.2, { seconds: 3600 }),
  steady('2 % to 5 %, 20 rps at 25 %', 0.02, 0.05, { seconds: 3600, requestsPerSecond: 20, ...constant(0.25) }),
  steady('0.5 % to 1 %, 500 rps', 0.005, 0.01, { seconds: 3600, requestsPerSecond: 500 }),
]

const CONSTANT: [Scenario, number][] = [
  [steady('10 %, x2', 0.01, 0.02, { seconds: 3600, ...constant(0.1) }), 1.15],
  [steady('10 %, x5', 0.01, 0.05, { seconds: 3600, ...constant(0.1) }), 1.25],
  [steady('50 %, x2', 0.01, 0.02, { seconds: 3600, ...constant(0.5) }), 1.15],
]

const LATE: Scenario[] = [late(0.01, 0.05), late(0.01, 0.02), late(0.05, 0.1)]

function late(base: number, bad: number): Scenario {
  const name = `${percent(base)} to ${percent(bad)} at 450 s`
  return { ...BASE, name, seconds: 3600, onset: 450, stable: () => base, candidate: (t) => (t < 450 ? base : bad) }
}

/** All figures about errors. */
export function errorMeasures({ quick, progress }: BenchOptions): Measure[] {
  const runs = quick ? 300 : 2000
  const measures: Measure[] = []
  for (const scenario of NULLS) {
    progress(`A ${scenario.name}`)
    const { share } = summary(simulate(scenario, ours, quick ? 1000 : 20_000, 1))
    // Three standard errors of what is simulated above the budget.
    const target = { atMost: 100 * (ALPHA + 3 * Math.sqrt(ALPHA / (quick ? 1000 : 20_000))) }
    measures.push({ what: `A false alarms, ${scenario.name}`, measured: 100 * share, unit: '%', target })
  }
  measures.push(...against('B', ERRORS, runs, progress, { mean: 1.12, worst: 1.3 }))
  measures.push(...against('B, others', OTHERS, runs, progress, null))
  for (const [scenario, atMost] of CONSTANT) {
    const { mean } = summary(simulate(scenario, ours, runs, 3))
    const peer = { name: 'ln(1/a)/KL', measured: informationSeconds(scenario, 0) }
    measures.push({ what: `C mean, ${scenario.name}`, measured: mean, unit: 's', peer, target: { atMost } })
  }
  for (const scenario of LATE) {
    const { median } = summary(simulate(scenario, ours, runs, 4))
    const peer = { name: 'ln(1/a)/KL', measured: informationSeconds(scenario, 450) }
    measures.push({ what: `E median, ${scenario.name}`, measured: median, unit: 's', peer, target: { atMost: 2.2 } })
  }
  for (const base of [0.001, 0.01, 0.05]) {
    const { requestsP90 } = summary(simulate(steady('outage', base, certain, constant(0.01)), ours, runs, 5))
    const what = `F total outage, base ${percent(base)}, p90`
    measures.push({ what, measured: requestsP90, unit: 'requests', target: { atMost: 4 } })
  }
  const bursty = steady('bursts of 3, 0.1 % to 1 %', 0.001, 0.01, { burst: 3, before: 600, seconds: 3600 })
  const exact = summary(simulate(bursty, oursOfEvents, runs, 6)).median
  const peer = { name: 'told the bursts', measured: exact }
  const { median } = summary(simulate(bursty, ours, runs, 6))
  measures.push({ what: `G median, ${bursty.name}`, measured: median, unit: 's', peer, target: { atMost: 1.15 } })
  const same = steady('1 %', 0.01, 0.01, { ...constant(0.5), seconds: 3600 })
  const shown = summary(simulate(same, promotion, runs, 7)).median
  measures.push({ what: 'H not worse than odds x2, median', measured: shown, unit: 's', target: { atMost: 40 } })
  return measures
}

/** Median times against those of the oracle, their geometric mean and the worst. */
function against(
  set: string,
  scenarios: readonly Scenario[],
  runs: number,
  progress: BenchOptions['progress'],
  targets: { mean: number; worst: number } | null,
): Measure[] {
  const rows = scenarios.map((scenario): Measure => {
    progress(`${set} ${scenario.name}`)
    const { median, requestsMedian, badMedian } = summary(simulate(scenario, ours, runs, 2))
    const known = summary(simulate(scenario, oracle(scenario), runs, 2)).median
    const what = `${set} median, ${scenario.name} (${requestsMedian} canary requests, ${badMedian} bad)`
    return { what, measured: median, unit: 's', peer: { name: 'oracle', measured: known } }
  })
  const ratios = rows.map(({ measured, peer }) => measured / (peer?.measured ?? Number.NaN))
  const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length)
  return [
    ...rows,
    {
      what: `${set} geometric mean of the ratios`,
      measured: mean,
      unit: '',
      ...(targets ? { target: { atMost: targets.mean } } : {}),
    },
    {
      what: `${set} worst ratio`,
      measured: Math.max(...ratios),
      unit: '',
      ...(targets ? { target: { atMost: targets.worst } } : {}),
    },
  ]
}
