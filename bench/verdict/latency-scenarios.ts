// Services whose response times are known, and the ways a canary of them is slower: what the latency verdict is tried on.
import { normalTail } from '../../src/verdict/normal.ts'

/** Response times of a service as natural logarithms of ms. */
export interface TimesOf {
  /** P(ln time <= logMs). */
  below(logMs: number): number
}

export interface LatencyScenario {
  name: string
  times: TimesOf
  requestsPerSecond: number
  /** A share of the canary's requests takes a multiple of its time; 1 when nothing is wrong. */
  share: number
  factor: number
  /** What the canary's requests take instead, before any of that. */
  canary?: TimesOf
  boundsMs: readonly number[]
  /** From when on the canary is slower. */
  fromSecond?: number
  /** Both versions' times wander together. */
  drift?: boolean
  /** Pauses of one version's process: this often a second, for so long, times so many times as long. */
  pauses?: { perSecond: number; seconds: number; factor: number }
}

/** Stages of 300 s; the last goes on. */
export function weightAt(second: number): number {
  return [0.01, 0.1, 0.25][Math.floor(second / 300)] ?? 0.5
}

const PROMETHEUS_BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000]

/** Sixteen buckets to a doubling, 0.05 ms to 100 s: as good as single times. */
const FINE_BOUNDS_MS = Array.from({ length: 337 }, (_, index) => 0.05 * 2 ** (index / 16))

function lognormal(medianMs: number, sigma: number): TimesOf {
  const middle = Math.log(medianMs)
  return { below: (logMs) => normalTail((middle - logMs) / sigma) }
}

/** The sum of three exponential waits. */
function gamma3(meanMs: number): TimesOf {
  const scale = meanMs / 3
  return {
    below: (logMs) => {
      const x = Math.exp(logMs) / scale
      return 1 - Math.exp(-x) * (1 + x + (x * x) / 2)
    },
  }
}

/** A cache that answers `hits` of the requests twenty times as fast. */
function cached(missMs: number, hits: number): TimesOf {
  const hit = lognormal(missMs / 20, 0.3)
  const miss = lognormal(missMs, 0.4)
  return { below: (logMs) => hits * hit.below(logMs) + (1 - hits) * miss.below(logMs) }
}

/** Every request takes the same time, but for one in a thousand, which takes up to twice as long. */
function constant(ms: number): TimesOf {
  const at = Math.log(ms)
  return { below: (logMs) => (logMs < at ? 0 : 0.999 + 0.001 * Math.min(1, (logMs - at) / Math.LN2)) }
}

/** Set D of docs/verdict.md. */
export const SET_D: readonly LatencyScenario[] = [
  ...[1.1, 1.25, 2].map((factor) => slower('all', 1, factor, FINE_BOUNDS_MS)),
  ...[1.1, 1.25, 2].map((factor) => slower('a tenth', 0.1, factor, FINE_BOUNDS_MS)),
  slower('all, Prometheus buckets', 1, 1.25, PROMETHEUS_BOUNDS_MS),
  slower('a tenth, Prometheus buckets', 0.1, 2, PROMETHEUS_BOUNDS_MS),
]

/** Other shapes, rates and shifts than set D. */
export const OTHERS: readonly LatencyScenario[] = [
  { ...slower('gamma: all', 1, 1.25, FINE_BOUNDS_MS), times: gamma3(90) },
  { ...slower('gamma: a tenth', 0.1, 3, FINE_BOUNDS_MS), times: gamma3(90) },
  { ...slower('cache: all', 1, 1.3, FINE_BOUNDS_MS), times: cached(200, 0.7) },
  { ...slower('cache: a third', 0.3, 1.5, FINE_BOUNDS_MS), times: cached(200, 0.7) },
  {
    ...slower('cache: hits fall from 70 to 60 %', 1, 1, FINE_BOUNDS_MS),
    times: cached(200, 0.7),
    canary: cached(200, 0.6),
  },
  {
    ...slower('cache: hits fall from 98 to 94 %', 1, 1, FINE_BOUNDS_MS),
    times: cached(200, 0.98),
    canary: cached(200, 0.94),
  },
  { ...slower('constant: all', 1, 1.25, FINE_BOUNDS_MS), times: constant(20) },
  { ...slower('constant: a tenth', 0.1, 1.5, FINE_BOUNDS_MS), times: constant(20) },
  { ...slower('1 ms, 2,000 rps: all', 1, 1.1, FINE_BOUNDS_MS), times: lognormal(1, 0.6), requestsPerSecond: 2000 },
  { ...slower('10 s, 5 rps: all', 1, 2, FINE_BOUNDS_MS), times: lognormal(10_000, 0.6), requestsPerSecond: 5 },
  { ...slower('wide (sigma 1): all', 1, 1.5, FINE_BOUNDS_MS), times: lognormal(100, 1) },
  { ...slower('narrow (sigma 0.2): all', 1, 1.05, FINE_BOUNDS_MS), times: lognormal(100, 0.2) },
  { ...slower('one in thirty', 0.033, 8, FINE_BOUNDS_MS) },
  { ...slower('from 450 s on: all', 1, 1.5, FINE_BOUNDS_MS), fromSecond: 450 },
]

/** Nothing is wrong with the canary. */
export const NULLS: readonly LatencyScenario[] = [
  slower('alike', 1, 1, FINE_BOUNDS_MS),
  { ...slower('alike, with drift', 1, 1, FINE_BOUNDS_MS), drift: true },
]

const PAUSES = { perSecond: 0.05, seconds: 1.5, factor: 10 }

/** Pauses of 1.5 s, every 20 s, in the processes of either version. */
export const BURSTY: readonly LatencyScenario[] = [
  { ...slower('bursts: alike', 1, 1, FINE_BOUNDS_MS), pauses: PAUSES },
  { ...slower('bursts: all', 1, 1.5, FINE_BOUNDS_MS), pauses: PAUSES },
  { ...slower('bursts: all', 1, 1.25, FINE_BOUNDS_MS), pauses: PAUSES },
]

function slower(what: string, share: number, factor: number, boundsMs: readonly number[]): LatencyScenario {
  const name = factor === 1 ? what : `${what} +${Math.round((factor - 1) * 100)} %`
  return { name, times: lognormal(100, 0.6), requestsPerSecond: 100, share, factor, boundsMs }
}
