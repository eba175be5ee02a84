// One router through everything, under clients of all kinds: what failed, and what of it nobody could have saved.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Router } from '../../src/routers/router.ts'
import type { Measure } from '../result.ts'
import { startClients } from './clients.ts'
import { monotonicMs } from './clock.ts'
import { DEEDS } from './deeds.ts'
import type { Kill, Play } from './deeds.ts'
import { startVersions } from './instance.ts'
import type { Versions } from './instance.ts'
import { BOTH } from './scenes.ts'
import type { SceneKind } from './scenes.ts'
import { KINDS } from './seen.ts'
import type { Failure, Seen } from './seen.ts'
import { scratch } from './scratch.ts'

const CONNECTIONS = 64
/** About one in ten. */
const SLOW = 8
const UPLOADING = 8
const SOCKETS = 8
/** What was sent to an instance this short before it was killed may have been on its way to it. */
const ON_ITS_WAY_MS = 50
const DEED_REQUESTS_SHARE = 1.02

export async function endure(
  kind: SceneKind,
  { requestsMin, progress }: { requestsMin: number; progress(line: string): void },
): Promise<{ measures: Measure[]; notes: string[] }> {
  using directory = scratch()
  const uploadLog = join(directory.path, 'uploads.log')
  const versions = await startVersions(uploadLog)
  try {
    return await playOn(kind, versions, uploadLog, requestsMin, progress)
  } finally {
    await versions.end()
  }
}

async function playOn(
  kind: SceneKind,
  versions: Versions,
  uploadLog: string,
  requestsMin: number,
  progress: (line: string) => void,
): Promise<{ measures: Measure[]; notes: string[] }> {
  await using scene = await kind.start(versions.table(0), BOTH)
  const { name } = kind
  const deeds = Object.values(DEEDS)
  const times = deeds.reduce((sum, deed) => sum + deed.times, 0)
  const clients = startClients({
    port: scene.port,
    connections: CONNECTIONS,
    slow: SLOW,
    uploading: UPLOADING,
    sockets: SOCKETS,
  })
  const spacing = Math.ceil((requestsMin * DEED_REQUESTS_SHARE) / times)
  const play: Play = { scene, versions, clients, spacing, kills: [] }
  await clients.ask(spacing)
  const startedAt = performance.now()
  const ends: number[] = []
  const took: number[][] = []
  let failedBefore = 0
  let retries = 0
  for (const deed of deeds) {
    took.push(await deed.run(play))
    // Before the renewal: the router that comes with it has not seen what was counted until then.
    if (deed === DEEDS.kills) retries = await retriesOf(scene.router)
    const { requests, failed } = await clients.count()
    ends.push(monotonicMs())
    progress(`${name}: ${deed.what(kind.renewal)}: ${failed - failedBefore} failed; ${requests} requests so far`)
    failedBefore = failed
  }
  const seconds = (performance.now() - startedAt) / 1000
  const seen = await clients.stop()
  const arrivals = arrivalsIn(uploadLog)
  const judged = judge(seen, play.kills, arrivals)
  const all = KINDS.reduce((sum, one) => sum + seen.requests[one], 0)
  const [, , drained = [], , renewed = [], capsules = []] = took
  const row = (what: string, measured: number, unit: string, target?: Measure['target']): Measure => ({
    what: `${name}: ${what}`,
    measured,
    unit,
    ...(target ? { target } : {}),
  })
  const none = { atMost: 0 }
  const measures = [
    row('requests in total', all, 'requests', { atLeast: requestsMin }),
    row('failed idempotent requests', judged.idempotent.length, 'failed', none),
    row('failed uploads, but those that a kill -9 cut', judged.uploads.length, 'failed', none),
    row(
      'uploads that two instances got',
      [...arrivals.values()].filter((ids) => ids.length > 1).length,
      'uploads',
      none,
    ),
    row(`WebSockets broken, of ${SOCKETS} open throughout`, seen.sockets.broken.length, 'broken', none),
    ...deeds.map((deed, index) =>
      row(
        deed.what(kind.renewal),
        failuresBetween(judged, ends[index - 1] ?? 0, ends[index] ?? Number.POSITIVE_INFINITY),
        'failed',
        none,
      ),
    ),
    row('uploads cut by kill -9, not to be repeated', judged.cut.length, 'requests'),
    // None would mean that the faults missed the traffic and nothing was shown.
    row('requests saved by a retry', retries, 'requests', { atLeast: 1 }),
    row('capsule -> last answer of the candidate, max', Math.max(...capsules), 'ms', { atMost: 1000 }),
    row('set 0 -> drained, max', Math.max(...drained), 'ms'),
    row(`${kind.renewal}, max`, Math.max(...renewed), 'ms'),
  ]
  const { requests, sockets } = seen
  const notes = [
    `${kind.description}: ${requests.upload + requests['slow-upload']} uploads, ${requests.slow + requests['slow-upload']} requests of ${SLOW} slow clients, ` +
      `${sockets.echoes} echoes on ${sockets.open} WebSockets; ${Math.round(all / seconds)} requests/s over ${Math.round(seconds)} s`,
    ...[...judged.idempotent, ...judged.uploads]
      .slice(0, 8)
      .map((failure) => `${name}: failed: ${failureText(failure)}`),
    ...sockets.broken.slice(0, 3).map(({ why }) => `${name}: WebSocket broken: ${why}`),
  ]
  return { measures, notes }
}

async function retriesOf(router: Router): Promise<number> {
  const counters = await router.counters(AbortSignal.timeout(5000))
  return (counters ?? []).reduce((sum, version) => sum + version.retries, 0)
}

interface Judged {
  idempotent: Failure[]
  uploads: Failure[]
  /** Their instance was killed while they were under way: whether it did what was asked nobody can know. */
  cut: Failure[]
}

function judge({ failures }: Seen, kills: readonly Kill[], arrivals: ReadonlyMap<string, string[]>): Judged {
  // Who got it is among those that were killed; what reached nobody was on its way to one of them.
  const isCut = ({ what, id, begunAt, at }: Failure): boolean =>
    (what === 'reset' || what === '502') &&
    kills.some(
      (kill) =>
        begunAt - ON_ITS_WAY_MS <= kill.at &&
        kill.at <= at &&
        (arrivals.get(id ?? '') ?? []).every((instance) => kill.ids.includes(instance)),
    )
  const isUpload = ({ id }: Failure): boolean => id !== null
  return {
    idempotent: failures.filter((failure) => !isUpload(failure)),
    uploads: failures.filter((failure) => isUpload(failure) && !isCut(failure)),
    cut: failures.filter((failure) => isUpload(failure) && isCut(failure)),
  }
}

function failuresBetween({ idempotent, uploads }: Judged, from: number, to: number): number {
  return [...idempotent, ...uploads].filter(({ at }) => at > from && at <= to).length
}

/** Which instances got an upload: each notes it as its head arrives. */
function arrivalsIn(uploadLog: string): Map<string, string[]> {
  const arrivals = new Map<string, string[]>()
  for (const line of readFileSync(uploadLog, 'utf8').trim().split('\n')) {
    const [id = '', instance = ''] = line.split(' ')
    arrivals.set(id, [...(arrivals.get(id) ?? []), instance])
  }
  return arrivals
}

function failureText({ kind, what, detail, begunAt, at }: Failure): string {
  return `${kind}: ${what} (${detail}) after ${Math.round(at - begunAt)} ms`
}
