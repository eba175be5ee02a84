// HAProxy as a peer, where it is installed: one thread, two servers, 90/10.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { poll } from '../../src/lib/deadline.ts'
import type { Backend } from '../../src/plan/traffic.ts'
import { endChild, endWithBench } from './processes.ts'

export interface Haproxy extends AsyncDisposable {
  pid: number
  url: string
}

/** Starts HAProxy; null when there is none on this machine. */
export async function startHaproxy(most: Backend, few: Backend): Promise<Haproxy | null> {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-haproxy-'))
  const port = await freePort()
  const config = join(directory, 'haproxy.cfg')
  writeFileSync(config, configText(port, most, few))
  const child = spawn('haproxy', ['-db', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  endWithBench(child)
  let said = ''
  child.stderr.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-2000)))
  const started = await Promise.race([
    once(child, 'spawn').then(() => true),
    once(child, 'error').then(() => false),
  ]).catch(() => false)
  const cleanUp = async (): Promise<void> => {
    if (started) await endChild(child, 'SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
  const url = `http://127.0.0.1:${port}/`
  if (started) {
    const answers = await poll(() => fetch(url).then(() => true, () => null), { everyMs: 50, timeoutMs: 5000 }) // prettier-ignore
    if (answers) return { pid: child.pid ?? 0, url, [Symbol.asyncDispose]: cleanUp }
  }
  await cleanUp()
  if (started) throw new Error(`HAProxy is installed and does not answer: ${said}`)
  return null
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function configText(port: number, most: Backend, few: Backend): string {
  return `global
  nbthread 1
  maxconn 2000
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  http-reuse safe
  option redispatch 1
  retries 3
frontend edge
  bind 127.0.0.1:${port}
  default_backend app
backend app
  server most ${most.host}:${most.port} weight 90
  server few ${few.host}:${few.port} weight 10
`
}
