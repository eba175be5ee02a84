// How soon a switch is one: from the command to the last request that reaches the version that lost the traffic, as its instances note
// it. Against what a person has, in turn with ours: one line to the socket of the same HAProxy, one PUT to that of the same proxy.
import { connect } from 'node:net'
import { join } from 'node:path'
import { exec } from '../../src/lib/exec.ts'
import { askRuntime } from '../../src/lib/haproxy-runtime.ts'
import { quoteWord } from '../../src/lib/shell.ts'
import { proxyDirectory, proxyPaths } from '../../src/routers/builtin-proxy/paths.ts'
import { readMap } from '../../src/routers/haproxy/switching.ts'
import { isProgramThere } from '../../test/servers/packages.ts'
import { median } from '../result.ts'
import type { Measure } from '../result.ts'
import { startClients } from './clients.ts'
import type { Clients } from './clients.ts'
import { monotonicMs } from './clock.ts'
import { startVersions } from './instance.ts'
import type { Instance, Versions } from './instance.ts'
import { BOTH, haproxyByHand } from './scenes.ts'
import type { Scene, SceneKind } from './scenes.ts'
import { scratch } from './scratch.ts'

const CONNECTIONS = 64
/** Each is a switch to v2 and one back, by everyone. */
const ROUNDS = 10
/** These do not count: programs get warm. */
const WARM_ROUNDS = 2
const REQUESTS_BEFORE = 1500
const REQUESTS_AFTER = 800
const RATIO_MAX = 1.2
const BY_HAND = 'HAProxy by hand'
const SOCAT = 'socat by hand'
const PUT_BY_HAND = 'its PUT by hand'

/** What a way is compared with, and whether it is judged by that. */
const PEERS: Record<string, { peer: string; isJudged: boolean }[]> = {
  'built-in proxy': [
    { peer: BY_HAND, isJudged: true },
    { peer: SOCAT, isJudged: false },
    { peer: PUT_BY_HAND, isJudged: true },
  ],
  HAProxy: [
    { peer: BY_HAND, isJudged: true },
    { peer: SOCAT, isJudged: false },
  ],
  nginx: [{ peer: BY_HAND, isJudged: false }],
}

interface Way {
  name: string
  clients: Clients
  /** Everything to v2 (100), or to v1 (0). */
  switchTo(weight: 0 | 100): Promise<unknown>
  tookMs: number[]
}

export async function measureSwitches(
  kinds: readonly SceneKind[],
  progress: (line: string) => void,
): Promise<{ measures: Measure[]; notes: string[] }> {
  using directory = scratch()
  const versions = await startVersions(join(directory.path, 'uploads.log'))
  await using started = new AsyncDisposableStack()
  started.defer(() => versions.end())
  const ways: Way[] = []
  for (const kind of kinds) {
    const scene = started.use(await kind.start(versions.table(0), BOTH))
    const clients = startClients({ port: scene.port, connections: CONNECTIONS, isPaused: true })
    started.defer(async () => void (await clients.stop()))
    ways.push({ name: kind.name, clients, switchTo: (weight) => scene.router.set(versions.table(weight)), tookMs: [] })
    if (kind.name === 'HAProxy') ways.push(...(await linesByHand(scene, versions, clients)))
    if (kind.name === 'built-in proxy') ways.push(putByHand(scene, versions, clients))
  }
  for (let round = -WARM_ROUNDS; round < ROUNDS; round++) {
    // Who shares a router takes turns in both directions; the other half goes the other way round.
    for (const weight of [100, 0] as const) {
      for (const way of round % 2 === 0 ? ways : ways.toReversed()) {
        await way.switchTo(weight === 100 ? 0 : 100)
        const ms = await timeSwitch(way, weight, weight === 100 ? versions.stable : versions.candidate)
        if (round >= 0) way.tookMs.push(ms)
      }
    }
    progress(`switches: round ${round + 1} of ${ROUNDS}`)
  }
  return resultOf(ways)
}

