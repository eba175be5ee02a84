// Making sure that one proxy runs, and that it is the installed one, whoever else is trying the same at the same moment.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { canonicalJson } from '../../lib/hash.ts'
import { pause, poll, withDeadline } from '../../lib/deadline.ts'
import { COMPILE_CACHE, entryPoint, spawnDetached } from '../../lib/entry-point.ts'
import { codeOf, messageOf, OutsideError } from '../../lib/errors.ts'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { identify, isAlive } from '../../lib/process-identity.ts'
import type { ProcessIdentity } from '../../lib/process-identity.ts'
import type { ProxyHealth } from './admin.ts'
import { askProxy } from './admin-client.ts'
import type { AdminAnswer } from './admin-client.ts'
import { withListeningSocket } from './binding.ts'
import { installedBuild, isDue } from './build.ts'
import { takeLock } from './lock.ts'
import { proxyPaths } from './paths.ts'
import type { ProxyPaths } from './paths.ts'
import { settingsSchema } from './settings.ts'
import type { ProxySettings } from './settings.ts'

const START_TIMEOUT_MS = 15_000
/** Longer than the proxy waits for its successor. */
const UPGRADE_TIMEOUT_MS = 30_000
const LOOK_EVERY_MS = 10

/**
 * Asks the proxy, and waits for it where it has just died and its keeper is starting it again. null when none runs.
 * @throws OutsideError when it is there and does not answer.
 */
export async function askKept(
  system: string,
  paths: ProxyPaths,
  question: Parameters<typeof askProxy>[2],
): Promise<AdminAnswer | null> {
  for (;;) {
    const answer = await askProxy(system, paths.adminSocket, question)
    if (answer !== null || question.signal.aborted || !hasKeeper(paths)) return answer
    await pause(LOOK_EVERY_MS, question.signal)
  }
}

function hasKeeper(paths: ProxyPaths): boolean {
  try {
    const { keeper } = JSON.parse(readFileSync(paths.state, 'utf8')) as { keeper?: ProcessIdentity | null }
    return keeper ? isAlive(keeper) : false
  } catch {
    return false
  }
}

/** What the proxy says of itself, or null when none runs. @throws OutsideError when it runs and does not answer. */
export async function proxyHealth(system: string, paths: ProxyPaths): Promise<ProxyHealth | null> {
  const answer = await askKept(system, paths, { method: 'GET', path: '/health', signal: withDeadline(2000) })
  return answer?.status === 200 ? (answer.body as ProxyHealth) : null
}

/**
 * Starts the proxy when none runs and waits until it answers. Of several callers one starts it, the others wait.
 * @throws OutsideError when it cannot listen or does not come up.
 */
export async function ensureRunning(system: string, paths: ProxyPaths, settings: ProxySettings): Promise<ProxyHealth> {
  const running = await proxyHealth(system, paths)
  if (running) return running
  mkdirSync(paths.directory, { recursive: true, mode: 0o700 })
  const starting = await poll(() => takeLock(paths.starting), { everyMs: LOOK_EVERY_MS, timeoutMs: START_TIMEOUT_MS })
  if (!starting) throw new OutsideError(system, 'somebody else is starting the proxy for too long', { retryable: true })
  try {
    return (await proxyHealth(system, paths)) ?? (await start(system, paths, settings))
  } finally {
    starting.close()
  }
}

