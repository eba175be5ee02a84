// Starts a tool under a Node that reads TypeScript. Plain JavaScript, so that an older Node gets this far and finds the pinned one.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { findNode24 } from '../../../bin/ensure-node.js'

/** Runs `tools/NAME.ts` with this process's arguments and ends with its exit code. */
export async function start(name) {
  if (Number(process.versions.node.split('.')[0]) >= 24) {
    process.removeAllListeners('warning')
    const { run } = await import(`./${name}.ts`)
    process.exitCode = await run(process.argv.slice(2))
    return
  }
  const node = findNode24(fileURLToPath(new URL('../../../', import.meta.url)))
  if (!node) {
    console.error(`${name} needs Node 24 or newer, this is ${process.version}; run "npm ci" in the repository first`)
    process.exitCode = 2
    return
  }
  process.exitCode = spawnSync(node, process.argv.slice(1), { stdio: 'inherit' }).status ?? 1
}
