// The demo's service released again and again under users: planted faults that no threshold of its document would see in time are
// rolled back by the verdict, and versions that are as good as the one before are not.
import { startTraffic } from '../examples/knowledge-graph/traffic.ts'
import { openState, type State } from '../src/app/state.ts'
import { pause } from '../src/lib/deadline.ts'
import type { Severity } from '../src/plan/guard-rule.ts'
import { SECONDS_MAX, secondsOfPeer, secondsOfThresholds, wouldStop } from './canary/others.ts'
import { release, type Released } from './canary/release.ts'
import { createGraphProject, VERDICT } from './fixture/graph-release.ts'
import type { Project } from './fixture/project.ts'
import { median, type Bench, type BenchOptions, type BenchResult, type Measure } from './result.ts'
import { PEER_NAMES } from './verdict/peers.ts'
import { createRandom } from './verdict/random.ts'

const REQUESTS_PER_SECOND = 100
const CONNECTIONS = 20
const WEIGHT = 25
const WARM_UP_SECONDS = 5
/** Median milliseconds of an answer, and the share that fails, in every version. */
const DEPENDENCY = '20 0.005'
/** So many releases go on side by side, each of a project of its own. */
const LANES = 2
const SEED = 5

const FAULTS = {
  '+2 points of errors': 'errors 0.02',
  '+25 % response time': 'slower 1.25',
} as const
const LATENCY = { weight: 1, margin: 5, notWorse: 25, warmUp: WARM_UP_SECONDS * 1000 }
/** The recordings of good versions are judged again, to see what warm-up and margin are for. */
const OTHER_OPTIONS = {
  'the default warm-up of 30 s': { ...LATENCY, warmUp: 30_000 },
  'no warm-up': { ...LATENCY, warmUp: 0 },
  'no warm-up and no margin': { ...LATENCY, warmUp: 0, margin: 0 },
}
type Fault = keyof typeof FAULTS
const FAULT_NAMES = Object.keys(FAULTS) as Fault[]

export const bench: Bench = {
  name: 'canary',
  summary: 'releases of the demo: planted faults are rolled back by the verdict, good versions are not',
  run,
}

interface Job {
  fault: Fault | null
}

interface Done extends Job {
  released: Released
}

async function run(options: BenchOptions): Promise<BenchResult> {
  const { quick } = options
  const stageSeconds = quick ? 20 : 45
  const planted = FAULT_NAMES.flatMap((fault) => Array.from({ length: quick ? 2 : 5 }, () => ({ fault })))
  const clean = Array.from({ length: quick ? 4 : 20 }, () => ({ fault: null }))
  const done: Done[] = []
  const take = (from: Job[]) => from.shift()
  const lanes = Array.from({ length: LANES }, async () => {
    // A version that was planted a fault is taken back, so the stable one stays the first; good ones take over one after the other.
    await lane({ take: () => take(planted), done, options, stageSeconds: 180 })
    await lane({ take: () => take(clean), done, options, stageSeconds })
  })
  await Promise.all(lanes)
  return {
    measures: [...FAULT_NAMES.flatMap((fault) => plantedMeasures(fault, done)), ...cleanMeasures(done)],
    notes: [
      `${LANES} releases side by side, each under ${REQUESTS_PER_SECOND} requests/s of the demo's users (open loop), ${WEIGHT} % of them to the canary; every answer waits for a dependency (median and failing share: ${DEPENDENCY}), looks of 1 s`,
      `verdict: false alarms 1 % over errors and response times, margin ${LATENCY.margin} %, warm-up ${WARM_UP_SECONDS} s, which is part of the time to the trip of response times`,
      `good versions: ${stageSeconds} s at ${WEIGHT} %, one after the other on the same project`,
      'alerts of the document notify only; at 25 requests a look one or two failures are more than their 5 %, also of a good version',
      `thresholds and peers: on the recorded seconds, drawn anew (seed ${SEED}) for ${SECONDS_MAX} s; ${SECONDS_MAX}: not by then`,
    ],
  }
}

interface Lane {
  take: () => Job | undefined
  done: Done[]
  options: BenchOptions
  stageSeconds: number
}

/** Releases of one project, until there are no more jobs. */
async function lane({ take, done, options, stageSeconds }: Lane): Promise<void> {
  let job = take()
  if (!job) return
  await using project = await createGraphProject({
    stages: [
      { name: 'quarter', weight: WEIGHT, duration: `${stageSeconds} s` },
      { name: 'all', weight: 100, duration: '1 s' },
    ],
    dependency: DEPENDENCY,
    verdict: { latency: LATENCY },
  })
  await project.must('up', 'v1')
  const traffic = startTraffic({
    url: project.url,
    requestsPerSecond: REQUESTS_PER_SECOND,
    connections: CONNECTIONS,
  })
  const state = await openState(project.stateDirectory)
  try {
    await pause(5000)
    let stable = 1
    for (; job; job = take()) {
      const released = await releaseOne(project, state, stable, job)
      done.push({ ...job, released })
      options.progress(progressOf(job, released))
      if (released.state === 'succeeded') stable++
    }
  } finally {
    await traffic.stop()
    await state.close()
  }
}

