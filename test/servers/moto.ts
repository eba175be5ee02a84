// A real server that speaks S3 and CloudFront for services suites: moto, from PyPI, installed once and used again, ended by process id.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { poll } from '../../src/lib/deadline.ts'
import { freePort } from './free-port.ts'

export interface MotoServer {
  endpoint: string
  stop(): Promise<void>
}

const INSTALL_MS_MAX = 240_000

/** Folder of Python's packages with moto in it; null where it cannot be had. Whole or not at all: two suites may ask at the same time. */
export function motoFolder(): string | null {
  const folder = join(tmpdir(), 'gonogo-test-packages', 'moto-server')
  if (existsSync(folder)) return folder
  const making = `${folder}.${process.pid}`
  mkdirSync(dirname(making), { recursive: true })
  const options = { stdio: 'ignore', timeout: INSTALL_MS_MAX } as const
  const install = ['-m', 'pip', 'install', '-q', '--target', making, 'moto[s3,cloudfront,server]']
  if (spawnSync('python3', install, options).status !== 0) {
    rmSync(making, { recursive: true, force: true })
    return null
  }
  try {
    renameSync(making, folder)
  } catch {
    rmSync(making, { recursive: true, force: true })
  }
  return existsSync(folder) ? folder : null
}

/** Empty: it has no buckets yet. */
export async function startMoto(folder: string): Promise<MotoServer> {
  const port = await freePort()
  const server = spawn('python3', ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
    env: { ...process.env, PYTHONPATH: folder },
  })
  process.once('exit', () => server.kill('SIGKILL'))
  const endpoint = `http://127.0.0.1:${port}`
  const answers = () =>
    fetch(endpoint).then(
      () => true,
      () => null,
    )
  if ((await poll(answers, { everyMs: 100, timeoutMs: 60_000 })) === null) throw new Error('moto did not start')
  return {
    endpoint,
    async stop() {
      server.kill('SIGKILL')
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
    },
  }
}
