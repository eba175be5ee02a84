// A real nginx for services suites: Debian's, on a port of its own, ended by process id.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { poll } from '../../src/lib/deadline.ts'
import { freePort } from './free-port.ts'

export interface NginxServer {
  url: string
  directory: string
  /** Access log, in `format`. */
  log: string
  /** Has it open the log at its path anew, as `nginx -s reopen`. Its workers write to the old one for a moment longer. */
  reopen(): void
  kill(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

export interface NginxOptions {
  /** Ports of the servers it balances over. */
  ports: readonly number[]
  /** Text of `log_format`, without the name. */
  format: string
}

export async function startNginx({ ports, format }: NginxOptions): Promise<NginxServer> {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-nginx-'))
  const port = await freePort()
  const log = join(directory, 'access.log')
  const file = join(directory, 'nginx.conf')
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${directory}/${name};`)
    .join(' ')
  writeFileSync(
    file,
    `daemon off; ${user} worker_processes 2; pid ${directory}/pid; error_log ${directory}/error.log;
events {}
http {
  ${temporary}
  log_format own ${format};
  access_log ${log} own;
  upstream app { ${ports.map((at) => `server 127.0.0.1:${at} max_fails=0;`).join(' ')} }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://app; proxy_read_timeout 1s; }
    location = /alive { access_log off; return 204; }
  }
}
`,
  )
  let running: ReturnType<typeof spawn> | null = null
  const url = `http://127.0.0.1:${port}`
  process.once('exit', () => running?.kill('SIGKILL'))

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ending = running
    running = null
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return
    const gone = once(ending, 'exit')
    // Workers of a master that was killed would stay: they go with its process group.
    if (signal === 'SIGKILL' && ending.pid !== undefined) process.kill(-ending.pid, signal)
    else ending.kill(signal)
    await gone
  }
  const start = async (): Promise<void> => {
    const started = spawn('nginx', ['-p', directory, '-e', `${directory}/error.log`, '-c', file], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    })
    running = started
    let said = ''
    started.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)))
    const answers = async (): Promise<true | null> => {
      if (started.exitCode !== null) throw new Error(`nginx did not start: ${said}`)
      return (await fetch(`${url}/alive`).catch(() => null)) ? true : null
    }
    if ((await poll(answers, { everyMs: 50, timeoutMs: 20_000 })) === null) throw new Error(`nginx: ${said}`)
  }
  await start()
  return {
    url,
    directory,
    log,
    reopen: () => void running?.kill('SIGUSR1'),
    kill: () => end('SIGKILL'),
    start,
    async stop() {
      await end('SIGTERM')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