/** `main.ts DIRECTORY`, as the capsule of a dead proxy tells a person to do. @returns the exit code. */
export async function startByHand(directory: string): Promise<number> {
  const paths = proxyPaths(directory)
  try {
    const settings = settingsSchema.parse(JSON.parse(readFileSync(paths.settings, 'utf8')))
    const { pid, port } = await ensureRunning('the proxy', paths, settings)
    process.stdout.write(`the proxy runs as process ${pid} on port ${port}\n`)
    return 0
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`)
    return 1
  }
}

/**
 * Brings the running proxy to these settings, and to the installed gonogo and Node where they are later than its own. What cannot change
 * in a running process is done by a successor on the same socket, without a connection lost.
 * @throws OutsideError when the settings cannot be had. A later gonogo that does not come up is no error: the former one goes on.
 */
export async function bringUpToDate(
  system: string,
  paths: ProxyPaths,
  running: ProxyHealth,
  settings: ProxySettings,
): Promise<void> {
  if (needsSuccessor(running.settings, settings)) return upgrade(system, paths, settings)
  if (isUpgradeDue(paths, running)) {
    const failure = await upgrade(system, paths, settings).then(
      () => null,
      (error: unknown) => error,
    )
    if (failure === null) return
  }
  if (canonicalJson(running.settings) === canonicalJson(settings)) return
  const body = canonicalJson(settings)
  const answer = await askKept(system, paths, { method: 'PUT', path: '/settings', body, signal: withDeadline(5000) })
  if (answer?.status !== 200)
    throw new OutsideError(system, `the proxy does not take its settings: ${errorIn(answer?.body)}`)
}

/**
 * Has the running proxy make way for a new process of the installed gonogo, on the same listening socket.
 * @throws OutsideError when that does not come up: the running one then goes on.
 */
export async function upgrade(system: string, paths: ProxyPaths, settings: ProxySettings): Promise<void> {
  const body = canonicalJson({ node: process.execPath, script: entryPoint(import.meta.url, './main'), settings })
  const signal = withDeadline(UPGRADE_TIMEOUT_MS)
  const answer = await askKept(system, paths, { method: 'POST', path: '/upgrade', body, signal })
  if (answer?.status === 200) return
  throw new OutsideError(system, `the running proxy goes on as it is: ${errorIn(answer?.body)}`, {
    hint: `see ${paths.log}`,
  })
}

/** Whether a change is beyond what a running process can do. */
function needsSuccessor(before: ProxySettings, after: ProxySettings): boolean {
  const fixed = ({ listen, headerBytesMax }: ProxySettings): string => canonicalJson({ listen, headerBytesMax })
  return fixed(before) !== fixed(after)
}

/** Proxies this process has compared with the installed gonogo: once is enough, and one that failed is not tried at every switch. */
const compared = new Set<string>()

function isUpgradeDue({ directory }: ProxyPaths, { build, keeperPid, upgradeFailure }: ProxyHealth): boolean {
  if (compared.has(directory)) return false
  compared.add(directory)
  return upgradeFailure === null && (keeperPid === null || isDue(build, installedBuild()))
}

async function start(system: string, paths: ProxyPaths, settings: ProxySettings): Promise<ProxyHealth> {
  writeFileAtomic(paths.settings, JSON.stringify(settings), 0o600)
  rmSync(paths.failure, { force: true })
  const { directory: cwd, log: logPath } = paths
  const script = entryPoint(import.meta.url, './main')
  const keeper = await withListeningSocket(settings.listen, (listeningFd) =>
    spawnDetached(script, [cwd, 'keep'], { cwd, logPath, listeningFd, env: COMPILE_CACHE }),
  ).catch((error: unknown) => {
    throw startError(system, settings, error)
  })
  const ended = (): 'ended' | null => (identify(keeper) ? null : 'ended')
  const came = await poll(async () => (await proxyHealth(system, paths)) ?? ended(), {
    everyMs: LOOK_EVERY_MS,
    timeoutMs: START_TIMEOUT_MS,
  })
  if (came !== null && came !== 'ended') return came
  const why = came === null ? 'did not come up' : `did not start: ${failureText(paths)}`
  throw new OutsideError(system, `the proxy ${why}; see ${paths.log}`, { retryable: came === null })
}

function failureText(paths: ProxyPaths): string {
  try {
    return (JSON.parse(readFileSync(paths.failure, 'utf8')) as { message: string }).message
  } catch {
    return 'it ended at once'
  }
}

function errorIn(body: unknown): string {
  return (body as { error?: string } | undefined)?.error ?? 'it does not answer'
}

function startError(system: string, { listen: { host, port } }: ProxySettings, error: unknown): OutsideError {
  const code = codeOf(error)
  if (code === 'EADDRINUSE') {
    return new OutsideError(system, `port ${port} of ${host} is taken by another program`, {
      hint: `\`ss -ltnp 'sport = :${port}'\` says by which; stop it or set another listen.port`,
    })
  }
  if (code === 'EACCES') {
    return new OutsideError(system, `this user may not listen on port ${port}`, { hint: 'take a port from 1024 up' })
  }
  return new OutsideError(system, `cannot listen on ${host}:${port}: ${messageOf(error)}`, {
    hint: 'is listen.host an address of this machine?',
  })
}
