// The repository pins Node 24 as a development dependency, so that `npm ci` on a machine with an older Node gives npm scripts
// the right one. Where npm did not run that package's install script, this does its work. Plain JavaScript for any Node.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Path of a Node 24 that `npm ci` brought into `root`, or null. */
export function findNode24(root) {
  const candidate = `${root}node_modules/node/bin/node`
  if (!existsSync(candidate)) return null
  const probe = spawnSync(candidate, ['--version'], { encoding: 'utf8' })
  return probe.status === 0 && Number(probe.stdout.slice(1).split('.')[0]) >= 24 ? candidate : null
}

/** Installs the pinned Node where its install script was not run. @returns whether npm scripts will find a Node 24. */
export function ensureNode24(root) {
  if (Number(process.versions.node.split('.')[0]) >= 24 || findNode24(root)) return true
  const folder = `${root}node_modules/node`
  if (!existsSync(`${folder}/package.json`)) return false
  const { version } = createRequire(import.meta.url)(`${folder}/package.json`)
  console.error(`Node ${version} is pinned, but npm did not run its install script: fetching it`)
  spawnSync(process.execPath, ['installArchSpecificPackage.js'], { cwd: folder, stdio: ['ignore', 2, 2] })
  if (!findNode24(root)) return false
  mkdirSync(`${root}node_modules/.bin`, { recursive: true })
  if (!existsSync(`${root}node_modules/.bin/node`)) symlinkSync('../node/bin/node', `${root}node_modules/.bin/node`)
  return true
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (!ensureNode24(fileURLToPath(new URL('..', import.meta.url)))) {
    console.error(`This needs Node 24 or newer, this is ${process.version}; run "npm ci" first, or install Node 24`)
    process.exitCode = 1
  }
}
