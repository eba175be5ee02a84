// The built-in proxy's own process exchanged and killed under load: what clients lose, and how long they wait.
import { startLoad } from '../../examples/load/load.ts'
import type { LoadProcess, LoadResult } from '../../examples/load/load.ts'
import { pause, poll } from '../../src/lib/deadline.ts'
import { identify } from '../../src/lib/process-identity.ts'
import type { Measure } from '../result.ts'
import { median } from '../result.ts'
import type { Edge } from './edge.ts'

const CONNECTIONS = 64
const PATIENCE_MS = 30_000
/** Requests between two disturbances. */
const SPACING = 2000

/** So many upgrades and so many `kill -9` of the worker, one after the other, under keep-alive load. */
export async function disturb(
  edge: Edge,
  { upgrades, kills }: { upgrades: number; kills: number },
): Promise<Measure[]> {
  const upgraded = await underLoad(edge, upgrades, async () => {
    const startedAt = performance.now()
    await edge.upgrade()
    return performance.now() - startedAt
  })
  const killed = await underLoad(edge, kills, async (load) => {
    const { pid } = await edge.health()
    process.kill(pid, 'SIGKILL')
    const startedAt = performance.now()
    while (identify(pid)) await pause(1)
    // The next answers come from its successor.
    const { requests, failed } = await load.progress()
    await answersCome(load, requests - failed)
    return performance.now() - startedAt
  })
  const refused = killed.load.failures.filter(({ what }) => what === 'refused').length
  return [
    {
      what: `failed through ${upgrades} upgrades`,
      measured: upgraded.load.failed,
      unit: 'requests',
      target: { atMost: 0 },
    },
    { what: 'upgrade, median', measured: median(upgraded.tookMs), unit: 'ms' },
    { what: 'longest answer through upgrades', measured: upgraded.load.latencyMs.max, unit: 'ms' },
    {
      what: `failed through ${kills} x kill -9 of the worker, each`,
      measured: killed.load.failed / kills,
      unit: 'requests',
      // Each connection had at most one request under way, and that one nobody can save.
      target: { atMost: CONNECTIONS },
    },
    { what: 'refused through them', measured: refused, unit: 'connections', target: { atMost: 0 } },
    { what: 'kill -9 -> next answer, median', measured: median(killed.tookMs), unit: 'ms' },
  ]
}

async function underLoad(
  edge: Edge,
  times: number,
  deed: (load: LoadProcess) => Promise<number>,
): Promise<{ load: LoadResult; tookMs: number[] }> {
  const load = startLoad({ url: edge.url, connections: CONNECTIONS, durationMs: 1_800_000 })
  const tookMs: number[] = []
  for (let i = 0; i < times; i++) {
    const { requests } = await load.progress()
    await answersCome(load, requests + SPACING)
    tookMs.push(await deed(load))
  }
  await answersCome(load, (await load.progress()).requests + SPACING)
  return { load: await load.stop(), tookMs }
}

/** Waits until more than so many requests were answered. */
async function answersCome(load: LoadProcess, more: number): Promise<void> {
  const came = await poll(
    async () => {
      const { requests, failed } = await load.progress()
      return requests - failed > more ? true : null
    },
    { everyMs: 5, timeoutMs: PATIENCE_MS },
  )
  if (!came) throw new Error(`no more answers came within ${PATIENCE_MS / 1000} s`)
}
