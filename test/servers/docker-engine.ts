// A real Docker engine for services suites: Debian's dockerd with the simplest of storage and no network, on a socket of its own, ended by
// process id. Compose is built from its Go module, once a machine.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { poll } from '../../src/lib/deadline.ts'
import { goPrograms } from './go-program.ts'
import { installPackages, isProgramThere } from './packages.ts'

const COMPOSE_VERSION = '2.40.3'
const BUSYBOX = '/bin/busybox'

export interface DockerEngine {
  /** Names the engine, and the folder where docker finds its compose plug-in. */
  env: Record<string, string>
  /** @throws Error with what docker said. */
  docker(args: readonly string[], cwd?: string): string
  /** Answers nothing until `resume`. */
  pause(): void
  resume(): void
  stop(): Promise<void>
}

/** Whether docker, dockerd and something to run in a container are here; only root can have an engine of its own. */
export function canHaveDocker(): boolean {
  if (process.getuid?.() !== 0) return false
  const isThere = isProgramThere('dockerd', 'docker.io') && isProgramThere('docker', 'docker.io')
  if (spawnSync(BUSYBOX, ['true']).status !== 0) installPackages('busybox-static')
  return isThere && spawnSync(BUSYBOX, ['true']).status === 0
}

/** Folder with `docker-compose`, or null where it cannot be built. */
export function composePlugin(): Promise<string | null> {
  return goPrograms({
    name: `compose-${COMPOSE_VERSION}`,
    modules: [`github.com/docker/compose/v2@v${COMPOSE_VERSION}`],
    programs: { 'docker-compose': 'github.com/docker/compose/v2/cmd' },
    ldflags: `-X github.com/docker/compose/v2/internal.Version=v${COMPOSE_VERSION}`,
  })
}

/** Starts one that has the image `box:1`, a busybox; null where containers cannot be run here. */
export async function startDocker(compose: string | null): Promise<DockerEngine | null> {
  const root = mkdtempSync(join(tmpdir(), 'gonogo-docker-'))
  const socket = join(root, 'docker.sock')
  const folders = { 'data-root': 'data', 'exec-root': 'exec', pidfile: 'pid' }
  const flags = [
    ...Object.entries(folders).map(([flag, name]) => `--${flag}=${join(root, name)}`),
    '--iptables=false',
    '--ip6tables=false',
    '--bridge=none',
    '--storage-driver=vfs',
    `--host=unix://${socket}`,
  ]
  const engine = spawn('dockerd', flags, { stdio: 'ignore' })
  const end = (): void => void engine.kill('SIGTERM')
  process.once('exit', end)
  if (compose) {
    mkdirSync(join(root, 'config/cli-plugins'), { recursive: true })
    symlinkSync(join(compose, 'docker-compose'), join(root, 'config/cli-plugins/docker-compose'))
  }
  const env = {
    ...(process.env as Record<string, string>),
    DOCKER_HOST: `unix://${socket}`,
    DOCKER_CONFIG: join(root, 'config'),
  }
  const run = (args: readonly string[], cwd = root) => spawnSync('docker', args, { cwd, env, encoding: 'utf8' })
  const docker = (args: readonly string[], cwd = root): string => {
    const { status, stdout, stderr } = run(args, cwd)
    if (status !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`)
    return stdout
  }
  const stop = async (): Promise<void> => {
    process.removeListener('exit', end)
    const containers = run(['ps', '--all', '--quiet']).stdout.split('\n').filter(Boolean)
    if (containers.length > 0) run(['rm', '--force', ...containers])
    await ended(engine)
    // What a container that was being started had mounted may be left.
    const mounts = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '')
    for (const mount of mounts.filter((path) => path.startsWith(`${root}/`)).toReversed()) spawnSync('umount', [mount])
    rmSync(root, { recursive: true, force: true })
  }
  const isReady = (): boolean | null => (engine.exitCode !== null ? false : run(['info']).status === 0 ? true : null)
  const isUp = await poll(isReady, { everyMs: 200, timeoutMs: 60_000 })
  if (!isUp || !hasBox(root, run)) {
    await stop()
    return null
  }
  return { env, docker, pause: () => void engine.kill('SIGSTOP'), resume: () => void engine.kill('SIGCONT'), stop }
}

/** Makes the image of what this machine has, and sees that a container of it runs. */
function hasBox(root: string, run: (args: readonly string[]) => { status: number | null }): boolean {
  mkdirSync(join(root, 'box/bin'), { recursive: true })
  mkdirSync(join(root, 'box/tmp'))
  cpSync(BUSYBOX, join(root, 'box/bin/busybox'))
  symlinkSync('busybox', join(root, 'box/bin/sh'))
  if (spawnSync('tar', ['-C', join(root, 'box'), '-cf', join(root, 'box.tar'), '.']).status !== 0) return false
  if (run(['import', join(root, 'box.tar'), 'box:1']).status !== 0) return false
  return run(['run', '--rm', '--network=none', 'box:1', '/bin/busybox', 'true']).status === 0
}

async function ended(engine: ChildProcess): Promise<void> {
  if (engine.exitCode !== null || engine.signalCode !== null) return
  const gone = once(engine, 'exit')
  engine.kill('SIGTERM')
  await gone
}
