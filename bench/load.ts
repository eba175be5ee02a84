// The embedded load generator: how much it sends beside wrk, and whether its percentiles are those of a server whose delays are known.
import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { exec } from '../src/lib/exec.ts'
import { startSmallNginx } from './load/nginx.ts'
import { send } from './load/send.ts'
import { Instance, startProcess } from './relay/processes.ts'
import { median, type Bench, type BenchOptions, type BenchResult, type Measure } from './result.ts'

const SENDER = fileURLToPath(new URL('./load/send.ts', import.meta.url))
const THREADS = 2
const CONNECTIONS = 64
const ROUND_MS = 3000
const RATIO_MIN = 0.5

const STALL_EVERY_MS = 5000
const STALL_MS = 500
const STALL_RATE = 200
const DEVIATION_PERCENT_MAX = 10
const PLENTY = 256
const FEW = 4

export const bench: Bench = {
  name: 'load',
  summary:
    'the embedded load generator: its maximum ÷ that of wrk; its p99 of a server that stalls, against the known one',
  run,
}

async function run({ quick, progress }: BenchOptions): Promise<BenchResult> {
  // Everything below, whatever is started, shares the same two cores.
  if (cpus().length > 2) spawnSync('taskset', ['-a', '-cp', '0,1', String(process.pid)])
  const notes = [
    `${THREADS} threads, ${CONNECTIONS} connections, rounds of ${ROUND_MS / 1000} s in turns, servers on the same two cores`,
  ]
  const measures = await againstStalls(quick, progress)
  notes.push(
    'wrk2 is in no package registry this machine may ask: percentiles are compared with the known ones instead',
  )
  if (spawnSync('wrk', ['--version']).error) return { measures, notes: [...notes, 'SKIPPED: wrk is not installed'] }
  const rounds = quick ? 3 : 9
  await using nginx = await startSmallNginx()
  if (nginx) measures.push(...(await againstWrk('nginx', nginx.url, rounds, progress)))
  else notes.push('SKIPPED: nginx is not installed')
  const node = await Instance.start('v1-1')
  measures.push(...(await againstWrk('a Node server', `http://127.0.0.1:${node.backend.port}/`, rounds, progress)))
  await node.end('SIGKILL')
  return { measures, notes }
}

async function againstWrk(
  server: string,
  url: string,
  rounds: number,
  progress: (line: string) => void,
): Promise<Measure[]> {
  const own: number[] = []
  const wrk: number[] = []
  // The first round warms up and does not count; every second one goes the other way round.
  for (let round = -1; round < rounds; round++) {
    const [ownNow, wrkNow] = round % 2 === 0 ? [await sendOwn(url), await sendWrk(url)] : await inTurn(url)
    progress(`${server}, round ${round}: ${Math.round(ownNow)} and wrk ${Math.round(wrkNow)} requests/s`)
    if (round < 0) continue
    own.push(ownNow)
    wrk.push(wrkNow)
  }
  return [
    {
      what: `maximum against ${server}`,
      measured: median(own),
      unit: 'req/s',
      peer: { name: 'wrk', measured: median(wrk) },
      pairedRatio: median(own.map((rate, round) => rate / (wrk[round] ?? Number.NaN))),
      target: { atLeast: RATIO_MIN },
    },
  ]
}

async function inTurn(url: string): Promise<[number, number]> {
  const wrkNow = await sendWrk(url)
  return [await sendOwn(url), wrkNow]
}

/** In a process and a session of its own, as wrk is: Linux shares the processor out by session. */
async function sendOwn(url: string): Promise<number> {
  const args = [SENDER, url, String(THREADS), String(CONNECTIONS), String(ROUND_MS)]
  const { stdout, stderr } = await exec(process.execPath, args, { timeoutMs: 60_000 })
  if (!(Number(stdout) > 0)) throw new Error(`the load generator gave no figure: ${stderr || stdout}`)
  return Number(stdout)
}

async function sendWrk(url: string): Promise<number> {
  const args = ['-t', String(THREADS), '-c', String(CONNECTIONS), '-d', `${ROUND_MS / 1000}s`, url]
  const { stdout } = await exec('wrk', args, { timeoutMs: 60_000 })
  return Number(/^Requests\/sec:\s+([\d.]+)/m.exec(stdout)?.[1] ?? Number.NaN)
}

/**
 * Requests that are due evenly meet a stall of S every P in S/P of the cases, and wait for what is left of it: of all requests the share
 * (S - x) / P waits longer than x. So p99 is S - 0.01 P, and p95 is S - 0.05 P.
 */
async function againstStalls(quick: boolean, progress: (line: string) => void): Promise<Measure[]> {
  const server = await startProcess('../load/stalling', [STALL_EVERY_MS, STALL_MS].map(String))
  const durationMs = STALL_EVERY_MS * (quick ? 2 : 6)
  const measures: Measure[] = []
  // With four connections nearly everything waits for a connection while the server stalls; with plenty nothing does.
  for (const connectionsMax of [PLENTY, FEW]) {
    const schedule = { fromRequestsPerSecond: STALL_RATE, stages: [{ requestsPerSecond: STALL_RATE, durationMs }] }
    const tally = await send(`http://127.0.0.1:${server.port}/`, THREADS, { schedule, durationMs, connectionsMax })
    for (const percent of [95, 99]) {
      const known = STALL_MS - ((100 - percent) / 100) * STALL_EVERY_MS
      const found = tally.response.percentile(percent) / 1000
      progress(
        `${connectionsMax} connections: p${percent} ${found} ms, known ${known} ms; from the sending on ${tally.service.percentile(percent) / 1000} ms`,
      )
      // What waited for one of few connections is sent after the stall, one after the other: that takes time which nobody knows.
      const target = connectionsMax === PLENTY && percent === 99 ? { target: { atMost: DEVIATION_PERCENT_MAX } } : {}
      measures.push({
        what: `p${percent} of a server that stalls, ${connectionsMax} connections`,
        measured: found,
        unit: 'ms',
        peer: { name: 'known', measured: known },
      })
      measures.push({
        what: `p${percent}, ${connectionsMax} connections: off by`,
        measured: Math.abs(found / known - 1) * 100,
        unit: '%',
        ...target,
      })
    }
  }
  await server.end('SIGKILL')
  return measures
}
