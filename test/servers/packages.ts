// Debian packages that services suites need: installed where this is root, told of where they cannot be.
import { spawnSync } from 'node:child_process'

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
