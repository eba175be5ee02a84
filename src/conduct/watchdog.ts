// Dead-man's switch: its own process. When the conductor's heartbeat stops while the capsule is armed, it carries out the capsule's
// traffic part. Time is measured by its own monotonic clock from the last *change* of the heartbeat, so a jumping wall clock is no matter.
import { spawnSync } from 'node:child_process'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { spawnDetached, entryPoint } from '../lib/entry-point.ts'
import { pause } from '../lib/deadline.ts'
import { SCRIPT, executedParts, isArmed } from './capsule.ts'

export interface WatchdogOptions {
  capsule: string
  heartbeatPath: string
  afterMs: number
  policy: 'rollback' | 'hold'
}

/** Starts the watchdog of a run; it ends by itself when the capsule is disarmed. @returns its process id. */
export function startWatchdog(options: WatchdogOptions): number {
  const { capsule, heartbeatPath, afterMs, policy } = options
  return spawnDetached(entryPoint(import.meta.url, './watchdog'), [capsule, heartbeatPath, String(afterMs), policy], {
    cwd: '/',
    logPath: join(capsule, 'watchdog.log'),
  })
}

async function watch({ capsule, heartbeatPath, afterMs, policy }: WatchdogOptions): Promise<void> {
  let last = readBeat(heartbeatPath)
  let changedAt = performance.now()
  while (isArmed(capsule) && executedParts(capsule).length === 0) {
    await pause(Math.min(200, afterMs / 10))
    const beat = readBeat(heartbeatPath)
    if (beat !== last) {
      last = beat
      changedAt = performance.now()
    }
    if (performance.now() - changedAt < afterMs) continue
    log(`no heartbeat for ${Math.round(performance.now() - changedAt)} ms`)
    if (policy === 'hold') return log('policy is hold: traffic stays where it is')
    if (takeBack(capsule)) return
    changedAt = performance.now() - afterMs + 1000
  }
}

/** Runs the traffic part. @returns whether it worked; it is tried again every second otherwise. */
function takeBack(capsule: string): boolean {
  appendFileSync(join(capsule, 'reason'), 'watchdog: the conductor fell silent\n')
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
  process.stdout.write(`${new Date().toISOString()} ${text}\n`)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [capsule = '', heartbeatPath = '', afterMs = '', policy = ''] = process.argv.slice(2)
  await watch({ capsule, heartbeatPath, afterMs: Number(afterMs), policy: policy === 'hold' ? 'hold' : 'rollback' })
}