async function timeSwitch({ clients, switchTo }: Way, weight: 0 | 100, old: readonly Instance[]): Promise<number> {
  clients.goOn()
  await clients.ask(REQUESTS_BEFORE)
  const startedAt = monotonicMs()
  await switchTo(weight)
  await clients.ask(REQUESTS_AFTER)
  clients.pause()
  const states = await Promise.all(old.map((instance) => instance.ask()))
  return Math.max(0, ...states.map(({ lastArrivalAt }) => lastArrivalAt - startedAt))
}

/** What `echo "set map ... route ..." | socat` does: without the time that starting `socat` takes, and with it where there is one. */
async function linesByHand(scene: Scene, { table }: Versions, clients: Clients): Promise<Way[]> {
  const { socket, map } = haproxyByHand(scene)
  const say = (line: string): Promise<string> => askRuntime({ socket }, '/', line, AbortSignal.timeout(5000))
  const routes = { 0: '', 100: '' }
  for (const weight of [100, 0] as const) {
    await scene.router.set(table(weight))
    routes[weight] = readMap(await say(`show map ${map}`))['route'] ?? ''
  }
  const line = (weight: 0 | 100): string => `set map ${map} route ${routes[weight]}`
  const typed = (weight: 0 | 100): Promise<unknown> =>
    exec('sh', ['-c', `echo ${quoteWord(line(weight))} | socat - UNIX-CONNECT:${socket}`], { timeoutMs: 5000 })
  return [
    { name: BY_HAND, clients, switchTo: (weight) => say(line(weight)), tookMs: [] },
    ...(isProgramThere('socat', 'socat') ? [{ name: SOCAT, clients, switchTo: typed, tookMs: [] }] : []),
  ]
}

/** What `curl --unix-socket` does, without the time that starting `curl` takes. */
function putByHand({ directory }: Scene, { table }: Versions, clients: Clients): Way {
  const path = proxyPaths(proxyDirectory(directory, 'edge')).adminSocket
  const switchTo = async (weight: 0 | 100): Promise<void> => {
    const body = JSON.stringify(table(weight))
    const socket = connect(path)
    socket.write(
      `PUT /table HTTP/1.1\r\nhost: here\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
    let said = ''
    for await (const chunk of socket) said += String(chunk)
    if (!said.startsWith('HTTP/1.1 200')) throw new Error(`PUT by hand: ${said.slice(0, 200)}`)
  }
  return { name: PUT_BY_HAND, clients, switchTo, tookMs: [] }
}

function resultOf(ways: readonly Way[]): { measures: Measure[]; notes: string[] } {
  const figures = [
    { word: 'median', of: median },
    { word: 'max', of: (times: readonly number[]) => Math.max(...times) },
  ]
  const measures = ways.flatMap(({ name, tookMs }) =>
    (PEERS[name] ?? []).flatMap(({ peer, isJudged }) => {
      const other = ways.find((way) => way.name === peer)
      if (!other && !isJudged) return []
      return figures.map(({ word, of }): Measure => ({
        what: `${name}: set -> last request that reached the old version, ${word}`,
        measured: of(tookMs),
        unit: 'ms',
        ...(other ? { peer: { name: peer, measured: of(other.tookMs) } } : {}),
        ...(other && isJudged ? { target: { atMost: RATIO_MAX } } : {}),
      }))
    }),
  )
  const notes = [
    `switches: ${ROUNDS} to v2 and ${ROUNDS} back by each, in turn, under ${CONNECTIONS} keep-alive connections that ask without a pause`,
    'peer `HAProxy by hand`: one line `set map` to the socket of the same HAProxy, from a process that runs; `socat by hand`: the same line typed into a shell; `its PUT by hand`: one `PUT /table` to the admin socket of the same built-in proxy',
  ]
  if (!ways.some(({ name }) => name === BY_HAND))
    notes.push('SKIPPED: without HAProxy there is no command by hand to compare switches with')
  return { measures, notes }
}
