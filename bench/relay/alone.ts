// The relays themselves: wrk in front and nginx behind take so little of the two processors that it is the relay that sets the pace.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { poll } from '../../src/lib/deadline.ts'
import { exec } from '../../src/lib/exec.ts'
import type { Backend } from '../../src/plan/traffic.ts'
import { freePort } from '../../test/servers/free-port.ts'
import { isProgramThere } from '../../test/servers/packages.ts'
import { median, type BenchOptions, type BenchResult } from '../result.ts'
import { endChild, endWithBench } from './processes.ts'
import { startRelays, THROUGHPUT_MIN, type RelayProcess } from './relays.ts'

const CONNECTIONS = 64
const ROUND_SECONDS = 3
const BODY = JSON.stringify({ items: Array.from({ length: 20 }, (_, id) => ({ id })) })

/** Throughput of each with nothing else to wait for; only a note where wrk or nginx cannot be had. */
export async function measureAlone({ quick, progress }: BenchOptions): Promise<BenchResult> {
  if (!isProgramThere('wrk', 'wrk') || !isProgramThere('nginx', 'nginx'))
    return { measures: [], notes: ['SKIPPED: without wrk and nginx the relays were not measured alone'] }
  await using behind = await startNginx()
  await using relays = await startRelays(behind.backends)
  const rates = new Map(relays.all.map(({ name }) => [name, [] as number[]]))
  const rounds = quick ? 4 : 12
  // The first round warms up and does not count. Every second one goes the other way round.
  for (let round = -1; round < rounds; round++) {
    for (const relay of round % 2 === 0 ? relays.all : relays.all.toReversed()) {
      const rate = await load(relay)
      if (round >= 0) rates.get(relay.name)?.push(rate)
    }
    progress(`alone, round ${round + 1} of ${rounds}`)
  }
  const own = rates.get('proxy') ?? []
  const measures = [...rates].slice(1).map(([name, theirs]) => ({
    what: 'throughput of the built-in proxy alone',
    measured: median(own),
    unit: 'req/s',
    peer: { name, measured: median(theirs) },
    pairedRatio: median(own.map((rate, round) => rate / (theirs[round] ?? Number.NaN))),
    target: { atLeast: THROUGHPUT_MIN[name] ?? Number.NaN },
  }))
  return {
    measures,
    notes: [
      `alone: wrk with ${CONNECTIONS} connections in front and one nginx behind; ${rounds} rounds of ${ROUND_SECONDS} s each`,
    ],
  }
}

async function load({ name, url }: RelayProcess): Promise<number> {
  const args = ['-t', '1', '-c', String(CONNECTIONS), '-d', `${ROUND_SECONDS}s`, url]
  const { stdout } = await exec('wrk', args, { timeoutMs: 60_000 })
  const trouble = /^\s+(?:Socket errors|Non-2xx).*$/m.exec(stdout)
  if (trouble) throw new Error(`${name}: wrk says ${trouble[0].trim()}`)
  return Number(/^Requests\/sec:\s+([\d.]+)/m.exec(stdout)?.[1] ?? Number.NaN)
}

/** One process, which is both versions. */
async function startNginx(): Promise<AsyncDisposable & { backends: readonly [Backend, Backend] }> {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-bench-'))
  const ports = [await freePort(), await freePort()] as const
  const config = join(directory, 'nginx.conf')
  writeFileSync(
    config,
    `daemon off;
master_process off;
pid ${directory}/pid;
error_log ${directory}/error.log;
events { worker_connections 2000; }
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 600;
  server {
    ${ports.map((port) => `listen 127.0.0.1:${port} backlog=1024;`).join(' ')}
    location / { default_type application/json; return 200 '${BODY}'; }
  }
}
`,
  )
  const child = spawn('nginx', ['-c', config, '-p', directory], { stdio: 'ignore', detached: true })
  endWithBench(child)
  const answers = (): Promise<true | null> =>
    fetch(`http://127.0.0.1:${ports[0]}/`).then(
      () => true as const,
      () => null,
    )
  if ((await poll(answers, { everyMs: 50, timeoutMs: 10_000 })) === null) throw new Error('nginx did not start')
  const backend = (version: string, port: number): Backend => ({ id: `${version}-1`, version, host: '127.0.0.1', port })
  return {
    backends: [backend('v1', ports[0]), backend('v2', ports[1])],
    async [Symbol.asyncDispose]() {
      await endChild(child, 'SIGKILL')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
