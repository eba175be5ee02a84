// Dead-man's switch: its own process. When the conductor's heartbeat stops while the capsule is armed, it carries out the capsule's
// traffic part. Time is measured by its own monotonic clock from the last *change* of the heartbeat, so a jumping wall clock is no matter.
import { spawnSync } from 'node:child_process'
import { appendFileSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { spawnDetached, entryPoint } from '../lib/entry-point.ts'
import { pause } from '../lib/deadline.ts'
import { identify, isAlive, type ProcessIdentity } from '../lib/process-identity.ts'
import { readReason } from './capsule-news.ts'
import { SCRIPT, executedParts, isArmed } from './capsule.ts'

export interface WatchdogOptions {
  capsule: string
  heartbeatPath: string
  afterMs: number
  policy: 'rollback' | 'hold'
}

/**
 * Sees to it that the watchdog of an armed capsule runs: starts it, or another one when it died. It ends by itself when the capsule is
 * disarmed or carried out.
 */
export function ensureWatchdog(options: WatchdogOptions): void {
  const { capsule } = options
  if (!isArmed(capsule) || executedParts(capsule).length > 0) return
  const path = join(capsule, 'watchdog.json')
  const known = readIdentity(path)
  if (known && isAlive(known)) return
  const pid = startWatchdog(options)
  writeFileSync(path, JSON.stringify(identify(pid) ?? { pid, startTicks: null }))
}

function startWatchdog({ capsule, heartbeatPath, afterMs, policy }: WatchdogOptions): number {
  return spawnDetached(entryPoint(import.meta.url, './watchdog'), [capsule, heartbeatPath, String(afterMs), policy], {
    cwd: '/',
    logPath: join(capsule, 'watchdog.log'),
  })
}

function readIdentity(path: string): ProcessIdentity | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity
  } catch {
    return null
  }
}

async function watch({ capsule, heartbeatPath, afterMs, policy }: WatchdogOptions): Promise<void> {
  let last = readBeat(heartbeatPath)
  let changedAt = performance.now()
  let lookedAt = changedAt
  while (isArmed(capsule) && executedParts(capsule).length === 0) {
    await pause(Math.min(200, afterMs / 10))
    // A machine or process group that was stopped as a whole: what this process did not watch was no silence.
    if (performance.now() - lookedAt > afterMs / 2) changedAt = performance.now()
    lookedAt = performance.now()
    const beat = readBeat(heartbeatPath)
    if (beat !== last) {
      last = beat
      changedAt = performance.now()
    }
    if (performance.now() - changedAt < afterMs) continue
    log(`no heartbeat for ${Math.round(performance.now() - changedAt)} ms`)
    if (policy === 'hold') return log('policy is hold: traffic stays where it is')
    if (takeBack(capsule)) return
    lookedAt = performance.now()
    changedAt = lookedAt - afterMs + 1000
  }
}

/** Runs the traffic part. @returns whether it worked; it is tried again every second otherwise. */
function takeBack(capsule: string): boolean {
  try {
    if (!readReason(capsule).startsWith('watchdog'))
      appendFileSync(join(capsule, 'reason'), 'watchdog: the conductor fell silent\n')
  } catch (error) {
    // A full disk is no reason to leave traffic where it is.
    log(`the reason cannot be written: ${String(error)}`)
  }
  const result = spawnSync('sh', [join(capsule, SCRIPT), 'traffic'], { encoding: 'utf8', timeout: 30_000 })
  log(`rollback.sh traffic: exit ${result.status ?? result.signal}\n${result.stdout}${result.stderr}`)
  return result.status === 0
}

function readBeat(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function log(text: string): void {
  try {
    writeSync(1, `${new Date().toISOString()} ${text}\n`)
  } catch {
    // Nobody reads it then.
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [capsule = '', heartbeatPath = '', afterMs = '', policy = ''] = process.argv.slice(2)
  await watch({ capsule, heartbeatPath, afterMs: Number(afterMs), policy: policy === 'hold' ? 'hold' : 'rollback' })
}
