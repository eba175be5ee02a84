// A real Alertmanager for services suites: Debian's, on ports of its own, ended by process id.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { poll } from '../../src/lib/deadline.ts'
import { freePort } from './free-port.ts'

export interface AlertmanagerServer {
  url: string
  stop(): Promise<void>
}

/** Starts one with this configuration (`route`, `receivers`, ...); it answers when this resolves. */
export async function startAlertmanager(configuration: object): Promise<AlertmanagerServer> {
  const root = mkdtempSync(join(tmpdir(), 'gonogo-alertmanager-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  // YAML may be written as JSON.
  writeFileSync(join(root, 'alertmanager.json'), JSON.stringify(configuration))
  const flags = {
    'config.file': join(root, 'alertmanager.json'),
    'storage.path': join(root, 'data'),
    'web.listen-address': `127.0.0.1:${port}`,
    // Alone: no cluster, no port for one.
    'cluster.listen-address': '',
    'log.level': 'error',
  }
  const started = spawn(
    'prometheus-alertmanager',
    Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  process.once('exit', () => started.kill('SIGKILL'))
  let said = ''
  started.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)))
  const isReady = async (): Promise<true | null> => {
    if (started.exitCode !== null) throw new Error(`alertmanager did not start: ${said}`)
    const answer = await fetch(`${url}/-/ready`).catch(() => null)
    return answer?.ok ? true : null
  }
  if ((await poll(isReady, { everyMs: 50, timeoutMs: 30_000 })) === null) throw new Error(`alertmanager: ${said}`)
  return {
    url,
    async stop() {
      if (started.exitCode === null && started.signalCode === null) {
        const gone = once(started, 'exit')
        started.kill('SIGTERM')
        await gone
      }
      rmSync(root, { recursive: true, force: true })
    },
  }
}
