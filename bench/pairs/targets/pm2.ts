import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { poll } from '../../../src/lib/deadline.ts'
import { identify, isAlive } from '../../../src/lib/process-identity.ts'
import { npmFolder } from '../../../test/servers/packages.ts'
import { layService, runningProcesses, SERVER_FILE } from '../service.ts'
import { localUrl, type OpenTarget, type Place, type TargetScene } from '../scene.ts'

const VERSION = '7.0.4'
const folder = (): string | null => npmFolder(`pm2@${VERSION}`)

const common = {
  kind: 'pm2',
  label: 'pm2',
  needs: [],
  missing: () => (folder() ? null : 'the npm package pm2'),
  open,
}
const QUICK = { health: { intervalMs: 100 }, settleMs: 300, graceMs: 1000 }

export const pm2: TargetScene = {
  ...common,
  options: ({ slug }) => ({ app: slug, name: '{app}-{version}', instances: 2, ...QUICK }),
}

export const pm2InPlace: TargetScene = {
  ...common,
  options: ({ slug, port }) => ({ mode: 'in-place', app: slug, port, instances: 2, ...QUICK }),
}

async function open(place: Place): Promise<OpenTarget> {
  const { directory, slug, port } = place
  layService(directory)
  const app = { name: slug, script: SERVER_FILE, instances: 2, exec_mode: 'cluster', env: { PORT: String(port) } }
  writeFileSync(join(directory, 'ecosystem.config.js'), `module.exports = { apps: [${JSON.stringify(app)}] }`)
  const env = {
    PATH: `${join(folder() ?? '', 'node_modules', '.bin')}:${process.env['PATH']}`,
    HOME: directory,
    PM2_HOME: join(directory, 'pm2'),
  }
  return {
    env,
    url: localUrl(place),
    running: (version) => runningProcesses(directory, version),
    parts: [`pm2 ${VERSION}`],
    async stop() {
      const file = join(env.PM2_HOME, 'pm2.pid')
      const daemon = existsSync(file) ? identify(Number(readFileSync(file, 'utf8'))) : null
      spawnSync('pm2', ['kill'], { cwd: directory, env: { ...process.env, ...env }, stdio: 'ignore' })
      if (daemon) await poll(() => (isAlive(daemon) ? null : true), { everyMs: 50, timeoutMs: 20_000 })
    },
  }
}
