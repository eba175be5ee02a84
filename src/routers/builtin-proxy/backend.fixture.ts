// For tests: backends that answer, hang, break or are killed on demand. They end with the test that started them.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Backend } from '../../plan/traffic.ts'

/** A backend inside this process. */
export interface TestBackend extends Backend {
  server: Server
  /** `METHOD path` of every request it got. */
  seen: string[]
}

/** Starts a backend called `VERSION-NUMBER`; without a listener it answers 200 with its version. */
export async function startBackend(id: string, listener?: RequestListener): Promise<TestBackend> {
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    if (listener) return listener(request, response)
    request.resume()
    request.once('end', () => response.end(versionOf(id)))
  })
  const port = await listen(server)
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { id, version: versionOf(id), host: '127.0.0.1', port, server, seen }
}

/** A TCP port that treats every connection as it is told. */
export async function startRawBackend(id: string, onConnection: (socket: Socket) => void): Promise<Backend> {
  const server = createTcpServer(onConnection)
  const port = await listen(server)
  onTestFinished(() => void server.close())
  return { id, version: versionOf(id), host: '127.0.0.1', port }
}

/** A port where nobody listens. */
export async function deadBackend(id: string): Promise<Backend> {
  const server = createServer()
  const port = await listen(server)
  server.close()
  await once(server, 'close')
  return { id, version: versionOf(id), host: '127.0.0.1', port }
}

/** A backend in a process of its own, to be killed. It keeps its port over a restart. */
export interface BackendProcess extends Backend {
  kill(signal: NodeJS.Signals): Promise<void>
  restart(): Promise<void>
}

/** Starts a process that answers its version after `delayMs`. */
export async function startBackendProcess(id: string, delayMs = 0): Promise<BackendProcess> {
  const script = fileURLToPath(new URL('backend-process.fixture.ts', import.meta.url))
  let child: ChildProcess | null = null
  async function start(wantedPort: number): Promise<number> {
    const args = [script, versionOf(id), String(wantedPort), String(delayMs)]
    child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(child.stdout!, 'data')) as [Buffer]
    return Number(line.toString())
  }
  async function kill(signal: NodeJS.Signals): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }
  const port = await start(0)
  onTestFinished(() => kill('SIGKILL'))
  return { id, version: versionOf(id), host: '127.0.0.1', port, kill, restart: async () => void (await start(port)) }
}

function versionOf(id: string): string {
  return id.split('-')[0] ?? id
}

async function listen(server: { listen(port: number, host: string): unknown; address(): unknown }): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server as unknown as NodeJS.EventEmitter, 'listening')
  return (server.address() as AddressInfo).port
}
