// For the tests of this folder: a project with a small server to run, and a target over it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Target } from '../target.ts'
import { processGroup } from '../process-group.ts'
import { knownVersions } from './layout.ts'

/**
 * Answers /health with 200 and /pid with its process id. What it is told by the environment: MOOD=sick (503), mute (never listens),
 * dies (exits at once), stubborn (ignores SIGTERM), slow (answers SIGTERM after 300 ms); LOUD is printed.
 */
const SERVER = `
import { createServer } from 'node:http'
const { MOOD, PORT, LOUD, GONOGO_VERSION, GONOGO_INSTANCE } = process.env
console.log('this is', GONOGO_INSTANCE, LOUD ?? '')
if (MOOD === 'dies') process.exit(3)
const server = createServer((request, response) => {
  response.statusCode = MOOD === 'sick' ? 503 : 200
  response.end(request.url === '/pid' ? String(process.pid) : GONOGO_VERSION + ' ' + GONOGO_INSTANCE)
})
if (MOOD !== 'mute') server.listen(Number(PORT), '127.0.0.1')
process.on('SIGTERM', () => {
  if (MOOD === 'stubborn') return
  setTimeout(() => { console.log('going'); process.exit(0) }, MOOD === 'slow' ? 300 : 0)
})
setInterval(() => {}, 1000)
`

export interface Project {
  directory: string
  stateDirectory: string
  /** A target as gonogo.yaml would make it; another call is another gonogo over the same state. */
  target(options?: Record<string, unknown>): Target
}

/** A project whose processes are ended, and whose directory is removed, when the test is over. */
export function createProject(): Project {
  const directory = mkdtempSync(join(tmpdir(), "gonogo target's-"))
  writeFileSync(join(directory, 'server.mjs'), SERVER)
  const stateDirectory = join(directory, '.gonogo')
  const target = (given: Record<string, unknown> = {}) => {
    const command = [process.execPath, 'server.mjs']
    const options = processGroup.options.parse({ command, stop: { graceMs: 2000 }, ...given })
    return processGroup.create(options, { name: 'app', directory, stateDirectory, env: {} })
  }
  onTestFinished(async () => {
    const signal = AbortSignal.timeout(30_000)
    for (const version of knownVersions(join(stateDirectory, 'targets/app'))) await target().retire(version, signal)
    rmSync(directory, { recursive: true, force: true })
  })
  return { directory, stateDirectory, target }
}

/** Body of `GET path` at this port; null when nobody answers. */
export async function ask(port: number, path = '/'): Promise<string | null> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } })
    return await response.text()
  } catch {
    return null
  }
}
