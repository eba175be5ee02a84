// What services suites need and a machine may not have: Debian packages, installed where this is root, and npm packages in a folder of
// their own. Told of where they cannot be.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether `program` can be run, after `debianPackage` was installed where it could not. */
export function isProgramThere(program: string, debianPackage: string): boolean {
  const isThere = (): boolean => !spawnSync(program, ['--version']).error
  if (isThere() || process.getuid?.() !== 0) return isThere()
  installPackages(debianPackage)
  return isThere()
}

/** As root. Whether it went well shows in what is there afterwards. */
export function installPackages(names: string): void {
  const install = `apt-get install -y --no-install-recommends ${names}`
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  spawnSync('sh', ['-c', `${install} || { apt-get update && ${install}; }`], { env, stdio: 'ignore' })
}

/**
 * Folder with these npm packages (`pm2@7.0.4`) under `node_modules`, installed once and used again; null where it cannot be.
 * Whole or not at all: two suites may ask at the same time.
 */
export function npmFolder(...packages: string[]): string | null {
  const folder = join(tmpdir(), 'gonogo-test-packages', packages.join('+').replaceAll(/[^\w.@+-]/g, '_'))
  if (existsSync(join(folder, 'node_modules'))) return folder
  const making = `${folder}.${process.pid}`
  mkdirSync(making, { recursive: true })
  writeFileSync(join(making, 'package.json'), '{"private":true}')
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  const done = spawnSync('npm', ['install', ...flags, ...packages], { cwd: making, stdio: 'ignore' })
  if (done.status !== 0) return null
  try {
    renameSync(making, folder)
  } catch {
    rmSync(making, { recursive: true, force: true })
  }
  return existsSync(join(folder, 'node_modules')) ? folder : null
}
