// Making sure that one proxy runs, whoever else is trying to start it at the same moment.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { poll, withDeadline } from '../../lib/deadline.ts'
import { entryPoint, spawnDetached } from '../../lib/entry-point.ts'
import { OutsideError } from '../../lib/errors.ts'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { identify } from '../../lib/process-identity.ts'
import type { ProxyHealth } from './admin.ts'
import { askProxy } from './admin-client.ts'
import type { ProxyPaths } from './paths.ts'
import type { ProxySettings } from './settings.ts'

const START_TIMEOUT_MS = 15_000
const LOOK_EVERY_MS = 20

/** What the proxy says of itself, or null when none runs. @throws OutsideError when it runs and does not answer. */
export async function proxyHealth(system: string, paths: ProxyPaths): Promise<ProxyHealth | null> {
  const answer = await askProxy(system, paths.adminSocket, {
    method: 'GET',
    path: '/health',
    signal: withDeadline(2000),
  })
  return answer?.status === 200 ? (answer.body as ProxyHealth) : null
}

/**
 * Starts the proxy when none runs and waits until it answers. Of several callers one proxy comes up: the others end at its lock.
 * @throws OutsideError when it cannot listen or does not come up.
 */
export async function ensureRunning(system: string, paths: ProxyPaths, settings: ProxySettings): Promise<ProxyHealth> {
  const running = await proxyHealth(system, paths)
  if (running) return running
  mkdirSync(paths.directory, { recursive: true, mode: 0o700 })
  writeFileAtomic(paths.settings, JSON.stringify(settings), 0o600)
  rmSync(paths.failure, { force: true })
  const pid = spawnDetached(entryPoint(import.meta.url, './main'), [paths.directory], {
    cwd: paths.directory,
    logPath: paths.log,
  })
  const came = await poll(async () => (await proxyHealth(system, paths)) ?? failureOf(paths, pid), {
    everyMs: LOOK_EVERY_MS,
    timeoutMs: START_TIMEOUT_MS,
  })
  if (came === null) throw new OutsideError(system, `the proxy did not come up; see ${paths.log}`, { retryable: true })
  if ('port' in came) return came
  throw startError(system, settings, paths, came)
}

interface StartFailure {
  pid: number
  code: string | undefined
  message: string
}

/** Why the process we started ended; null while it runs, and when it made way for another one. */
function failureOf(paths: ProxyPaths, pid: number): StartFailure | null {
  if (identify(pid)) return null
  try {
    const failure = JSON.parse(readFileSync(paths.failure, 'utf8')) as StartFailure
    return failure.pid === pid ? failure : null
  } catch {
    return null
  }
}

function startError(system: string, settings: ProxySettings, paths: ProxyPaths, failure: StartFailure): OutsideError {
  const { host, port } = settings.listen
  if (failure.code === 'EADDRINUSE') {
    return new OutsideError(system, `port ${port} of ${host} is taken by another program`, {
      hint: `\`ss -ltnp 'sport = :${port}'\` says by which; stop it or set another listen.port`,
    })
  }
  if (failure.code === 'EACCES') {
    return new OutsideError(system, `this user may not listen on port ${port}`, { hint: 'take a port from 1024 up' })
  }
  return new OutsideError(system, `the proxy did not start: ${failure.message}; see ${paths.log}`)
}
