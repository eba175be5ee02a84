// The service that is released where processes are: a few lines of Node, and how many of it run, seen without gonogo.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { identify } from '../../src/lib/process-identity.ts'

export const SERVER_FILE = 'server.cjs'

const SERVER = `
const { createServer } = require('node:http')
const { writeFileSync } = require('node:fs')
const { join } = require('node:path')
const version = process.env.GONOGO_VERSION
try {
  writeFileSync(join(__dirname, 'running', version + ' ' + process.pid), '')
} catch {
  // In a container; there docker is asked.
}
createServer((request, response) => {
  const isIll = version.includes('faulty') && request.url !== '/health'
  response.writeHead(isIll ? 500 : 200, { 'x-gonogo-version': version })
  response.end(version)
}).listen(Number(process.env.PORT), '127.0.0.1')
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0))
`

export function layService(directory: string): void {
  mkdirSync(join(directory, 'running'), { recursive: true })
  writeFileSync(join(directory, SERVER_FILE), SERVER)
}

/** Of those on this machine; each writes down that it was started. */
export function runningProcesses(directory: string, version: string): number {
  const started = readdirSync(join(directory, 'running')).map((name) => name.split(' '))
  return started.filter(([name, pid]) => name === version && identify(Number(pid)) !== null).length
}
