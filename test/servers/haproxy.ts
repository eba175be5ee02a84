// A real HAProxy for services suites: Debian's, on ports of its own, ended by process id.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { poll } from '../../src/lib/deadline.ts'
import { freePort } from './free-port.ts'

export interface HaproxyServer {
  /** Where it takes requests for the backend `web`. */
  url: string
  /** The runtime API, `level admin`. */
  socket: string
  /** The runtime API over TCP, `level operator`. */
  tcp: string
  /** Its haproxy.cfg. */
  config: string
  statisticsUrl: string
  /** As `systemctl restart` or a crash: the next one counts from zero. */
  kill(): Promise<void>
  /** As `systemctl reload`: a new process takes over, the old one ends when its connections do. */
  reload(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts one whose backend `web` has these servers, named, on ports of the loopback address.
 * A port of 0 is a server that nobody has yet.
 * @param backendLines what else stands in the backend
 */
export async function startHaproxy(
  servers: Readonly<Record<string, number>>,
  backendLines: readonly string[] = [],
): Promise<HaproxyServer> {
  const root = mkdtempSync(join(tmpdir(), 'gonogo-haproxy-'))
  const [port, admin] = [await freePort(), await freePort()]
  const socket = join(root, 'admin.sock')
  const file = join(root, 'haproxy.cfg')
  const lines = Object.entries(servers).map(
    ([name, at]) => `  server ${name} 127.0.0.1:${at || '1 disabled'} check inter 100 rise 1 fall 1`,
  )
  writeFileSync(
    file,
    `global
  stats socket ${socket} mode 600 level admin
  stats socket ipv4@127.0.0.1:${admin} level operator
defaults
  mode http
  timeout connect 500ms
  timeout client 5s
  timeout server 1s
  retries 0
frontend front
  bind 127.0.0.1:${port}
  stats enable
  stats uri /haproxy
  default_backend web
backend web
  balance roundrobin
${backendLines.map((line) => `  ${line}\n`).join('')}${lines.join('\n')}
`,
  )
  let running: ChildProcess | null = null
  process.once('exit', () => running?.kill('SIGKILL'))

  const kill = async (): Promise<void> => {
    const ending = running
    running = null
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return
    const gone = once(ending, 'exit')
    ending.kill('SIGKILL')
    await gone
  }
  const start = async (flags: readonly string[] = []): Promise<void> => {
    const started = spawn('haproxy', ['-f', file, '-db', ...flags], { stdio: ['ignore', 'ignore', 'pipe'] })
    running = started
    let said = ''
    started.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)))
    const answers = async (): Promise<true | null> => {
      if (started.exitCode !== null) throw new Error(`haproxy did not start: ${said}`)
      const answer = await fetch(`http://127.0.0.1:${port}/haproxy`).catch(() => null)
      return answer?.ok ? true : null
    }
    if ((await poll(answers, { everyMs: 50, timeoutMs: 20_000 })) === null) throw new Error(`haproxy: ${said}`)
  }
  await start()
  return {
    url: `http://127.0.0.1:${port}`,
    socket,
    config: file,
    tcp: `127.0.0.1:${admin}`,
    statisticsUrl: `http://127.0.0.1:${port}/haproxy`,
    kill,
    async reload() {
      const old = running
      if (!old) throw new Error('there is none to reload')
      const gone = once(old, 'exit')
      await start(['-sf', String(old.pid)])
      await gone
    },
    start: () => start(),
    async stop() {
      await kill()
      rmSync(root, { recursive: true, force: true })
    },
  }
}