async function releaseOne(project: Project, state: State, stable: number, { fault }: Job): Promise<Released> {
  const released = await release({
    project,
    state,
    stable: `v${stable}`,
    candidate: `v${stable + 1}`,
    fault: fault && FAULTS[fault],
  })
  if (fault && released.state !== 'rolled-back')
    throw new Error(`${fault} went out: the release ended ${released.state} after ${released.requests} requests`)
  return released
}

function progressOf({ fault }: Job, { state, trips, requests, failed, candidate }: Released): string {
  const told = trips.map(({ severity, sentence, afterMs }) => `${severity} after ${seconds(afterMs)} s: ${sentence}`)
  return `${fault ?? 'good version'} ${candidate}: ${state}, ${requests} requests, ${failed} failed; ${told.join('; ')}`
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10
}

function plantedMeasures(fault: Fault, done: readonly Done[]): Measure[] {
  const releases = done.filter((one) => one.fault === fault).map(({ released }) => released)
  const verdicts = releases.map(({ trips }) => firstTrip(trips, isVerdict))
  const times = verdicts.flatMap((trip) => (trip ? [trip.afterMs / 1000] : []))
  const comeBefore = (severity: Severity): number =>
    releases.filter(({ trips }, index) => {
      const threshold = firstTrip(trips, (trip) => !isVerdict(trip) && trip.severity === severity)
      return threshold && threshold.afterMs < (verdicts[index]?.afterMs ?? Number.POSITIVE_INFINITY)
    }).length
  const random = createRandom(SEED)
  const medianOf = (secondsOf: (released: Released) => number | null): number =>
    median(releases.map((released) => secondsOf(released) ?? SECONDS_MAX))
  const row = (what: string, measured: number, unit: string): Measure => ({ what: `${fault}: ${what}`, measured, unit })
  return [
    {
      ...row('rolled back by the verdict', times.length, `of ${releases.length}`),
      target: { atLeast: releases.length },
    },
    {
      ...row("a trigger of the document's came first", comeBefore('rollback'), `of ${releases.length}`),
      target: { atMost: 0 },
    },
    row("an alert of the document's came first", comeBefore('notify'), `of ${releases.length}`),
    {
      // Else it would mean nothing that no good version is stopped when it is judged again.
      ...row(
        'judged again from its recording, stopped',
        releases.filter((released) => wouldStop(released, { latency: LATENCY })).length,
        `of ${releases.length}`,
      ),
      target: { atLeast: releases.length },
    },
    row('canary traffic -> trip, median', median(times), 's'),
    row('the same, longest', Math.max(...times), 's'),
    row('requests of the canary until then, median', median(releases.map(({ requests }) => requests)), 'requests'),
    row('of these failed, median', median(releases.map(({ failed }) => failed)), 'requests'),
    row(
      "the document's triggers would have needed, median",
      medianOf((one) => secondsOfThresholds(one, random)),
      's',
    ),
    ...PEER_NAMES.map((name) =>
      row(
        `${name} would have needed, median`,
        medianOf((one) => secondsOfPeer(name, one, random)),
        's',
      ),
    ),
  ]
}

function cleanMeasures(done: readonly Done[]): Measure[] {
  const releases = done.filter(({ fault }) => fault === null).map(({ released }) => released)
  const stopped = releases.filter(({ state }) => state !== 'succeeded')
  const alerted = releases.filter(({ trips }) => trips.some(({ severity }) => severity === 'notify'))
  return [
    {
      what: 'good versions that were not released',
      measured: stopped.length,
      unit: `of ${releases.length}`,
      target: { atMost: 0 },
    },
    ...Object.entries(OTHER_OPTIONS).map(([what, latency]) => ({
      what: `good versions, judged again with ${what}: stopped`,
      measured: releases.filter((released) => wouldStop(released, { latency })).length,
      unit: `of ${releases.length}`,
    })),
    {
      what: "good versions at which an alert of the document's came",
      measured: alerted.length,
      unit: `of ${releases.length}`,
    },
    {
      what: 'requests of a good canary, median',
      measured: median(releases.map(({ requests }) => requests)),
      unit: 'requests',
    },
  ]
}

function isVerdict({ rule }: { rule: string }): boolean {
  return rule === VERDICT
}

function firstTrip<T extends { afterMs: number }>(trips: readonly T[], wanted: (trip: T) => boolean): T | undefined {
  return trips.filter(wanted).toSorted((a, b) => a.afterMs - b.afterMs)[0]
}
