// A real nginx that serves what a test writes into its configuration, over http and https.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../../test/servers/free-port.ts'
import { selfSigned } from '../../../test/servers/hostile.ts'
import { poll } from '../../lib/deadline.ts'

export interface Site {
  url: string
  /** Trusted by `cert.pem` in `directory`. */
  tlsUrl: string
  directory: string
  stop(): Promise<void>
}

/**
 * `locations` go into a server that listens on both; `context` beside it, as zones of limits and caches. `HTTPS` in either is replaced by
 * the address of the https server, `DIRECTORY` by a directory to write to.
 */
export async function startSite(locations: string, context = ''): Promise<Site> {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-site-'))
  selfSigned(directory)
  const [plain, secure] = [await freePort(), await freePort()]
  const [url, tlsUrl] = [`http://127.0.0.1:${plain}`, `https://127.0.0.1:${secure}`]
  const fill = (text: string): string => text.replaceAll('HTTPS', tlsUrl).replaceAll('DIRECTORY', directory)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${directory}/${name};`)
    .join(' ')
  writeFileSync(
    join(directory, 'nginx.conf'),
    `daemon off; ${process.getuid?.() === 0 ? 'user root;' : ''} worker_processes 1; pid ${directory}/pid;
error_log ${directory}/error.log;
events {}
http {
  ${temporary}
  access_log off;
  ${fill(context)}
  server {
    listen 127.0.0.1:${plain};
    listen 127.0.0.1:${secure} ssl;
    ssl_certificate ${directory}/cert.pem;
    ssl_certificate_key ${directory}/key.pem;
    default_type text/html;
    ${fill(locations)}
  }
}
`,
  )
  const flags = ['-p', directory, '-e', `${directory}/error.log`, '-c', join(directory, 'nginx.conf')]
  const running = spawn('nginx', flags, { stdio: ['ignore', 'ignore', 'inherit'] })
  await listening(plain, running)
  return {
    url,
    tlsUrl,
    directory,
    async stop() {
      await ended(running)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Waits until a program that was started takes connections. */
export async function listening(port: number, running: ChildProcess): Promise<void> {
  process.once('exit', () => running.kill('SIGKILL'))
  const takes = (): Promise<true | null> => {
    if (running.exitCode !== null) throw new Error(`${running.spawnfile} ended with ${running.exitCode}`)
    return new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      }).on('error', () => resolve(null))
    })
  }
  if ((await poll(takes, { everyMs: 50, timeoutMs: 30_000 })) === null)
    throw new Error(`${running.spawnfile} did not start`)
}

/** Ends a program by its id, and waits for it. */
export async function ended(running: ChildProcess): Promise<void> {
  if (running.exitCode !== null || running.signalCode !== null) return
  const gone = once(running, 'exit')
  running.kill('SIGTERM')
  await gone
}
