#!/usr/bin/env node
// Starts gonogo. Plain JavaScript that an older Node can read, so that it can say what is missing or use the Node that came along.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import nodeModule from 'node:module'
import { delimiter, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const args = process.argv.slice(2)

if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  console.log(JSON.parse(readFileSync(`${root}package.json`, 'utf8')).version)
} else if (Number(process.versions.node.split('.')[0]) >= 24) {
  nodeModule.enableCompileCache?.()
  process.removeAllListeners('warning')
  const published = `${root}dist/cli/main.js`
  const { main } = await import(existsSync(published) ? published : `${root}src/cli/main.ts`)
  await main(args)
} else {
  const { ensureNode24, findNode24 } = await import('./ensure-node.js')
  const node = findNode24(root) ?? (ensureNode24(root) ? findNode24(root) : null)
  if (node) runWith(node)
  else {
    console.error(
      `gonogo needs Node 24 or newer, this is ${process.version}; install Node 24, or run "npm ci" in ${root}`,
    )
    process.exitCode = 2
  }
}

/** Runs the same command line with another Node, and ends as that one ends. */
function runWith(node) {
  // What gonogo runs finds the same Node first.
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...args], { stdio: 'inherit', env })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal ? 1 : 0)
  })
}
