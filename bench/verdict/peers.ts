// Argo Rollouts, Flagger and Kayenta as baselines: their rules, from `src/verdict/peers`, over the same blocks as our test.
import {
  ARGO_DEFAULTS,
  NO_MEASUREMENT,
  afterMeasurement,
  assessMetric,
  measurementPhase,
} from '../../src/verdict/peers/argo.ts'
import { BEFORE_FIRST_TICK, FLAGGER_BUILTIN, flaggerCheck, flaggerTick } from '../../src/verdict/peers/flagger.ts'
import { percentile } from '../../src/verdict/peers/kayenta-values.ts'
import { KAYENTA_THRESHOLDS, judgeCanary } from '../../src/verdict/peers/kayenta.ts'

/** What both versions answered in one second. */
export interface PeerBlock {
  /** Requests and errors of the canary and of the baseline. */
  nc: number
  xc: number
  nb: number
  xb: number
  /** How long the canary's and the baseline's answers took; left out where only errors are judged. */
  canaryMs?: readonly number[]
  baselineMs?: readonly number[]
}

export interface Peer {
  /**
   * Takes the block of one second, in order and none left out.
   * @param second it is, from 0: what is decided by it is decided at `second + 1`.
   * @returns whether the canary is rolled back; once it is, it stays so.
   */
  observe(block: PeerBlock, second: number): boolean
}

const PEERS = {
  /** Argo Rollouts: success of the last minute at least 95 %, p95 at most 500 ms, measured every 60 s, failureLimit 3. */
  'argo-rollouts': createArgo,
  /** Flagger: its defaults: a tick every 60 s, threshold 1, success of the last minute at least 99 %, p99 at most 500 ms. */
  flagger: createFlagger,
  /** Kayenta: a value every 60 s, judged every 5 min over all values so far; each metric critical: one that fails is enough. */
  kayenta: createKayenta,
}

export type PeerName = keyof typeof PEERS

export const PEER_NAMES = Object.keys(PEERS) as PeerName[]

/** A peer that has seen nothing yet. */
export function createPeer(name: PeerName): Peer {
  const decide = PEERS[name]()
  let minute = emptyMinute()
  let isRolledBack = false
  return {
    observe(block, second) {
      addBlock(minute, block)
      if (isRolledBack || (second + 1) % WINDOW_SECONDS !== 0) return isRolledBack
      isRolledBack = decide(minute, second + 1)
      minute = emptyMinute()
      return isRolledBack
    },
  }
}

const WINDOW_SECONDS = 60
const LATENCY_MAX_MS = 500

interface Minute {
  nc: number
  xc: number
  nb: number
  xb: number
  canaryMs: number[]
  baselineMs: number[]
}

/** Asked at the end of every minute: whether to roll back. */
type Decide = (minute: Minute, second: number) => boolean

function emptyMinute(): Minute {
  return { nc: 0, xc: 0, nb: 0, xb: 0, canaryMs: [], baselineMs: [] }
}

function addBlock(minute: Minute, { nc, xc, nb, xb, canaryMs = [], baselineMs = [] }: PeerBlock): void {
  minute.nc += nc
  minute.xc += xc
  minute.nb += nb
  minute.xb += xb
  for (const ms of canaryMs) minute.canaryMs.push(ms)
  for (const ms of baselineMs) minute.baselineMs.push(ms)
}

function quantileOf(values: readonly number[], share: number): number {
  return percentile(
    values.toSorted((a, b) => a - b),
    share,
  )
}

/** A minute without requests is no measurement: Argo's own example queries would fail it. */
function createArgo(): Decide {
  const limits = { ...ARGO_DEFAULTS, failureLimit: 3, intervalMs: 60_000 }
  let [errors, latency] = [NO_MEASUREMENT, NO_MEASUREMENT]
  return ({ nc, xc, canaryMs }) => {
    if (nc > 0) errors = afterMeasurement(errors, measurementPhase((nc - xc) / nc >= 0.95, null))
    if (canaryMs.length > 0)
      latency = afterMeasurement(latency, measurementPhase(quantileOf(canaryMs, 0.95) <= LATENCY_MAX_MS, null))
    return assessMetric(errors, limits) === 'Failed' || assessMetric(latency, limits) === 'Failed'
  }
}

/** The canary has traffic from the first tick on, at second 0; weights are the simulation's. */
function createFlagger(): Decide {
  const rule = { threshold: 1, weights: Array.from({ length: 10_000 }, () => 1) }
  let progress = flaggerTick(BEFORE_FIRST_TICK, rule, () => 'passed')
  return ({ nc, xc, canaryMs }) => {
    const success = nc > 0 ? (100 * (nc - xc)) / nc : null
    const slowest = canaryMs.length > 0 ? quantileOf(canaryMs, 0.99) : 0
    progress = flaggerTick(progress, rule, () => {
      const check = flaggerCheck(success, FLAGGER_BUILTIN['request-success-rate'])
      return check === 'passed' ? flaggerCheck(slowest, FLAGGER_BUILTIN['request-duration']) : check
    })
    return progress.phase === 'rolled-back'
  }
}

const KAYENTA_INTERVAL_SECONDS = 300

function createKayenta(): Decide {
  const rule = { direction: 'increase', critical: true } as const
  const errors = { name: 'errors', canary: [] as number[], baseline: [] as number[], groups: ['all'], rule }
  const latency = { ...errors, name: 'latency', canary: [] as number[], baseline: [] as number[] }
  return ({ nc, xc, nb, xb, canaryMs, baselineMs }, second) => {
    errors.canary.push(xc / nc)
    errors.baseline.push(xb / nb)
    latency.canary.push(meanOf(canaryMs))
    latency.baseline.push(meanOf(baselineMs))
    if (second % KAYENTA_INTERVAL_SECONDS !== 0) return false
    const metrics = latency.canary.every(Number.isNaN) ? [errors] : [errors, latency]
    const { score, metrics: classified } = judgeCanary(metrics)
    // Without data the score is 0 too; that is not worse.
    return score < KAYENTA_THRESHOLDS.marginal && classified.some((metric) => metric.class === 'High')
  }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
