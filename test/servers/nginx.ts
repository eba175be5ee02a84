// A real nginx for services suites: Debian's, on a port of its own, ended by process id.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { poll } from '../../src/lib/deadline.ts'
import { luaModules, nginxBuild } from '../../src/routers/nginx/modules.ts'
import { freePort } from './free-port.ts'
import { installPackages, isProgramThere } from './packages.ts'

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

/** Whether this nginx has Lua, after Debian's module was installed where it had not. */
export function isNginxLuaThere(): boolean {
  const isThere = (): boolean => luaModules(nginxBuild('nginx')) !== null
  if (!isProgramThere('nginx', 'nginx-light')) return false
  if (!isThere() && process.getuid?.() === 0)
    installPackages('libnginx-mod-http-ndk libnginx-mod-http-lua lua-resty-core')
  return isThere()
}

export interface UserNginx {
  url: string
  directory: string
  /** Where gonogo may write what is included. */
  include: string
  pidFile: string
  admin: string
  config: string
  /** Options of a router that adopts it. */
  options: Record<string, unknown>
  /** Writes its configuration: with what to include in `http { }` and in `server { }`. Takes effect when it is started or reloaded. */
  configure(http: string, server: string): void
  start(): Promise<void>
  /** As somebody else would: `nginx -s reload`. */
  reload(): void
  restart(): Promise<void>
  stop(): Promise<void>
}

/** An nginx as a user has it, for a router to adopt; it is not running yet and includes nothing. */
export async function userNginx(isLua: boolean): Promise<UserNginx> {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-user-nginx-'))
  // Its workers are another user than the one who runs the tests, as they are at a user's.
  chmodSync(directory, 0o755)
  const [port, adminPort] = [await freePort(), await freePort()]
  const [config, include, pidFile] = [join(directory, 'nginx.conf'), join(directory, 'gonogo'), join(directory, 'pid')]
  const url = `http://127.0.0.1:${port}`
  const admin = `127.0.0.1:${adminPort}`
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${directory}/${name};`)
    .join(' ')
  const modules = isLua ? (luaModules(nginxBuild('nginx')) ?? []) : []
  const flags = ['-c', config, '-e', join(directory, 'error.log')]
  const master = (): number | null => {
    const text = existsSync(pidFile) ? readFileSync(pidFile, 'utf8').trim() : ''
    return text === '' ? null : Number(text)
  }
  const end = async (): Promise<void> => {
    const pid = master()
    if (pid === null) return
    process.kill(pid, 'SIGTERM')
    await poll(() => (existsSync(pidFile) ? null : true), { everyMs: 20, timeoutMs: 20_000 })
  }
  const start = async (): Promise<void> => {
    const started = spawnSync('nginx', flags, { encoding: 'utf8' })
    if (started.status !== 0) throw new Error(`nginx did not start: ${started.stderr}`)
    const answers = async (): Promise<true | null> => ((await fetch(`${url}/alive`).catch(() => null)) ? true : null)
    await poll(answers, { everyMs: 20, timeoutMs: 20_000 })
  }
  return {
    url,
    directory,
    include,
    pidFile,
    admin,
    config,
    options: {
      include,
      admin,
      pidFile,
      test: ['nginx', '-t', '-q', ...flags],
      reload: ['nginx', '-s', 'reload', ...flags],
    },
    configure: (http, server) =>
      writeFileSync(
        config,
        `${modules.map((file) => `load_module ${file};`).join(' ')}
worker_processes 2; pid ${pidFile}; error_log ${directory}/error.log;
events {}
http {
  ${temporary} access_log off; keepalive_requests 1000000;
  ${http}
  server {
    listen 127.0.0.1:${port};
    location = /alive { return 204; }
    ${server}
  }
}
`,
      ),
    start,
    reload: () => void spawnSync('nginx', ['-s', 'reload', ...flags]),
    async restart() {
      await end()
      await start()
    },
    async stop() {
      await end()
      rmSync(directory, { recursive: true, force: true })
    },
  }
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
