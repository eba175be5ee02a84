// The sign of life of a conductor, and the eye it keeps on the one who watches it: both must be there while a candidate is live.
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { ensureWatchdog } from './watchdog.ts'
import type { Services } from './services.ts'

const HEARTBEAT = 'heartbeat'

export interface HeartOptions {
  /** `.gonogo/runs/RUN/`. */
  directory: string
  capsule: string
  watchdog: Services['watchdog']
  /** Called with each beat. */
  onBeat(): void
}

export interface Heart {
  /** Sees to it that the watchdog is there, now and from now on. */
  guard(on: boolean): void
  stop(): void
}

const BEAT_MS_MAX = 500
/** How many beats between two looks at the watchdog. */
const LOOK_EVERY = 4
/** Every beat has this length and overwrites the one before: a full disk does not silence it. */
const BEAT_CHARS = 40

/** Beats at once, and until stopped. Nothing that goes wrong in it ends the process. */
export function startHeart({ directory, capsule, watchdog, onBeat }: HeartOptions): Heart {
  const heartbeatPath = join(directory, HEARTBEAT)
  const file = openSync(heartbeatPath, 'w')
  let beats = 0
  let guarding = false
  const look = (): void => {
    try {
      if (guarding) ensureWatchdog({ capsule, heartbeatPath, ...watchdog })
    } catch {
      // It is tried again with a later beat.
    }
  }
  const beat = (): void => {
    try {
      writeSync(file, `${process.pid} ${++beats} `.padEnd(BEAT_CHARS - 1).concat('\n'), 0)
    } catch {
      // The watchdog will take it for silence, and rightly: a conductor that cannot write cannot conduct.
    }
    if (beats % LOOK_EVERY === 0) look()
    onBeat()
  }
  const timer = setInterval(beat, Math.min(BEAT_MS_MAX, watchdog.afterMs / 4))
  beat()
  return {
    guard(on) {
      guarding = on
      look()
    },
    stop() {
      clearInterval(timer)
      closeSync(file)
    },
  }
}
