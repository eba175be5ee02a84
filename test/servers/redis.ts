// A real Redis for services suites: Debian's, in a temporary directory, on a port of its own, ended by process id.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { poll } from '../../src/lib/deadline.ts'
import { freePort } from './free-port.ts'

export interface RedisServer {
  port: number
  signal(name: NodeJS.Signals): void
  stop(): Promise<void>
}

/** Starts `redis-server` with these settings, and waits until it takes connections. */
export async function startRedis(settings: Readonly<Record<string, string>> = {}): Promise<RedisServer> {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-redis-'))
  const port = await freePort()
  const all = { port: String(port), bind: '127.0.0.1', dir: directory, ...settings }
  const flags = Object.entries(all).flatMap(([name, value]) => [`--${name}`, ...valuesOf(name, value)])
  const server = spawn('redis-server', flags, { stdio: 'ignore' })
  process.once('exit', () => server.kill('SIGKILL'))
  const stop = async (): Promise<void> => {
    const isRunning = server.exitCode === null && server.signalCode === null
    const gone = isRunning ? once(server, 'exit') : null
    server.kill('SIGTERM')
    await gone
    rmSync(directory, { recursive: true, force: true })
  }
  if ((await poll(() => answers(port), { everyMs: 50, timeoutMs: 20_000 })) === null) {
    await stop()
    throw new Error('redis-server did not start')
  }
  return { port, signal: (name) => void server.kill(name), stop }
}

/** `replicaof` takes host and port as two words; `save` takes its points as one. */
function valuesOf(name: string, value: string): string[] {
  return name === 'replicaof' ? value.split(' ') : [value]
}

function answers(port: number): Promise<true | null> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    }).on('error', () => resolve(null))
  })
}
