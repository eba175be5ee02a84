// nginx as a server under load: two workers, a small answer from memory, connections that stay.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { poll } from '../../src/lib/deadline.ts'
import { freePort } from '../../test/servers/free-port.ts'
import { endChild, endWithBench } from '../relay/processes.ts'

export interface SmallServer extends AsyncDisposable {
  url: string
}

/** Starts it; null when there is no nginx on this machine. */
export async function startSmallNginx(): Promise<SmallServer | null> {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-bench-nginx-'))
  const port = await freePort()
  const file = join(directory, 'nginx.conf')
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${directory}/${name};`,
  )
  writeFileSync(
    file,
    `daemon off; ${process.getuid?.() === 0 ? 'user root;' : ''} worker_processes 2; pid ${directory}/pid;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 1000000000; ${folders.join(' ')}
  server { listen 127.0.0.1:${port} backlog=1024; location / { default_type text/plain; return 200 "hello from a small server\\n"; } }
}
`,
  )
  const child = spawn('nginx', ['-p', directory, '-e', join(directory, 'error.log'), '-c', file], {
    stdio: 'ignore',
    detached: true,
  })
  endWithBench(child)
  const started = await Promise.race([
    once(child, 'spawn').then(() => true),
    once(child, 'error').then(() => false),
  ]).catch(() => false)
  const url = `http://127.0.0.1:${port}/`
  const answers = (): Promise<true | null> => fetch(url).then(() => true, () => null) // prettier-ignore
  const end = async (): Promise<void> => {
    // With TERM the master takes its workers along.
    if (started) await endChild(child, 'SIGTERM')
    rmSync(directory, { recursive: true, force: true })
  }
  if (started && (await poll(answers, { everyMs: 50, timeoutMs: 10_000 }))) return { url, [Symbol.asyncDispose]: end }
  await end()
  if (started) throw new Error('nginx is installed and does not answer')
  return null
}
